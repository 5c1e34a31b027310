"""PlaneFit: one plane from the caller's array to the kept image: budget, stopping rule, divergence guard."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.arrays import Axes, Index, Scaling
from napari_deep_prior.core.checks import check_plane
from napari_deep_prior.core.descent import Descent
from napari_deep_prior.core.device import Device
from napari_deep_prior.core.presets import UNLIMITED, Recipe
from napari_deep_prior.core.report import CurvePoint, Diverged, PlaneReport, Snapshot, StopReason
from napari_deep_prior.core.stopping import Latest
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
    number, index
        Which plane of the stack, and where it sits in the image.
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
        number: int,
        index: Index,
        plane: NDArray[np.generic],
        axes: Axes,
        task: AbstractTask,
        recipe: Recipe,
        device: Device,
        *,
        seed: int,
        before: PlaneFit | None = None,
        replay: Replay | None = None,
    ) -> None:
        self.number, self.index, self.recipe = number, index, recipe
        self.seconds = 0.0
        self.curve: list[CurvePoint] = []
        self.reason: StopReason | None = None
        self._axes, self._replay = axes, replay
        self._observed = axes.to_cyx(plane)
        known = task.known(self._observed)
        check_plane(self._observed, known)
        self._untouched = task.untouched(self._observed)
        self._scaling = Scaling.of(self._observed, known, together="S" in axes.letters)
        tensor = self._scaling.to_tensor(np.where(known, self._observed, self._scaling.offset))
        hold_out_seed = seed + 3 + number
        self._descent = Descent(tensor, known, task, recipe, device, seed=seed, hold_out_seed=hold_out_seed)
        self._held_out = float(self._descent.held_out.mean() / known.mean())
        self._invented = float(((~known | self._descent.held_out) & ~self._untouched).mean())
        if before is not None and before._observed.shape == self._observed.shape:
            self._descent.start_from(before._descent)
        self.iterations = replay.iterations if replay else recipe.iterations
        self.budget = math.inf if replay else recipe.seconds
        unwatched = recipe.method == "code" and self._held_out == 0
        self._watch = (Latest() if unwatched else recipe.rule).start()
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
        """Steps still to go at the speed so far; None where that cannot be said."""
        if self.reason is not None:
            return 0
        if self.iteration == 0 or (self.iterations >= UNLIMITED and self.budget == math.inf):
            return None
        by_time = (self.budget - self.seconds) * self.iteration / max(self.seconds, 1e-9)
        return max(0, math.ceil(min(self.iterations - self.iteration, by_time)))

    def advance(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Run for about `seconds`, or until the fit ends; `reason` then says why. Always takes at least one step."""
        self.reason = None
        started, before = time.perf_counter(), self.seconds
        while True:
            self._descent.step()
            self.seconds = before + time.perf_counter() - started
            if self.iteration % CHECK == 0 or (self._replay and self.iteration == self._replay.chosen):
                self.reason = self._check()
            self.reason = self.reason or self._outside_reason(stopping())
            if self.reason is not None or time.perf_counter() - started >= seconds:
                break
        if self.reason is not None and self._checked < self.iteration and self._check() is StopReason.DIVERGED:
            self.reason = StopReason.DIVERGED

    def _outside_reason(self, requested: bool) -> StopReason | None:
        """Why to end, whatever the picture looks like."""
        if requested:
            return StopReason.REQUESTED
        if self.iteration >= self.iterations:
            return StopReason.ITERATIONS
        return StopReason.SECONDS if self.seconds >= self.budget else None

    def extend(self, iterations: int | None, seconds: float | None) -> None:
        """A further budget: as given, or where neither is, as much as at the beginning.

        Where the rule had ended the fit it is overruled, and the budget used up; the best result is still the one kept.
        """
        again = iterations is None and seconds is None
        more = self.recipe.iterations if again else UNLIMITED if iterations is None else iterations
        self.iterations = self.iteration + more
        self.budget = self.seconds + (self.recipe.seconds if again else math.inf if seconds is None else seconds)
        self._obeys = self._obeys and self.reason not in (StopReason.HELD_OUT, StopReason.PLATEAU)
        self.reason = None

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

    def snapshot(self, image: NDArray[np.float32], planes: int) -> Snapshot:
        """What is reached at the moment, with `image` to show, as one of `planes`."""
        point = self.curve[-1] if self.curve else None
        return Snapshot(
            plane=self.number,
            planes=planes,
            index=self.index,
            iteration=self.iteration,
            iterations_left=self.iterations_left,
            seconds=self.seconds,
            loss=point.loss if point else math.nan,
            held_out=point.held_out if point else None,
            image=image,
        )

    def uncertainty(self) -> NDArray[np.float32]:
        """Standard deviation of the output at the kept moment, in the caller's units and axis order; 0 where untouched."""
        deviation = self._scaling.deviation_to_units(self._kept.deviation if self._kept else self._descent.deviation)
        return self._axes.from_cyx(np.where(self._untouched, np.float32(0), deviation))

    def _to_caller(self, image: torch.Tensor) -> NDArray[np.float32]:
        restored = self._scaling.to_units(image)
        return self._axes.from_cyx(np.where(self._untouched, self._observed, restored).astype(np.float32))

    def report(self) -> PlaneReport:
        """How it went."""
        return PlaneReport(
            plane=self.number,
            iterations=self.iteration,
            chosen=self._kept.iteration if self._kept else self.iteration,
            seconds=round(self.seconds, 3),
            invented=self._invented,
            reason=(self.reason or StopReason.REQUESTED).name,
            method=self.recipe.method,
            notes=self.recipe.notes + tuple(self._own_notes()),
            curve=tuple(self.curve),
        )

    def _own_notes(self) -> Iterator[str]:
        if self._falls:
            yield f"set back {self._falls} times after a jump"
        if self._held_out:
            side = self.recipe.block
            yield f"{self._held_out:.1%} of the known pixels, in blocks of {side} x {side}, were kept out of the fit"


def idle_report(number: int, why: str) -> PlaneReport:
    """Of a plane that is returned as it is."""
    return PlaneReport(
        plane=number,
        iterations=0,
        chosen=0,
        seconds=0.0,
        invented=0.0,
        reason=StopReason.NOTHING.name,
        method="none",
        notes=(f"returned as it was: {why}",),
        curve=(),
    )
