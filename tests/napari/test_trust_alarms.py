"""Trust in the window: over eight results that are bad in a way of their own it warns, of just that; over eight good ones of nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from napari_deep_prior._napari.sections.trust import NOTHING_FOUND
from napari_deep_prior.core.results import PlaneReport, Snapshot, StopReason

RNG = np.random.default_rng(0)
SHAPE = (128, 112)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]]
TRUTH = 300 + 150 * np.sin(Y / 9) * np.sin(X / 7) + 80 * (np.hypot(Y - 60, X - 50) < 25)
NOISE = RNG.normal(0, 12, SHAPE)
COLOURS = np.array([1, 10, 100])[:, None, None]
CHANNELS = COLOURS * (TRUTH + RNG.normal(0, 12, (3, *SHAPE)))
FILM = TRUTH + RNG.normal(0, 12, (4, *SHAPE))
FINE = TRUTH + 25 * ((X // 3 + Y // 4) % 2) * (X > 56)  # a texture on one half
STEPS, FEW = 400, 20


@dataclasses.dataclass(frozen=True)
class Given:
    """An image, what a run has made of it, and how that run went."""

    image: np.ndarray
    restored: np.ndarray
    axes: str = "yx"
    steps: int = STEPS
    reason: StopReason = StopReason.PLATEAU
    planes: int | None = None
    by_hand: int | None = None
    twice: bool = False


def hot(image: np.ndarray) -> np.ndarray:
    """Eight pixels of a camera that are always bright."""
    spoilt = image.copy()
    spoilt[RNG.integers(5, SHAPE[0] - 5, 8), RNG.integers(5, SHAPE[1] - 5, 8)] = 4000
    return spoilt


def first_channel_flat() -> np.ndarray:
    restored = COLOURS * np.broadcast_to(TRUTH, CHANNELS.shape).astype(float)
    restored[0] = TRUTH.mean()
    return restored


BAD = {
    "outliers": (Given(hot(TRUTH + NOISE), TRUTH), "Find bad pixels"),
    "channels of brightness 1 to 100": (Given(CHANNELS, first_channel_flat(), "cyx"), "contains structure"),
    "the checkerboard of the first step": (
        Given(TRUTH + NOISE, TRUTH + 12 * (-1.0) ** (X + Y), by_hand=1),
        "was chosen by hand",
    ),
    "ended by its budget": (Given(TRUTH + NOISE, TRUTH, steps=FEW, reason=StopReason.SECONDS), "by the time budget"),
    "restored twice": (Given(TRUTH + NOISE, TRUTH, twice=True), "already a result"),
    "a stack that was stopped": (
        Given(FILM, np.broadcast_to(TRUTH, FILM.shape), "tyx", reason=StopReason.REQUESTED, planes=2),
        "planes 3-4 still show the original",
    ),
    "structure taken away": (Given(FINE + NOISE, TRUTH), "contains structure"),
    "saturated": (Given(np.minimum(TRUTH + NOISE, 440), np.minimum(TRUTH, 440)), "are saturated"),
}
PHOTONS = RNG.poisson(TRUTH / 40)
GOOD = {
    "noise of a camera": Given(TRUTH + NOISE, TRUTH),
    "photons": Given(RNG.poisson(TRUTH).astype(np.uint16), TRUTH),
    "few photons": Given(PHOTONS.astype(np.uint16), TRUTH / 40),
    "channels of brightness 1 to 100": Given(CHANNELS, COLOURS * np.broadcast_to(TRUTH, CHANNELS.shape), "cyx"),
    "a film": Given(FILM, np.broadcast_to(TRUTH, FILM.shape), "tyx"),
    "a texture that was kept": Given(FINE + NOISE, FINE),
    "noise that neighbours share": Given(TRUTH + (NOISE + np.roll(NOISE, 1, 1)) / 2**0.5, TRUTH),
    "an offset and a gain": Given(np.rint(100 + 4.0 * RNG.poisson(TRUTH / 8)).astype(np.uint16), 100 + TRUTH / 2),
}


@pytest.fixture
def said(viewer, panel, fake, run_to_end):
    """What Trust says when a run has ended like this."""

    def ended(given: Given) -> str:
        stand_in(fake, given)
        told = {"napari-deep-prior": {"task": {}, "planes": []}} if given.twice else {}
        viewer.add_image(given.image, name="cells", axis_labels=given.axes, metadata=told)
        viewer.dims.set_point(0, 0)
        panel.sections.folds["Trust"].button.setChecked(True)
        run_to_end(panel)
        return panel.sections["Trust"].warnings.text()

    return ended


def stand_in(fake: Any, given: Given) -> None:
    """A fit that comes to the given result in one step."""

    def steps(fit: Any) -> Any:
        fit.at, fit.reason = given.steps, given.reason
        count = len(fit.planes) if given.planes is None else given.planes
        fit.values = np.array(given.image, np.float32)
        for number in range(count):
            index = fit.planes[number]
            fit.plane = fit.turn = number
            fit.values[index] = given.restored[index]
            yield Snapshot(
                plane=number, planes=len(fit.planes), turn=number, index=index, iteration=given.steps, iterations_left=0,
                seconds=1.0, loss=1.0, held_out=None, image=fit.values[index].copy(), uncertainty=None, shown=given.steps,
                kept=given.steps, noise=None,
            )  # fmt: skip

    def reports(fit: Any, last: PlaneReport) -> tuple[PlaneReport, ...]:
        if given.by_hand is not None:
            last = dataclasses.replace(last, chosen=given.by_hand, notes=(f"Step {given.by_hand} was chosen by hand.",))
        before = dataclasses.replace(last, reason=StopReason.PLATEAU.name)
        return (
            *(dataclasses.replace(before, plane=n) for n in range(fit.plane)),
            dataclasses.replace(last, plane=fit.plane),
        )

    fake.__iter__, fake._reports = steps, reports


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_result_is_warned_of(said, kind):
    given, words = BAD[kind]
    assert words in said(given)


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_result_raises_no_alarm(said, kind):
    assert said(GOOD[kind]) == NOTHING_FOUND
