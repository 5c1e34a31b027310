"""Whatever goes wrong, wherever a run is: a clear error, the best so far kept, nothing that is no number, and the next run is right."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior import Deconvolve, Denoise, Fit, Inpaint, RemoveArtifacts, Settings, SuperResolve
from napari_deep_prior.core.results import OutOfMemory, Result, RunError
from napari_deep_prior.core.tasks import AbstractTask

SHAPE = (32, 36)
Y, X = np.mgrid[:32, :36]
IMAGE = 60 + 50 * np.sin(X / 9) * np.cos(Y / 7) + np.random.default_rng(0).normal(0, 8, SHAPE)
FILM = np.stack([IMAGE, IMAGE[::-1], IMAGE[:, ::-1]])
MASK = np.zeros(SHAPE, np.uint8)
MASK[20:23, 10:30] = 1
PSF = np.outer(*[np.exp(-(np.arange(-2.0, 3) ** 2) / 2)] * 2)
STACK = np.stack([IMAGE[:18, :20], IMAGE[6:24, 8:28], IMAGE[14:, 16:]])
"""Restored as a volume."""
RUNS: dict[str, tuple[AbstractTask, np.ndarray, dict[str, Any]]] = {
    "denoise": (Denoise(), IMAGE, {}),
    "instant": (Denoise(), IMAGE, {"method": "nl-ridge"}),
    "film, one network": (Denoise(), FILM, {}),
    "film, each": (Denoise(), FILM[:2], {"network": "each"}),
    "inpaint": (Inpaint(mask=MASK), IMAGE, {}),
    "super-resolve": (SuperResolve(factor=2), IMAGE, {}),
    "deconvolve": (Deconvolve(psf=PSF), IMAGE, {}),
    "stripes": (RemoveArtifacts(artifact="stripes"), IMAGE, {}),
    "denoise, volume": (Denoise(), STACK, {"volume": True}),
    "inpaint, volume": (Inpaint(mask=np.stack([MASK[10:28, 6:26]] * 3)), STACK, {"volume": True}),
    "super-resolve, volume": (SuperResolve(factor=2), STACK, {"volume": True}),
    "deconvolve, volume": (Deconvolve(psf=np.multiply.outer([1, 2, 1], PSF)), STACK, {"volume": True}),
}
FAULTS = (
    *(("card is full", share) for share in (0.0, 0.3, 0.9)),
    *(("memory is full", 0.6), ("numpy is full", 0.8), ("library fails", 0.5)),
    *(("not a number", share) for share in (0.05, 0.4, 0.7)),
)
"""What goes wrong, and after which share of a run's tensor operations."""


def fit_of(name: str, clock: Callable[[], float] | None = None, seconds: Any = "never") -> Fit:
    task, image, changed = RUNS[name]
    given: dict[str, Any] = {
        "preset": "fast",
        "iterations": 3,
        "seconds": seconds,
        "device": "cpu",
        "precision": "float32",
    }
    clock = clock or itertools.count().__next__
    axes = "ZYX" if "volume" in changed else "TYX"[-image.ndim :]
    return Fit(image, task, Settings(**{**given, **changed}), axes=axes, clock=clock)


def run(fit: Fit) -> Exception | None:
    """To its end, or to the error that ended it; without its traceback, which would keep the network."""
    try:
        for _ in fit:
            pass
    except RunError as error:
        return error.with_traceback(None)
    return None


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_lost_wherever_it_goes_wrong(name: str, operations: Any) -> None:
    run(fit_of(name))  # what is made once for all is there from now on
    operations.rest()
    undisturbed = fit_of(name)
    assert run(undisturbed) is None
    expected, length = undisturbed.result, operations.done
    del undisturbed
    for fault, share in FAULTS:
        gc.collect()
        before = {id(kept()) for kept in networks_alive()}
        fit = fit_of(name)
        operations.plan(int(share * length), fault)
        error = run(fit)
        assert operations.happened
        check_error(error, fault, fit)
        check_kept(fit, error, expected, same=fault != "not a number")
        operations.rest()
        del fit, error
        left = [kept for kept in networks_alive() if id(kept()) not in before]
        assert left == [], "memory is given back at once"
    again = fit_of(name)
    assert run(again) is None
    np.testing.assert_array_equal(again.result.image, expected.image)


