"""Random streams: the same name the same numbers, another name others; and there is no other source in the core."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import torch

import napari_deep_prior
from napari_deep_prior.core.random_streams import numpy_stream, stream_seed, torch_stream

ROLES = ("code", "weights", "places", "noise", "hold-out")


def test_no_two_streams_share_their_numbers() -> None:
    names = list(itertools.product((0, 1, 2**31 - 1), ROLES, range(40), range(8)))
    seeds = {stream_seed(seed, role, plane=plane, member=member) for seed, role, plane, member in names}
    assert len(seeds) == len(names)
    assert max(seeds) < 2**32


def test_the_same_name_gives_the_same_numbers() -> None:
    assert torch.equal(*(torch.rand(8, generator=torch_stream(5, "noise", plane=3)) for _ in range(2)))
    assert list(numpy_stream(5, "noise").random(8)) == list(numpy_stream(5, "noise").random(8))


@pytest.mark.parametrize("other", [{"seed": 1}, {"role": "b"}, {"plane": 1}, {"member": 1}])
def test_each_part_of_the_name_counts(other: dict[str, object]) -> None:
    name = {"seed": 0, "role": "a", "plane": 0, "member": 0}
    assert stream_seed(**name) != stream_seed(**{**name, **other})


def test_a_seed_is_read_whole_by_the_generator_of_the_processor() -> None:
    """It reads 32 bits: the reason why a seed has no more."""
    wrapped = torch.Generator().manual_seed(7 + 2**32)
    assert torch.equal(torch.rand(4, generator=wrapped), torch.rand(4, generator=torch.Generator().manual_seed(7)))


def test_the_core_has_no_other_source_of_random_numbers() -> None:
    core = Path(napari_deep_prior.__file__).parent / "core"
    source = re.compile(r"manual_seed|default_rng|\.seed\(|import random\b|RandomState")
    found = {path.relative_to(core).as_posix() for path in core.rglob("*.py") if source.search(path.read_text("utf-8"))}
    assert found == {"random_streams.py"}
