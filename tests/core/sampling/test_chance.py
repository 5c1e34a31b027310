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


def test_members_differ_but_keep_the_same_out() -> None:
    numbers, member = (first(Chance.of(7, member=number, device=CPU)) for number in (0, 1))
    assert {name for name in numbers if numbers[name] == member[name]} == {"hold_out"}


def test_planes_differ_but_start_from_the_same_code_and_weights() -> None:
    """A network goes on from plane to plane, and has learnt what the code means."""
    numbers, plane = (first(Chance.of(7, plane=number, device=CPU)) for number in (0, 1))
    assert {name for name in numbers if numbers[name] == plane[name]} == {"code", "weights"}


def test_no_stream_of_one_member_is_one_of_another() -> None:
    """That members differ is what an ensemble is for."""
    members = [first(Chance.of(seed, member=member, device=CPU)) for seed in range(5) for member in range(8)]
    own = [value for numbers in members for name, value in numbers.items() if name != "hold_out"]
    assert len(set(own)) == len(own)


def test_what_is_used_during_a_fit_is_set_back() -> None:
    chance = Chance.of(3, device=CPU)
    state = chance.state_dict()
    numbers = first(chance)
    chance.load_state_dict(state)
    again = first(chance)
    assert {name: again[name] for name in ("places", "noise")} == {name: numbers[name] for name in ("places", "noise")}
