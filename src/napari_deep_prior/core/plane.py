"""PlaneFit: one plane from the caller's array to the kept image: budget, stopping rule, divergence guard."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.arrays import Axes, Index, Scaling
from napari_deep_prior.core.descent import Descent
from napari_deep_prior.core.device import Device
from napari_deep_prior.core.presets import Recipe
from napari_deep_prior.core.report import CurvePoint, Diverged, PlaneReport, StopReason
from napari_deep_prior.core.tasks import AbstractTask

CHECK = 10
"""Steps between two looks at the numbers. Between them nothing is read back from the device."""

_HEALTH = 10 * CHECK
"""Steps between two full copies of the state to come back to."""

_FALLS = 3
"""How often a diverged fit is set back before it is given up."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a record says of one plane: run exactly so many steps and keep the result of step `chosen`."""

    iterations: int
    chosen: int


@dataclasses.dataclass(slots=True, eq=False)
class _Kept:
    iteration: int
    image: torch.Tensor
    deviation: torch.Tensor


class PlaneFit:
    """The fit of one plane.

    Parameters
    ----------
    plane
        In the caller's units and axis order.
    task
        With its companions already cut out for this plane.
    before
        A finished fit of the previous plane of the stack, whose weights this one starts from.
    replay
        Repeat a recorded fit: no budget, no early stop.
    """

    def __init__(
        self,
        plane: NDArray[np.generic],
        axes: Axes,
        index: Index,
        task: AbstractTask,
        recipe: Recipe,
        seed: int,
        device: Device,
        *,
        before: PlaneFit | None = None,
        replay: Replay | None = None,
    ) -> None:
        self.index = index
        self.seconds = 0.0
        self.curve: list[CurvePoint] = []
        self.reason: StopReason | None = None
        self._axes, self._task, self._replay = axes, task, replay
        self._observed = axes.to_cyx(plane)
        known = task.known(self._observed)
        check_plane(self._observed, known)
        self.invented = float(task.invented(self._observed).mean())
        self.recipe = recipe
        self._scaling = Scaling.of(self._observed, known, together="S" in axes.letters)
        observed = np.where(known, self._observed, self._scaling.offset)
        self._descent = Descent(self._scaling.to_tensor(observed), known, task, recipe, device, seed)
        if before is not None and before._observed.shape == self._observed.shape:
            self._descent.start_from(before._descent)
        self.iterations = replay.iterations if replay else recipe.iterations
        self.budget = math.inf if replay else recipe.seconds
        self._watch = recipe.rule.start()
        self._kept: _Kept | None = None
        self._healthy = self._descent.state()
        self._falls = 0
        self._checked = 0
        self._obeys = replay is None  # whether the rule may end the fit

    @property
    def iteration(self) -> int:
        """Steps taken."""
        return self._descent.iteration

    @property
    def iterations_left(self) -> int | None:
        """Steps still to go, at the speed so far; None before there is a speed."""
        if self.iteration == 0 or self.reason is not None:
            return 0 if self.reason else None
        by_time = (self.budget - self.seconds) * self.iteration / max(self.seconds, 1e-9)
        return max(0, math.ceil(min(self.iterations - self.iteration, by_time)))

    def advance(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Run for about `seconds`, or until the fit ends; `reason` then says why. Always takes at least one step."""
        self.reason = None
        started, before = time.perf_counter(), self.seconds
        while True:
            self._descent.step()
            self.seconds = before + time.perf_counter() - started
            if self.iteration % CHECK == 0:
                self.reason = self._check()
            self.reason = self.reason or self._outside_reason(stopping())
            if self.reason is not None or time.perf_counter() - started >= seconds:
                break
        if self.reason is not None and self._checked < self.iteration:
            self._check()

    def _outside_reason(self, requested: bool) -> StopReason | None:
        """Why to end, whatever the picture looks like."""
        if requested:
            return StopReason.REQUESTED
        if self.iteration >= self.iterations:
            return StopReason.ITERATIONS
        return StopReason.SECONDS if self.seconds >= self.budget else None

    def extend(self, iterations: int | None, seconds: float | None) -> None:
        """A further budget: as given, or where neither is, as much as at the beginning.

        It is used up whatever the rule says, which has been overruled; the best result is still the one kept.
        """
        again = iterations is None and seconds is None
        self.iterations = self.iteration + (iterations or (self.recipe.iterations if again else 10**9))
        self.budget = self.seconds + (seconds or (self.recipe.seconds if again else math.inf))
        self.reason = None
        self._obeys = False

    def _check(self) -> StopReason | None:
        """Look at the numbers: guard against divergence, ask the rule, keep what it says, and tell why to stop."""
        descent = self._descent
        self._checked = self.iteration
        if descent.diverged():
            return self._fall_back()
        loss, held_out = descent.loss(), descent.held_out_loss()
        self.curve.append(CurvePoint(iteration=self.iteration, seconds=self.seconds, loss=loss, held_out=held_out))
        verdict = self._watch(self.iteration, loss if held_out is None else held_out)
        if self.iteration == self._replay.chosen if self._replay else verdict.keep:
            self._kept = _Kept(self.iteration, descent.image, descent.deviation)
        if self.iteration % _HEALTH == 0:
            self._healthy = descent.state()
        return verdict.stop if self._obeys else None

    def _fall_back(self) -> StopReason | None:
        """Set everything back to the last healthy moment; give up after a few times."""
        self._falls += 1
        self._descent.load(self._healthy)
        if self._falls <= _FALLS:
            return None
        if self._kept is None:
            raise Diverged(
                f"The fit became unstable at step {self.iteration} and there is nothing to keep. "
                "Lower the learning rate, or choose precision float32."
            )
        return StopReason.DIVERGED

    def preview(self) -> NDArray[np.float32]:
        """The result so far in the caller's units and axis order: the kept one at the end, the newest while running."""
        if self.reason is not None and self._kept is not None:
            return self._to_caller(self._kept.image)
        return self._to_caller(self._descent.image)

    def uncertainty(self) -> NDArray[np.float32]:
        """Standard deviation of the output at the kept moment, in the caller's units and axis order."""
        deviation = self._kept.deviation if self._kept else self._descent.deviation
        return self._axes.from_cyx(self._scaling.deviation_to_units(deviation))

    def _to_caller(self, image: torch.Tensor) -> NDArray[np.float32]:
        return self._axes.from_cyx(self._task.finish(self._scaling.to_units(image), self._observed))

    def report(self, number: int) -> PlaneReport:
        """How it went."""
        notes = self.recipe.notes + ((f"set back {self._falls} times after a jump",) if self._falls else ())
        if self.recipe.held_out:
            side = self.recipe.block
            notes += (
                f"{self.recipe.held_out:.0%} of the known pixels, in blocks of {side} x {side}, were kept out of the fit",
            )
        return PlaneReport(
            plane=number,
            iterations=self.iteration,
            chosen=self._kept.iteration if self._kept else self.iteration,
            seconds=round(self.seconds, 3),
            reason=(self.reason or StopReason.REQUESTED).name,
            method=self.recipe.method,
            notes=notes,
            curve=tuple(self.curve),
        )


def check_plane(image: NDArray[np.generic], known: NDArray[np.bool_]) -> None:
    """Refuse a (c, y, x) plane from which nothing can be learnt.

    Raises
    ------
    ValueError
        If no pixel is known, a known pixel is NaN or infinite, or all known pixels are alike.
    """
    if not known.any():
        raise ValueError("The mask covers the whole image: no known pixel is left to fill in from.")
    values = image[:, known]
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise ValueError(
            f"The image holds {bad} pixels that are NaN or infinite. Mask them (task Inpaint), or replace them by numbers."
        )
    if values.min() == values.max():
        raise ValueError(f"The image is constant: every known pixel is {values.flat[0]}. There is nothing to restore.")
