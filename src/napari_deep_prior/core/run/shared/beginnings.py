"""Beginnings: what is decided once for all planes of a stack, and the fit or drawing of each that begins from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from napari_deep_prior.core.results import PlannedSteps
from napari_deep_prior.core.run.plan import Plan, plan_for
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.shared.share import OneNetwork, share
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.settings import Settings


class Beginnings:
    """The plan for all planes, and the network they may share.

    Parameters
    ----------
    pieces, settings
        The planes, and how to fit.
    replay
        Per plane, the steps that a record tells.
    clock
        Tells the time in seconds.

    Attributes
    ----------
    pieces, clock
        As given.
    shared
        The network for all planes; None where each has its own, or nothing is decided yet.
    first
        Number of the plane from which on all was decided; None: nothing is.
    """

    def __init__(
        self,
        pieces: Pieces,
        settings: Settings,
        *,
        replay: Sequence[PlannedSteps] | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.pieces, self._settings, self._replay, self.clock = pieces, settings, replay, clock
        self._plan: Plan | None = None
        self.shared: OneNetwork | None = None
        self.first: int | None = None

    def decide(self, first: Seen) -> PlaneFit | Drawing | None:
        """Decide, from the first plane that is to be restored on; what a network for all planes begins with, if there is one."""
        number = first.piece.number
        lead = self.pieces.leading(first)  # so that the order of the planes changes nothing
        plan = plan_for(lead.task, self._settings, lead.varied, lead.masks, noise=lead.noise)
        replay = self._steps(number)
        self.shared = share(self.pieces, first, plan, self._settings, replay=replay, clock=self.clock)
        self._plan, self.first = plan, number
        return None if self.shared is None else self.shared.begin()

    def begin(self, seen: Seen) -> PlaneFit | Drawing:
        """The drawing of a plane by the network that has learnt, or a fit of its own."""
        assert self._plan is not None
        if self.shared is not None and self.shared.fits(seen):
            return self.shared.draw(seen, self._steps(seen.piece.number))
        plan = self._plan.for_plane(seen.task, seen.varied, seen.masks, seen.noise)
        prepared, replay = self.pieces.prepare(seen, plan.noise), self._steps(seen.piece.number)
        return PlaneFit(prepared, plan, seed=self._settings.seed, replay=replay, clock=self.clock)

    def reads(self, number: int) -> list[int]:
        """Numbers of the planes that are read to restore one, once all is decided."""
        return [number] if self.shared is None else self.shared.reads(number)

    @property
    def draws_nothing(self) -> bool:
        """Whether a record tells that the run was stopped while its network learnt."""
        steps = None if self.first is None else self._steps(self.first)
        return steps is not None and steps.drawings == 0

    def _steps(self, number: int) -> PlannedSteps | None:
        return None if self._replay is None else self._replay[self.pieces.stack.turn(number)]

    def first_seen(self) -> Seen:
        """The first plane of the stack with something to restore, whichever planes are to be restored.

        Raises
        ------
        ValueError
            If there is none.
        """
        why = ""
        for number in range(len(self.pieces.stack.indices)):
            seen = self.pieces.see(number, in_turn=False)
            if not isinstance(seen, str):
                return seen
            why = seen
        raise ValueError(f"There is nothing to restore in this image: {why}.")

    def learnt(self) -> dict[str, Any]:
        """What another process needs to restore planes of the same stack to the same bits: tensors, numbers and text."""
        shared = self.shared
        sentences = () if shared is None else shared.sentences
        return {
            "first": self.first,
            "sentences": list(sentences),
            "shared": None if shared is None else shared.learnt(),
        }

    def take_over(self, learnt: dict[str, Any]) -> None:
        """Restore planes by what another process has decided and learnt.

        Raises
        ------
        ValueError
            If this stack is not the one it learnt from.
        """
        seen = self.pieces.see(learnt["first"], in_turn=False)
        if isinstance(seen, str):
            raise ValueError("The image is not the one the network learnt from: its first plane is another one.")
        self.decide(seen)
        if (self.shared is None) != (learnt["shared"] is None):
            raise ValueError("The image is not the one the network learnt from: its noise suits another method.")
        if self.shared is not None:
            self.shared.take_over(learnt["shared"])
