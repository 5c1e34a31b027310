"""Pixels first, then the mark, with what is known at the end of the whole only by all planes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from napari_deep_prior.core.data.sink import RestoredPlane
from napari_deep_prior.core.results import PlaneReport
from napari_deep_prior.workflows.planewise.folder import PartialFolder
from napari_deep_prior.workflows.planewise.sink import DiskSink, ranges_of

EVERY = slice(None)


class Writer:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.written: list[tuple[Any, np.ndarray]] = []

    def create(self) -> None: ...
    def write(self, index: Any, plane: np.ndarray) -> None:
        self.written.append((index, plane))

    def finish(self, record: str | None, ranges: Any) -> None: ...


def plane(number: int, index: Any, image: np.ndarray) -> RestoredPlane:
    report = PlaneReport(
        plane=number, iterations=9, chosen=9, seconds=1, invented=0, reason="ITERATIONS", method="m", notes=(), curve=()
    )
    full = image.astype(np.float32)
    return RestoredPlane(
        number=number, index=index, image=full, uncertainty=full, invented=full > 0, report=report, digest=b"\1"
    )


def test_a_plane_is_written_in_the_numbers_of_the_output(tmp_path: Path) -> None:
    folder, writer = PartialFolder(tmp_path / "o.tif", {}), Writer()
    folder.open([writer], join=False)
    sink = DiskSink(folder, writer, "TCYX", np.dtype("uint8"))
    sink.check((2, 2, 3, 3))
    image = np.full((2, 3, 3), 7.4)
    image[1, 0] = 300
    sink.write(plane(1, (1, EVERY, EVERY, EVERY), image))
    (index, stored) = writer.written[0]
    assert index == (1, EVERY, EVERY, EVERY)
    assert stored.dtype == np.uint8
    (mark,) = folder.marks()
    assert (mark.ranges, mark.clipped, mark.digest) == (((7.0, 7.0), (7.0, 255.0)), 3, "01")


def test_ranges_are_those_of_each_channel(tmp_path: Path) -> None:
    folder, writer = PartialFolder(tmp_path / "o.tif", {}), Writer()
    folder.open([writer], join=False)
    sink = DiskSink(folder, writer, "TYX", np.dtype("float32"))
    sink.write(plane(0, (0, EVERY, EVERY), np.full((3, 3), 2)))
    sink.write(plane(1, (1, EVERY, EVERY), np.full((3, 3), np.nan)))
    first, second = folder.marks()
    assert ranges_of([first, second]) == [(0.0, 2.0)]
    lower = dataclasses.replace(first, ranges=((-1.0, 1.0),))
    assert ranges_of([first, lower]) == [(-1.0, 2.0)]


def test_by_products_are_written_before_the_mark(tmp_path: Path) -> None:
    folder, writer, uncertainty, invented = PartialFolder(tmp_path / "o.tif", {}), Writer(), Writer(), Writer()
    folder.open([writer, uncertainty, invented], join=False)
    beside = {"uncertainty": uncertainty, "invented": invented}
    sink = DiskSink(folder, writer, "TYX", np.dtype("uint8"), beside)
    sink.write(plane(0, (0, EVERY, EVERY), np.array([[0.0, 7.4]])))
    np.testing.assert_array_equal(uncertainty.written[0][1], np.array([[0, 7.4]], np.float32))
    np.testing.assert_array_equal(invented.written[0][1], np.array([[0, 1]], np.uint8))
    assert invented.written[0][1].dtype == np.uint8


def test_a_plane_of_one_channel_tells_the_range_of_that_channel(tmp_path: Path) -> None:
    folder = PartialFolder(tmp_path / "o.tif", {})
    folder.open([Writer()], join=False)
    sink = DiskSink(folder, Writer(), "CYX", np.dtype("float32"))
    for channel in (1, 0):
        sink.write(plane(channel, (channel, EVERY, EVERY), np.array([[channel * 10.0, channel * 10.0 + 3]])))
    assert ranges_of(folder.marks()) == [(0.0, 3.0), (10.0, 13.0)]
