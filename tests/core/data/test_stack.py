"""The image as a row of planes: each is read once, the result grows, what was not reached is as it was."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np
import pytest

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack, Unread
from napari_deep_prior.core.results import PlaneReport, Snapshot

IMAGE = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)


def stack(image: np.ndarray = IMAGE, letters: str = "TYX", **wanted: object) -> PlaneStack:
    return PlaneStack(image, Axes(letters), **wanted)


def snapshot(plane: int, value: float) -> Snapshot:
    full = np.full((4, 5), value, np.float32)
    return Snapshot(
        plane=plane,
        planes=3,
        index=(plane, slice(None), slice(None)),
        iteration=7,
        iterations_left=3,
        seconds=1.0,
        loss=0.1,
        held_out=None,
        image=full,
        uncertainty=full / 10,
        shown=6,
    )


def report(number: int) -> PlaneReport:
    return PlaneReport(
        plane=number, iterations=9, chosen=9, seconds=1, invented=0, reason="ITERATIONS", method="m", notes=(), curve=()
    )


def stored(made: PlaneStack, number: int, value: float) -> None:
    full = np.full((4, 5), value, np.float32)
    made.store(full, full / 10, np.eye(4, 5, dtype=bool), report(number))


def test_its_fingerprint_is_that_of_the_planes_that_were_read() -> None:
    made = stack()
    for number in range(3):
        np.testing.assert_array_equal(made.read(number), IMAGE[number])
    assert made.fingerprint == {
        "sha256": hashlib.sha256(b"".join(hashlib.sha256(plane.tobytes()).digest() for plane in IMAGE)).hexdigest(),
        "shape": [3, 4, 5],
        "dtype": "uint16",
    }


def test_a_plane_that_failed_is_not_in_the_fingerprint() -> None:
    made, other = stack(), stack()
    made.read(0)
    other.read(0)
    made.read(1)
    made.forget(1)
    assert made.fingerprint == other.fingerprint


def test_a_plane_is_stored_in_its_place() -> None:
    made = stack()
    np.testing.assert_array_equal(made.piece(1).read(), IMAGE[1])
    stored(made, 1, -3)
    assert (made.restored[1] == -3).all()
    np.testing.assert_array_equal(made.restored[[0, 2]], IMAGE[[0, 2]])
    assert [made.uncertainty[number].min() for number in range(3)] == [0, np.float32(-0.3), 0]


def test_planes_have_the_same_fingerprint_in_whatever_order_they_are_read() -> None:
    made, other = stack(), stack()
    for number in range(3):
        made.read(number)
        other.read(2 - number)
    assert made.fingerprint == other.fingerprint


def test_the_fingerprint_of_a_single_plane_is_its_hash() -> None:
    made = stack(IMAGE[0], "YX")
    made.read(0)
    assert made.fingerprint["sha256"] == hashlib.sha256(IMAGE[0].tobytes()).hexdigest()


def test_what_was_not_reached_is_repeated_on_a_finer_grid() -> None:
    made = stack(wanted=lambda shape: (shape[0] * 2, shape[1] * 3))
    assert made.restored.shape == (3, 8, 15)
    np.testing.assert_array_equal(made.restored, IMAGE.repeat(2, 1).repeat(3, 2))


def test_a_snapshot_chosen_by_hand_counts_until_it_is_dropped() -> None:
    made = stack()
    stored(made, 0, 5)
    assert made.with_override(report(0)) == report(0)
    made.override(snapshot(0, 8))
    assert (made.restored[0] == 8).all()
    assert made.uncertainty[0] == pytest.approx(0.8)
    chosen = made.with_override(report(0))
    assert (chosen.chosen, chosen.notes) == (6, ("step 6 was chosen by hand",))
    made.drop_override(0)
    assert (made.restored[0] == 5).all()


@pytest.mark.parametrize("stage", ["learning", "drawing"])
def test_no_snapshot_is_kept_of_one_plane_where_a_network_draws_all(stage) -> None:
    """The steps of its record would not give the other planes the network that drew them."""
    with pytest.raises(ValueError, match="only gone on from"):
        stack().override(dataclasses.replace(snapshot(0, 8), stage=stage))


def test_invented_pixels_are_those_of_all_channels() -> None:
    made = stack(np.zeros((2, 4, 5, 3)), "TYXS")
    full = np.ones((4, 5, 3), np.float32)
    made.store(full, full, np.eye(4, 5, dtype=bool), report(1))
    assert made.invented.shape == (2, 4, 5, 3)
    assert not made.invented[0].any()
    assert (made.invented[1] == np.eye(4, 5, dtype=bool)[..., None]).all()


def test_another_stack_of_the_same_image_takes_over_its_state() -> None:
    made, fresh = stack(), stack()
    made.read(0)
    fresh.read(0)
    stored(made, 0, 5)
    made.override(snapshot(1, 8))
    fresh.load_state_dict(made.state_dict())
    for name in ("restored", "uncertainty", "invented"):
        np.testing.assert_array_equal(getattr(fresh, name), getattr(made, name))
    fresh.drop_override(1)
    assert (made.restored[1] == 8).all(), "the other one has a state of its own"


@pytest.mark.parametrize("image", [IMAGE + 1, IMAGE.astype(np.int32), np.concatenate([IMAGE, IMAGE])])
def test_the_state_of_another_image_is_refused(image: np.ndarray) -> None:
    made, other = stack(), stack(image)
    made.read(0)
    other.read(0)
    with pytest.raises(ValueError, match="The image is another one"):
        other.load_state_dict(made.state_dict())


def test_a_snapshot_comes_back_with_its_place() -> None:
    made, fresh = stack(), stack()
    made.override(snapshot(1, 8))
    fresh.load_state_dict(made.state_dict())
    (taken,) = fresh._overrides.values()
    for field in dataclasses.fields(Snapshot):
        assert np.array_equal(getattr(taken, field.name), getattr(snapshot(1, 8), field.name)), field.name


class Remote:
    """A stack on another machine, some planes of which do not come."""

    def __init__(self, lost: set[int]) -> None:
        self.lost = lost
        self.there = np.random.default_rng(0).normal(size=(3, 5, 7)).astype(np.float32)
        self.shape, self.dtype, self.ndim = self.there.shape, self.there.dtype, 3

    def __getitem__(self, index: Any) -> np.ndarray:
        if index[0] in self.lost:
            raise OSError("the network is gone")
        return np.asarray(self.there[index])


def test_a_plane_that_cannot_be_read_leaves_no_trace_in_the_fingerprint() -> None:
    remote = Remote({1})
    stack = PlaneStack(remote, Axes("TYX"))
    stack.read(0)
    with pytest.raises(Unread, match=r"could not be read \(OSError: the network is gone\)"):
        stack.read(1)
    stack.forget(1)
    assert stack.fingerprint["sha256"] == hashlib.sha256(remote.there[0].tobytes()).hexdigest()


def test_too_little_memory_is_no_reading_error() -> None:
    class Large(Remote):
        def __getitem__(self, index: Any) -> np.ndarray:
            raise MemoryError

    with pytest.raises(MemoryError):
        PlaneStack(Large(set()), Axes("TYX")).read(0)


def test_planes_that_were_not_reached_are_as_they_were_and_nan_where_they_cannot_be_read() -> None:
    remote = Remote({2})
    stack = PlaneStack(remote, Axes("TYX"))
    plane = stack.read(0)
    stack.store(plane + 1, np.ones_like(plane), np.zeros(plane.shape, bool), report(0))
    restored = stack.restored
    assert np.array_equal(restored[0], remote.there[0] + 1)
    assert np.array_equal(restored[1], remote.there[1])
    assert np.isnan(restored[2]).all()


def test_the_turn_of_a_plane_counts_from_the_one_that_is_first() -> None:
    made = stack(first=1)
    assert [made.turn(number) for number in range(3)] == [2, 0, 1]
    assert made.turn(7) == 0, "it has none"


def test_planes_after_one_are_read_once_more_and_those_before_it_count() -> None:
    made, short = stack(), stack()
    for number in range(3):
        made.read(number)
    short.read(0)
    short.read(1)
    made.begin_again_after(1)
    assert made.fingerprint == short.fingerprint


def test_a_plane_of_another_machine_is_fetched_once_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = Remote(set())
    made = PlaneStack(remote, Axes("TYX"))
    monkeypatch.setattr("napari_deep_prior.core.data.stack._LATELY", 2 * remote.there[0].nbytes)
    for number in range(3):
        np.testing.assert_array_equal(made.look_at(number), remote.there[number])
    remote.lost = {0, 1, 2}
    for number in (1, 2):
        np.testing.assert_array_equal(made.look_at(number), remote.there[number])
    with pytest.raises(Unread):
        made.look_at(0)


def test_the_pixels_of_an_array_in_memory_are_those_of_now() -> None:
    image = IMAGE.copy()
    made = stack(image)
    made.look_at(0)
    image[0] = 7
    assert (made.look_at(0) == 7).all()


@pytest.mark.parametrize("shares", [(), (0.5,)])
def test_of_a_moment_that_was_not_mixed_no_partner_is_told(shares: tuple[float, ...]) -> None:
    made = stack()
    made.override(dataclasses.replace(snapshot(0, 8), shares=shares))
    told = made.with_override(dataclasses.replace(report(0), partner="nl-ridge"))
    assert told.partner == ("nl-ridge" if shares else None)
    assert told.shares == shares