@pytest.mark.parametrize("name", RUNS)
def test_a_stop_in_any_phase_ends_normally_and_the_run_goes_on(name: str, operations: Any) -> None:
    run(fit_of(name))
    operations.rest()
    undisturbed = fit_of(name)
    assert run(undisturbed) is None
    length = operations.done
    for share in (0.0, 0.2, 0.5, 0.9):
        fit = fit_of(name)
        operations.plan(int(share * length), lambda _: stop(fit))  # noqa: B023  planned anew for each
        assert run(fit) is None
        assert operations.happened
        operations.rest()
        if (kept := best_so_far(fit)) is not None:
            assert np.isfinite(kept.image).all()
            fit.resume(iterations=2)
            assert run(fit) is None
            assert np.isfinite(fit.result.image).all()
    again = fit_of(name)
    assert run(again) is None
    np.testing.assert_array_equal(again.result.image, undisturbed.result.image)


def stop(fit: Fit) -> bool:
    fit.stop()
    return True


@pytest.mark.parametrize("name", RUNS)
def test_a_clock_that_jumps_by_an_hour_spoils_nothing(name: str) -> None:
    """Without a budget of time not even a bit; with one the run ends, and what it has is a result."""
    expected = fit_of(name)
    assert run(expected) is None
    for by, seconds in ((3600.0, "never"), (-3600.0, "never"), (3600.0, 30.0), (-3600.0, 30.0)):
        fit = fit_of(name, jumping(9, by), seconds)
        assert run(fit) is None
        assert np.isfinite(fit.result.image).all()
        if seconds == "never":
            np.testing.assert_array_equal(fit.result.image, expected.result.image)


def jumping(call: int, by: float) -> Callable[[], float]:
    """A clock that is asked for the time every hundredth of a second, and is put forward or back before this call."""
    calls = itertools.count()

    def now() -> float:
        number = next(calls)
        return number / 100 + (by if number >= call else 0.0)

    return now


SMALLER = "memory did not suffice, so that it was drawn in tiles"


def notes_of(fit: Fit) -> str:
    return " ".join(note for report in fit.result.record.planes for note in report.notes)


def check_error(error: Exception | None, fault: str, fit: Fit) -> None:
    """One line that says what happened; of what is no number an end that has something to keep will do, and smaller tiles of memory."""
    if fault.endswith("full"):
        assert isinstance(error, OutOfMemory) or (error is None and SMALLER in notes_of(fit))
    elif fault == "library fails":
        assert "CUDNN_STATUS" in str(error)
    assert error is None or "\n" not in str(error)


def check_kept(fit: Fit, error: Exception | None, expected: Result, *, same: bool) -> None:
    """All numbers; the planes that were finished as if nothing had happened, none told of that was not."""
    kept = best_so_far(fit)
    if kept is None:
        assert error is not None
        return
    assert kept.image.shape == expected.image.shape
    assert np.isfinite(kept.image).all()
    drawings = {report.plane: report.drawings for report in expected.record.planes}
    for report in kept.record.planes:
        if same and report.drawings == drawings[report.plane]:  # none where the network was still learning on it
            ours, theirs = (np.reshape(result.image, (len(fit.planes), -1)) for result in (kept, expected))
            rounding = 1e-4 * np.ptp(theirs) if SMALLER in " ".join(report.notes) else 0.0
            np.testing.assert_allclose(ours[report.plane], theirs[report.plane], rtol=0, atol=rounding)


def best_so_far(fit: Fit) -> Result | None:
    try:
        return fit.result
    except (ValueError, RunError):
        return None


def networks_alive() -> list[Any]:
    return [weakref.ref(found) for found in gc.get_objects() if issubclass(type(found), torch.nn.Module)]
