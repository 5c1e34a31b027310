"""PlaneFit: the control of one plane's fit: budget, stopping rule, divergence guard."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.optimisation import schedule
from napari_deep_prior.core.results import CurvePoint, PlaneReport, PlannedSteps, Snapshot, StopReason
from napari_deep_prior.core.run.budget import Budget, schedule_of
from napari_deep_prior.core.run.mixing.partner import partner_of
from napari_deep_prior.core.run.plan import Plan
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.presentation import Picture, Presentation
from napari_deep_prior.core.run.recovery import BestResult, Checkpoints, PlaneState, unstable
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.choice import solver_for
from napari_deep_prior.core.solver.ensemble import Ensemble
from napari_deep_prior.core.solver.plane_solver import PlaneSolver
from napari_deep_prior.core.stopping.rules import BY_RULE

CHECK, _CHECKPOINT = 10, 100
"""Steps between two looks at the numbers, between which nothing is read back from the device, and two copies of the state."""

_MAX_SETBACKS = 3
"""How often a diverged fit is set back before it is given up."""


class PlaneFit:
    """The fit of one plane.

    Parameters
    ----------
    plane, plan
        The plane and what is known of it, and how it is fitted.
    seed, clock
        Of the first member of the ensemble; what tells the time.
    replay
        A recorded fit to repeat, without budget.
    """

    def __init__(
        self,
        plane: PreparedPlane,
        plan: Plan,
        *,
        seed: int,
        replay: PlannedSteps | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.plane, self._plan = plane, plan
        self.seconds, self.curve = 0.0, list[CurvePoint]()
        self.reason: StopReason | None = None
        self._replay, self._clock = replay, clock
        self.solver = Ensemble(plan.config.ensemble_size, lambda member: self._member(seed, member))
        self._presentation = Presentation(
            plane=plane, method=plan.method, solver=self.solver, unmeasured=plane.least_uncertainty()
        )
        self._partner, config = partner_of(plane, plan, replay, clock)
        self._mixed: BestResult | None = None
        self._first_budget = self._budget = Budget.of(config, replay)
        self._schedule = schedule_of(config, replay)
        self._watch = self.solver.hold_out.rule.start()
        self._best = self._judged_start()
        self._setbacks, self._checked = 0, 0
        self._checkpoints = Checkpoints.of_size(self.solver.size)
        self._checkpoints.add(self._state())
        self._obeys = replay is None  # whether the rule may end the fit

    def _member(self, seed: int, member: int) -> PlaneSolver:
        device, plan = self.plane.device, self._plan
        chance = Chance.of(seed, plane=self.number, member=member, device=device.torch)
        return solver_for(self.plane.observation(), plan.method, plan.config, plan.criterion, device, chance)

    def _judged_start(self) -> BestResult | None:
        """The estimate the fit starts from, where it can be judged: the fit has to surpass it."""
        error = self.solver.held_out_loss() if self.solver.has_estimate else None
        if error is None or not self._watch(0, error).keep:
            return None
        return BestResult(0, self.solver.full_estimate(), self.solver.deviation)

    def learn_from(self, observations: Sequence[Observation]) -> None:
        """Learn from further pieces of the data, for a network that is to draw all of them."""
        self.solver.learn_from(observations)

    def frozen_networks(self) -> tuple[int, list[torch.nn.Module]]:
        """The networks as they draw any piece of the data, and after which step: the last, or where that was worse, the one kept."""
        best, newest = self._best, self.iteration
        kept = best is not None and best.iteration < newest and (self._replay or self.reason in BY_RULE)
        state = self._checkpoints.before(best.iteration) if kept and best is not None else None
        if state is None or best is None or state["iteration"] < best.iteration / 2:
            return newest, self.solver.frozen_networks()
        present = self.solver.state_dict()
        self.solver.load_state_dict(state["solver"])
        networks = self.solver.frozen_networks()
        self.solver.load_state_dict(present)
        return int(state["iteration"]), networks

    @property
    def number(self) -> int:
        """Which piece of the image it is."""
        return self.plane.piece.number

    @property
    def iteration(self) -> int:
        """Steps taken."""
        return self.solver.iteration

    @property
    def invented(self) -> NDArray[np.bool_]:
        """Where no measurement stands behind the result, ([z,] y, x)."""
        return self._presentation.invented()

    def advance(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Run for about `seconds`, or until the fit ends; `reason` then says why. Always takes at least one step."""
        self.reason = self._mixed = None
        started, before = self._clock(), self.seconds
        while True:
            self.solver.step(self._learning_rate_factor())
            self.seconds = before + self._clock() - started
            self._schedule.calibrate(self.iteration, self.seconds)
            requested = StopReason.REQUESTED if stopping() else None  # at the last step it changes nothing
            self.reason = self._judged() or self._budget.exhausted_by(self.iteration, self.seconds) or requested
            if self.reason is not None or self._clock() - started >= seconds:
                break
        if self.reason is not None:
            self._settle(self.reason)

    def _settle(self, reason: StopReason) -> None:
        """The end: the numbers are looked at once more, and what is kept is mixed with the partner's result."""
        if self._checked < self.iteration and self._check() is StopReason.DIVERGED:
            self.reason = StopReason.DIVERGED
        if self._partner is not None and reason is not StopReason.REQUESTED:
            mixed = self._partner.mix(self._best or self._newest(), self.solver)
            self._mixed = mixed if mixed.finite else None
        if not (self._best or self._newest()).finite:
            raise unstable(self.iteration)

    def _judged(self) -> StopReason | None:
        """Why the numbers end the fit after this step; they are looked at from time to time."""
        due = self.iteration % CHECK == 0 or (self._replay and self.iteration == self._replay.chosen)
        return self._check() if due else None

    def _learning_rate_factor(self) -> float:
        if not self._plan.config.anneal:
            return 1.0
        return schedule.learning_rate_factor(self.iteration, self._schedule.scheduled_steps)

    def extend(self, iterations: int | None, seconds: float | None, back_to: int | None = None) -> None:
        """A further budget: as given, or where neither is, as much as at the beginning.

        Where the rule had ended the fit it is overruled, and the budget used up; the best result is still the one kept.
        `back_to` goes back to that step first, by the same steps as then from the last remembered one; these do not count.
        """
        if back_to is not None:
            self.rewind(back_to)
            iterations = None if iterations is None else iterations + max(0, back_to - self.iteration)
        self._budget = self._first_budget.renewed(iterations, seconds).shifted(self.iteration, self.seconds)
        self._obeys = self._obeys and self.reason not in BY_RULE
        self.reason = self._mixed = None

    def _check(self) -> StopReason | None:
        """Look at the numbers: guard against divergence, ask the rule, keep what it says, and tell why to stop."""
        solver = self.solver
        self._checked = self.iteration
        if solver.diverged():
            return self._set_back()
        loss, held_out = solver.loss(), solver.held_out_loss()
        self.curve.append(CurvePoint(iteration=self.iteration, seconds=self.seconds, loss=loss, held_out=held_out))
        verdict = self._watch(self.iteration, solver.watched())
        if self.iteration == self._replay.chosen if self._replay else verdict.keep:
            self._best = self._newest()
        if self.iteration % _CHECKPOINT == 0:
            self._checkpoints.add(self._state())
        return verdict.stop if self._obeys else None

    def _set_back(self) -> StopReason | None:
        """Set everything back to the last checkpoint; give up after a few times."""
        self._setbacks += 1
        self.solver.recover(self._checkpoints.newest()["solver"])
        if self._setbacks <= _MAX_SETBACKS:
            return None
        if self._best is None:
            raise unstable(self.iteration)
        return StopReason.DIVERGED

    def _newest(self) -> BestResult:
        return BestResult(self.iteration, self.solver.image, self.solver.deviation)

    def _state(self) -> PlaneState:
        return PlaneState(
            iteration=self.iteration,
            solver=self.solver.state_dict(),
            watch=self._watch.state_dict(),
            best=None if self._best is None else self._best.state_dict(),
            setbacks=self._setbacks,
            seconds=self.seconds,
            checked=self._checked,
            curve_points=len(self.curve),
        )

    def state_dict(self) -> dict[str, Any]:
        """All that has been reached, with the first and the newest checkpoint: tensors, numbers and text."""
        return {
            "now": self._state(),
            "checkpoints": self._checkpoints.state_dict(),
            "curve": [dataclasses.asdict(point) for point in self.curve],
            "budget": {"iterations": self._budget.iterations, "seconds": self._budget.seconds},
            "schedule": self._schedule.state_dict(),
            "reason": None if self.reason is None else self.reason.name,
            "obeys": self._obeys,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another fit of the same plane by the same plan was."""
        self.curve = [CurvePoint(**point) for point in state["curve"]]
        self._return_to(state["now"])
        self._checkpoints.load_state_dict(state["checkpoints"])
        self._budget = dataclasses.replace(self._budget, **state["budget"])
        self._schedule.load_state_dict(state["schedule"])
        self.reason = None if state["reason"] is None else StopReason[state["reason"]]
        self._obeys = state["obeys"]

    def rewind(self, iteration: int) -> None:
        """Back to the last checkpoint at or before a step; from there the same steps follow as then."""
        self._return_to(self._checkpoints.newest(iteration))
        self.reason = self._mixed = None

    def _return_to(self, state: PlaneState) -> None:
        with self.plane.device.engaged():  # a sampler may compute images anew
            self.solver.load_state_dict(state["solver"])
        self._watch.load_state_dict(state["watch"])
        best = state["best"]
        self._best = None if best is None else BestResult.from_state(best, self.plane.device.torch)
        self._setbacks, self._checked, self.seconds = state["setbacks"], state["checked"], state["seconds"]
        del self.curve[state["curve_points"] :]

    def picture(self, *, best: bool) -> Picture:
        """Image and uncertainty in the caller's units and axis order: of the best result, or of the newest."""
        return self._presentation.picture(((self._mixed or self._best) if best else None) or self._newest())

    def snapshot(self, picture: Picture, planes: int) -> Snapshot:
        """What is reached now, with a picture to show, as one of `planes`."""
        point, best = self.curve[-1] if self.curve else None, self._mixed or self._best
        return Snapshot(
            plane=self.number,
            planes=planes,
            index=self.plane.piece.index,
            iteration=self.iteration,
            iterations_left=0 if self.reason else self._budget.remaining(self.iteration, self.seconds),
            seconds=self.seconds,
            loss=point.loss if point else math.nan,
            held_out=point.held_out if point else None,
            image=picture[0],
            uncertainty=picture[1],
            shown=best.iteration if best and self.reason else self.iteration,
            kept=best.iteration if best else None,
            noise=self.plane.expected_loss,
            shares=best.shares if best else (),
            bands=best.bands if best else (),
        )

    def report(self) -> PlaneReport:
        """How it went."""
        best = self._mixed or self._best
        return PlaneReport(
            plane=self.number,
            iterations=self.iteration,
            chosen=best.iteration if best else self.iteration,
            seconds=round(self.seconds, 3),
            invented=float(self.invented.mean()),
            reason=(self.reason or StopReason.REQUESTED).name,
            method=self._plan.method.name,
            scheduled_steps=self._schedule.scheduled_steps,
            noise=self.plane.noise.found() if self.plane.noise else None,
            notes=self._plan.notes + tuple(self._notes()),
            curve=tuple(self.curve),
            **(best.mixture if best else {}),
        )

    def _notes(self) -> Iterator[str]:
        yield f"planned with about {self.solver.memory / 1e9:.2g} GB of memory"
        if self._best and self._best.iteration == 0:
            yield "the start is the result: on the pixels kept out of the fit, nothing that the network drew was clearly better"
        if self._setbacks:
            yield f"set back {self._setbacks} times after a jump"
        yield from self.solver.hold_out.notes()
        yield from self._partner.notes(self._mixed) if self._partner else ()
