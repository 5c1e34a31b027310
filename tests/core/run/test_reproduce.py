"""A record is run again on what it was made of, or refused in words; what is other now is told."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_deep_prior import Deconvolve, Inpaint, Record, Settings, replay, restore

QUICK = Settings(preset="fast", iterations=3, seconds="never", precision="float32")
IMAGE = np.random.default_rng(0).normal(100, 5, (16, 18)).astype(np.float32)
MASK = np.eye(16, 18, dtype=np.uint8)


@functools.cache
def record() -> Record:
    return restore(IMAGE, Inpaint(mask=MASK), settings=QUICK).record


def test_the_same_inputs_give_the_same_bits_and_no_word() -> None:
    again = replay(IMAGE, Record.from_json(record().to_json()), mask=MASK)
    assert np.array_equal(again.image, restore(IMAGE, Inpaint(mask=MASK), settings=QUICK).image)
    assert again.record.notes == ()


@pytest.mark.parametrize(
    ("image", "mask", "words"),
    [
        (IMAGE, MASK[::-1].copy(), "mask is not the recorded one"),
        (IMAGE, MASK * 2, "mask is not the recorded one"),
        (IMAGE, MASK.astype(np.int32), "mask is not the recorded one"),
        (IMAGE, None, "needs mask"),
        (IMAGE + 1, MASK, "other values"),
        (IMAGE.view(np.int32), MASK, "the recorded one"),
        (IMAGE[None], MASK, "has shape"),
    ],
)
def test_other_inputs_are_refused(image: np.ndarray, mask: np.ndarray | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replay(image, record(), mask=mask)


def test_a_companion_that_was_not_there_is_refused() -> None:
    plain = restore(IMAGE, Deconvolve(psf=np.ones((3, 3))), settings=QUICK).record
    with pytest.raises(ValueError, match="recorded run had no mask"):
        replay(IMAGE, plain, psf=np.ones((3, 3)), mask=MASK)


def test_other_versions_and_another_processor_are_told() -> None:
    made = record()
    other = dataclasses.replace(
        made,
        versions={**made.versions, "torch": "1.0"},
        device={**made.device, "hardware": "processor (m68k, 1 cores)"},
    )
    result = replay(IMAGE, other, mask=MASK)
    assert [note.partition(",")[0] for note in result.record.notes] == [
        "The recorded run had torch 1.0",
        "The recorded run had processor or card processor (m68k",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"planes": []}, "tells of 0 planes"),
        ({"axes": "XX"}, "axes = 'XX'"),
        ({"axes": "TYX"}, "with axes TYX"),
        ({"task": {"name": "embellish"}}, "task 'embellish' is unknown"),
        ({"task": {"name": "inpaint", "colour": 3}}, "Inpaint does not know 'colour'"),
        ({"settings": {"preset": "slow"}}, "preset = 'slow'"),
        ({"settings": {"speed": 3}}, "Settings does not know 'speed'"),
        ({"seconds": "3"}, "damaged: seconds = '3': needs a number"),
    ],
)
def test_damaged_records_are_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replay(IMAGE, Record.from_dict({**record().as_dict(), **change}), mask=MASK)


@pytest.mark.parametrize("text", ["", "{", "[" * 10**5, "3"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json's own words, or ours
        Record.from_json(text)


def places(values: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [path, *(place for name, value in inside for place in places(value, (*path, name)))]


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 30),
    st.sampled_from([10**400, -(10**20), float("nan"), float("inf"), 1.5]),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([[3]]),
    st.just({"a": 1}),
)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_record_changed_anywhere_is_replayed_or_refused_in_words(data: st.DataObject) -> None:
    values = json.loads(record().to_json())
    *outside, last = data.draw(st.sampled_from([place for place in places(values) if place]))
    holder = functools.reduce(lambda inside, name: inside[name], outside, values)
    if data.draw(st.booleans()):
        holder[last] = data.draw(odd)
    else:
        del holder[last]
    with contextlib.suppress(ValueError):  # any other kind of error fails the test
        replay(IMAGE, Record.from_json(json.dumps(values)), mask=MASK)
