"""Random generators: named, apart from each other, and set back together."""

from __future__ import annotations

import dataclasses

import torch

from napari_deep_prior.core.sampling.chance import Chance

CPU = torch.device("cpu")


def first(chance: Chance) -> dict[str, float]:
    return {f.name: float(torch.rand((), generator=getattr(chance, f.name))) for f in dataclasses.fields(chance)}


def test_each_has_a_stream_of_its_own_and_the_same_seed_repeats_it() -> None:
    numbers = first(Chance.of(7, device=CPU))
    assert len(set(numbers.values())) == len(numbers)
    assert first(Chance.of(7, device=CPU)) == numbers


def test_members_differ_but_keep_the_same_out_and_planes_keep_other_pixels_out() -> None:
    numbers, member, plane = (first(Chance.of(7, **other, device=CPU)) for other in ({}, {"member": 1}, {"plane": 1}))
    assert member["hold_out"] == numbers["hold_out"] != plane["hold_out"]
    assert member["weights"] != numbers["weights"] == plane["weights"]


def test_what_is_used_during_a_fit_is_set_back() -> None:
    chance = Chance.of(3, device=CPU)
    state = chance.state_dict()
    numbers = first(chance)
    chance.load_state_dict(state)
    again = first(chance)
    assert {name: again[name] for name in ("places", "noise")} == {name: numbers[name] for name in ("places", "noise")}
