"""Some planes of a stack, restored by one of several processes: the same bits, whoever restores them, in whatever order."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import pytest

from napari_deep_prior.core.data.sink import ArraySink, RestoredPlane
from napari_deep_prior.core.data.stack import fingerprint_of
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.run.shared.part_fit import PartFit
from napari_deep_prior.core.settings import Settings

QUICK = Settings(preset="fast", iterations=12, seconds="never")
EACH = dataclasses.replace(QUICK, network="each")


def stack(planes: int = 5) -> np.ndarray:
    draw = np.random.default_rng(0)
    return (np.linspace(100, 900, 31) + draw.normal(0, 60, (planes, 24, 31))).astype(np.uint16)


class Kept:
    """Keeps all that a run hands on."""

    def __init__(self) -> None:
        self.planes: dict[int, RestoredPlane] = {}
        self.image = self.uncertainty = self.invented = None

    def check(self, shape: tuple[int, ...]) -> None:
        assert len(shape) == 3

    def write(self, plane: RestoredPlane) -> None:
        assert plane.number not in self.planes, "done twice"
        self.planes[plane.number] = plane


def drawn(image: Any, planes: range, learnt: Any = None, settings: Settings = QUICK) -> tuple[Kept, PartFit]:
    sink = Kept()
    fit = PartFit(image, planes=planes, learnt=learnt, settings=settings, axes="TYX", sink=sink)
    for _ in fit:
        pass
    return sink, fit


@pytest.mark.parametrize("empty", [0, 3])
def test_parts_are_the_whole_bit_by_bit(empty: int) -> None:
    image = stack()
    image[empty] = 7
    whole = restore(image, settings=QUICK, axes="TYX")
    none, first = drawn(image, range(0))
    assert not none.planes, "it only learns"
    found: dict[int, RestoredPlane] = {}
    for part in (range(3, 5), range(2), range(2, 3)):
        sink, fit = drawn(image, part, first.learnt())
        assert sorted(sink.planes) == list(part)
        assert [report.plane for report in fit.reports] == list(part)
        found |= sink.planes
    for number in range(5):
        np.testing.assert_array_equal(found[number].image, whole.image[number])
        np.testing.assert_array_equal(found[number].uncertainty, whole.uncertainty[number])
        np.testing.assert_array_equal(found[number].invented, whole.invented[number])
        assert found[number].report.drawings == whole.record.planes[number].drawings
    digests = {number: plane.digest for number, plane in found.items()}
    assert fingerprint_of(digests, image.shape, image.dtype) == whole.record.input


def test_a_part_that_learns_itself_draws_the_same() -> None:
    alone, _ = drawn(stack(), range(3, 5))
    whole = restore(stack(), settings=QUICK, axes="TYX")
    np.testing.assert_array_equal(alone.planes[4].image, whole.image[4])


def test_fits_of_their_own_are_those_of_the_whole() -> None:
    image = stack(3)
    _, first = drawn(image, range(0), settings=EACH)
    last, _ = drawn(image, range(2, 3), first.learnt(), EACH)
    np.testing.assert_array_equal(last.planes[2].image, restore(image, settings=EACH, axes="TYX").image[2])


def test_one_part_goes_on_with_other_planes() -> None:
    sink, fit = drawn(stack(), range(3, 5))
    fit.turn_to([1])
    for _ in fit:
        pass
    assert sorted(sink.planes) == [1, 3, 4]
    assert not fit.is_stopped


def test_what_another_image_taught_is_refused() -> None:
    _, first = drawn(stack(), range(0))
    other = stack()
    other[0] = 7  # the plane by which all was decided is empty here
    with pytest.raises(ValueError, match="not the one the network learnt from"):
        PartFit(other, planes=range(2), learnt=first.learnt(), settings=QUICK, axes="TYX")


class Remote:
    """A stack in a file: no array of NumPy's."""

    def __init__(self, there: np.ndarray) -> None:
        self.there, self.shape, self.dtype, self.ndim = there, there.shape, there.dtype, there.ndim
        self.read: list[int] = []

    def __getitem__(self, index: Any) -> np.ndarray:
        self.read.append(index[0])
        return self.there[index]


def test_a_stack_in_which_nothing_is_to_restore_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nothing to restore in this image: all its pixels are alike"):
        drawn(Remote(np.full((3, 24, 31), 7, np.uint16)), range(1, 3))


def test_only_what_is_needed_is_read() -> None:
    image = Remote(np.random.default_rng(0).normal(100, 9, (600, 24, 31)))
    _, first = drawn(image, range(0))
    assert len(set(image.read)) < 600
    image.read.clear()
    drawn(image, range(30, 31), first.learnt())
    assert len(set(image.read)) < 600


def test_a_stopped_part_hands_on_no_unfinished_plane() -> None:
    sink = Kept()
    fit = PartFit(stack(), planes=range(5), settings=QUICK, axes="TYX", sink=sink)
    for snapshot in fit:
        if snapshot.stage == "drawing":
            fit.stop()
    assert 0 < len(sink.planes) < 5
    assert all(plane.report.reason != "REQUESTED" for plane in sink.planes.values())


def test_a_result_that_goes_elsewhere_is_not_kept() -> None:
    out, whole = np.zeros((5, 24, 31), np.float32), restore(stack(), settings=QUICK, axes="TYX")
    result = restore(stack(), settings=QUICK, axes="TYX", out=out)
    assert result.image is out
    assert result.uncertainty is None
    np.testing.assert_array_equal(out, whole.image)
    assert result.record.input == whole.record.input
    fit = Fit(stack(), settings=dataclasses.replace(QUICK, network="each"), axes="TYX")
    fit.hand_on_to(ArraySink(out))
    snapshot = next(iter(fit))
    with pytest.raises(ValueError, match="is not replaced"):
        fit.choose(snapshot)


def test_the_hash_of_a_stack_is_that_of_its_planes() -> None:
    image = stack(2)
    found = restore(image, settings=QUICK, axes="TYX").record.input["sha256"]
    assert found == hashlib.sha256(b"".join(hashlib.sha256(plane.tobytes()).digest() for plane in image)).hexdigest()
