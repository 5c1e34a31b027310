"""What is decided once for all planes, and by which of them."""

from __future__ import annotations

import numpy as np

from napari_deep_prior.core.compute import device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.results import PlannedSteps
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.shared.beginnings import Beginnings
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.denoise import Denoise

SETTINGS = Settings(preset="fast", iterations=4, seconds="never", network="each")


def pieces() -> Pieces:
    image = np.random.default_rng(0).normal(100, 9, (3, 24, 31)).astype(np.float32)
    image[0] = 5
    axes = Axes("TYX")
    return Pieces(
        stack=PlaneStack(image, axes), axes=axes, task=Denoise(), device=device.choose("cpu", "float32", threads=1)
    )


def seen(all_pieces: Pieces, number: int) -> Seen:
    found = all_pieces.see(number)
    assert isinstance(found, Seen)
    return found


def test_the_first_plane_with_something_to_restore_decides() -> None:
    beginnings = Beginnings(pieces(), SETTINGS)
    assert beginnings.first is None
    first = beginnings.first_seen()
    assert first.piece.number == 1
    assert beginnings.decide(first) is None, "each plane has a network of its own"
    assert beginnings.first == 1


def test_a_network_for_all_learns_first() -> None:
    beginnings = Beginnings(pieces(), Settings(preset="fast", iterations=4, seconds="never"))
    learner = beginnings.decide(beginnings.first_seen())
    assert isinstance(learner, PlaneFit)
    assert beginnings.shared is not None
    assert beginnings.shared.learner is learner


def test_a_fit_takes_the_steps_of_its_plane_of_a_record() -> None:
    all_pieces = pieces()
    replay = [PlannedSteps(iterations=number + 1, chosen=number + 1) for number in range(3)]
    beginnings = Beginnings(all_pieces, SETTINGS, replay=replay)
    beginnings.decide(seen(all_pieces, 1))
    fit = beginnings.begin(seen(all_pieces, 2))
    while fit.reason is None:
        fit.advance(60.0, lambda: False)
    assert fit.iteration == 3
