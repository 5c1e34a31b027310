"""Where restored planes go: memory, or arrays of the caller's."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.sink import ArraySink, MemorySink, RestoredPlane
from napari_deep_prior.core.results import PlaneReport

SHAPE = (3, 4, 5)
INDICES = Axes("TYX").planes(SHAPE)


def report(number: int) -> PlaneReport:
    return PlaneReport(
        plane=number, iterations=9, chosen=9, seconds=1, invented=0, reason="ITERATIONS", method="m", notes=(), curve=()
    )


def plane(number: int, value: float) -> RestoredPlane:
    full = np.full((4, 5), value, np.float32)
    return RestoredPlane(
        number=number,
        index=INDICES[number],
        image=full,
        uncertainty=full / 10,
        invented=np.eye(4, 5, dtype=bool),
        report=report(number),
        digest=bytes([number]),
    )


def memory() -> MemorySink:
    return MemorySink(SHAPE, INDICES, lambda number: np.full((4, 5), -number))


def test_memory_makes_the_whole_of_what_it_was_given() -> None:
    sink = memory()
    sink.write(plane(1, 7))
    sink.write(plane(1, 8))
    np.testing.assert_array_equal(sink.image[:, 0, 0], [0, 8, -2])
    np.testing.assert_allclose(sink.uncertainty[:, 0, 0], [0, 0.8, 0], rtol=1e-6)
    assert (sink.invented[1] == np.eye(4, 5, dtype=bool)).all()
    assert not sink.invented[[0, 2]].any()


def test_memory_comes_back_from_its_state() -> None:
    sink, other = memory(), memory()
    sink.write(plane(2, 7))
    other.load_state_dict(sink.state_dict())
    (taken,) = other._planes.values()
    for field in dataclasses.fields(RestoredPlane):
        assert np.array_equal(getattr(taken, field.name), getattr(plane(2, 7), field.name)), field.name


def test_arrays_of_the_callers_are_written_to(tmp_path: Path) -> None:
    image = np.memmap(tmp_path / "out", np.float32, "w+", shape=SHAPE)
    sink = ArraySink(image, invented=np.zeros(SHAPE, bool))
    sink.check(SHAPE)
    sink.write(plane(1, 7))
    np.testing.assert_array_equal(image[:, 0, 0], [0, 7, 0])
    assert sink.uncertainty is None
    assert sink.invented[1].sum() == 4
    assert sink.image is image


@pytest.mark.parametrize(
    ("out", "kind", "words"),
    [
        (np.zeros((3, 4, 4)), ValueError, r"out has the shape \(3, 4, 4\): the result needs \(3, 4, 5\)"),
        (np.zeros(SHAPE, np.uint16), TypeError, "out has dtype uint16: the result is float32"),
        ("out.zarr", TypeError, "out is a str: needs an array that can be written to"),
    ],
)
def test_what_cannot_hold_the_result_is_refused(out: object, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ArraySink(out).check(SHAPE)
