"""PlaneFit: one plane from the caller's array to the kept image: budget, stopping rule, divergence guard."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.optimisation import schedule
from napari_deep_prior.core.optimisation.schedule import CosineSchedule
from napari_deep_prior.core.results import CurvePoint, Diverged, PlaneReport, Replay, Snapshot, StopReason
from napari_deep_prior.core.run.budget import UNLIMITED, Budget
from napari_deep_prior.core.run.recovery import BestResult, Checkpoints
from napari_deep_prior.core.run.validation import check_plane
from napari_deep_prior.core.solver.ensemble import Ensemble
from napari_deep_prior.core.solver.solver import Solver
from napari_deep_prior.core.stopping.rules import BY_RULE, NeverStop
from napari_deep_prior.core.tasks import AbstractTask

CHECK = 10
"""Steps between two looks at the numbers. Between them nothing is read back from the device."""

_HEALTH = 10 * CHECK
"""Steps between two full copies of the state to come back to."""

_MEMORY = 256 * 2**20
"""Bytes that all these copies together may take; when there are more, they are thinned out evenly."""

_FALLS = 3
"""How often a diverged fit is set back before it is given up."""


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
    masks
        What the task says of the plane's pixels.
    noise
        What was measured of the image's noise, or of the first plane's of its stack.
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
        masks: Masks,
        recipe: Config,
        device: Device,
        *,
        seed: int,
        noise: NoiseEstimate | None = None,
        before: PlaneFit | None = None,
        replay: Replay | None = None,
    ) -> None:
        self.number, self.index, self.recipe = number, index, recipe
        self.seconds = 0.0
        self.curve: list[CurvePoint] = []
        self.reason: StopReason | None = None
        self._axes, self._replay = axes, replay
        self._observed = axes.to_cyx(plane)
        known, noisy, self._kept_pixels = masks.known, masks.noisy, masks.kept
        check_plane(self._observed, known)
        self._scaling = Scaling.of(self._observed, known, together="S" in axes.letters)
        if (floor := task.lower_bound()) is not None:
            self._scaling = self._scaling.down_to(floor)
        tensor = self._scaling.to_tensor(np.where(known, self._observed, self._scaling.offset))
        grain = NoiseModel(noise, self._scaling) if noise is not None and noise.sigma else None
        common: dict[str, Any] = {"grain": grain, "hold_out_seed": seed + 3 + number}
        seeds = range(seed, seed + recipe.seeds)
        self._descent = Ensemble(seeds, lambda s: Solver(tensor, masks, task, recipe, device, seed=s, **common))
        self._held_out = float(self._descent.held_out.mean() / known.mean())
        split = recipe.method == "recorrupted"  # what is held out of a split image is seen all the same
        invented = (~known | (self._descent.held_out & (not split))) & ~self._kept_pixels
        wanted = task.output_shape(known.shape)  # of finer pixels none was measured
        self.invented = invented if wanted == known.shape else np.ones(wanted, np.bool_)
        shows_noise = grain and grain.expected_loss and task.misfit(grain).shows_noise
        self._noise = (
            grain.expected_loss * float(noisy.mean()) if grain and grain.expected_loss and shows_noise else None
        )
        self._grain = grain if recipe.method in ("masked", "recorrupted") and wanted == known.shape else None
        if before is not None and before._observed.shape == self._observed.shape:
            self._descent.start_from(before._descent)
        self._first_budget = self._budget = Budget(
            iterations=replay.iterations if replay else recipe.iterations,
            seconds=math.inf if replay else recipe.seconds,
        )
        steps = replay.planned if replay else recipe.iterations if recipe.iterations < UNLIMITED else None
        self._plan = CosineSchedule(steps if recipe.falls else None, self._budget.seconds if recipe.falls else math.inf)
        unwatched = recipe.method == "code" and self._held_out == 0 and recipe.rule.watches == "held-out"
        self._watch = (NeverStop() if unwatched else recipe.rule).start()
        self._kept: BestResult | None = None
        begun = self._descent.held_out_loss() if self._descent.begun and not unwatched else None
        if begun is not None and self._watch(0, begun).keep:
            self._kept = BestResult(0, self._descent.begun_with_all(), self._descent.deviation)
        self._falls = 0
        self._past = Checkpoints(max(3, min(64, _MEMORY // self._descent.size)))
        self._remember()
        self._checked = 0
        self._obeys = replay is None  # whether the rule may end the fit

    @property
    def iteration(self) -> int:
        """Steps taken."""
        return self._descent.iteration

    def advance(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Run for about `seconds`, or until the fit ends; `reason` then says why. Always takes at least one step."""
        self.reason = None
        started, before = time.perf_counter(), self.seconds
        while True:
            self._descent.step(
                schedule.learning_rate_factor(self.iteration, self._plan.scheduled_steps) if self.recipe.falls else 1.0
            )
            self.seconds = before + time.perf_counter() - started
            self._plan.calibrate(self.iteration, self.seconds)
            if self.iteration % CHECK == 0 or (self._replay and self.iteration == self._replay.chosen):
                self.reason = self._check()
            requested = StopReason.REQUESTED if stopping() else None
            self.reason = self.reason or requested or self._budget.used_up(self.iteration, self.seconds)
            if self.reason is not None or time.perf_counter() - started >= seconds:
                break
        if self.reason is not None and self._checked < self.iteration and self._check() is StopReason.DIVERGED:
            self.reason = StopReason.DIVERGED

    def extend(self, iterations: int | None, seconds: float | None) -> None:
        """A further budget: as given, or where neither is, as much as at the beginning.

        Where the rule had ended the fit it is overruled, and the budget used up; the best result is still the one kept.
        """
        self._budget = self._first_budget.further(iterations, seconds).since(self.iteration, self.seconds)
        self._obeys = self._obeys and self.reason not in BY_RULE
        self.reason = None

    def _check(self) -> StopReason | None:
        """Look at the numbers: guard against divergence, ask the rule, keep what it says, and tell why to stop."""
        descent = self._descent
        self._checked = self.iteration
        if descent.diverged():
            return self._fall_back()
        loss, held_out = descent.loss(), descent.held_out_loss()
        self.curve.append(CurvePoint(iteration=self.iteration, seconds=self.seconds, loss=loss, held_out=held_out))
        verdict = self._watch(self.iteration, descent.watched())
        if self.iteration == self._replay.chosen if self._replay else verdict.keep:
            self._kept = BestResult(self.iteration, descent.image, descent.deviation)
        if self.iteration % _HEALTH == 0:
            self._remember()
        return verdict.stop if self._obeys else None

    def _fall_back(self) -> StopReason | None:
        """Set everything back to the last healthy moment; give up after a few times."""
        self._falls += 1
        self._descent.load(self._past.newest()[1][0])
        if self._falls <= _FALLS:
            return None
        if self._kept is None:
            raise Diverged(
                f"The fit became unstable at step {self.iteration} and there is nothing to keep. "
                "Lower the learning rate, or choose precision float32."
            )
        return StopReason.DIVERGED

    def _remember(self) -> None:
        """A full copy of the present state, to fall back on and to go back to."""
        own = (copy.deepcopy(self._watch), self._kept, self._falls, self.seconds, len(self.curve))
        self._past.add(self.iteration, (self._descent.state(), own))

    def rewind(self, iteration: int) -> None:
        """Back to the last remembered moment at or before a step; from there the same steps follow as then."""
        self._checked, (state, own) = self._past.newest(iteration)
        self._descent.rewind(state)
        watch, self._kept, self._falls, self.seconds, points = own
        self._watch, self.reason = copy.deepcopy(watch), None
        del self.curve[points:]

    def picture(self, *, best: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Image and uncertainty in the caller's units and axis order: of the kept moment, or of the newest."""
        moment = (self._kept if best else None) or BestResult(
            self.iteration, self._descent.image, self._descent.deviation
        )
        # A start has no spread of its own: how far what the network drew lies from it says where it is in doubt.
        spread = moment.deviation if moment.iteration else (self._descent.image - moment.image).abs()
        if moment.iteration and self._descent.begun and self.recipe.method == "redegraded":
            spread = spread.hypot(self._descent.begun_with_all() - moment.image)
        restored, deviation = self._scaling.to_units(moment.image), self._scaling.deviation_to_units(spread)
        deviation = self._grain.total_std(restored, deviation) if self._grain else deviation
        if self._kept_pixels.any():  # never where the result's grid is another
            restored = np.where(self._kept_pixels, self._observed, restored).astype(np.float32)
            deviation = np.where(self._kept_pixels, np.float32(0), deviation)
        return self._axes.from_cyx(restored), self._axes.from_cyx(deviation)

    def snapshot(self, image: NDArray[np.float32], uncertainty: NDArray[np.float32], planes: int) -> Snapshot:
        """What is reached at the moment, with a picture to show, as one of `planes`."""
        point = self.curve[-1] if self.curve else None
        return Snapshot(
            plane=self.number,
            planes=planes,
            index=self.index,
            iteration=self.iteration,
            iterations_left=0 if self.reason else self._budget.left(self.iteration, self.seconds),
            seconds=self.seconds,
            loss=point.loss if point else math.nan,
            held_out=point.held_out if point else None,
            image=image,
            uncertainty=uncertainty,
            shown=self._kept.iteration if self._kept and self.reason else self.iteration,
            kept=self._kept.iteration if self._kept else None,
            noise=self._noise,
        )

    def report(self) -> PlaneReport:
        """How it went."""
        return PlaneReport(
            plane=self.number,
            iterations=self.iteration,
            chosen=self._kept.iteration if self._kept else self.iteration,
            seconds=round(self.seconds, 3),
            invented=float(self.invented.mean()),
            reason=(self.reason or StopReason.REQUESTED).name,
            method=self.recipe.method,
            planned=self._plan.scheduled_steps,
            notes=self.recipe.notes + tuple(self._own_notes()),
            curve=tuple(self.curve),
        )

    def _own_notes(self) -> Iterator[str]:
        yield f"planned with about {self._descent.memory / 1e9:.2g} GB of memory"
        if self._kept and self._kept.iteration == 0:
            yield "the start is the result: on the pixels kept out of the fit, nothing that the network drew was clearly better"
        if self._falls:
            yield f"set back {self._falls} times after a jump"
        if self._held_out:
            side, out_of = self.recipe.block, "loss" if self.recipe.method == "recorrupted" else "fit"
            yield f"{self._held_out:.1%} of the known pixels, in blocks of {side} x {side}, were kept out of the {out_of}"
