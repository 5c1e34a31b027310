"""AppliedNetwork: a kept network that draws the planes of another image, without a fit."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from napari_deep_prior.core.data.neighbours import context_axis
from napari_deep_prior.core.methods._image import ImageConfig
from napari_deep_prior.core.methods._network import NetworkMethod
from napari_deep_prior.core.results import Fingerprint, PlaneReport, PlannedSteps, StopReason
from napari_deep_prior.core.run.mixing.common_share import mixture_with
from napari_deep_prior.core.run.plan import Plan, plan_for
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.provenance import Origin
from napari_deep_prior.core.run.shared.context import Context, choose_context
from napari_deep_prior.core.run.shared.description import KeptContext
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.hidden_error import COMPARED, hidden_error, in_words
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.shared.planes import (
    PlanesToDraw,
    is_mixed_whole,
    parts_of,
    refusal_to_share,
    shared_partner,
)
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.settings import Settings


class AppliedNetwork:
    """A kept network and the planes of an image that it draws.

    Parameters
    ----------
    kept
        The network.
    pieces
        The planes.
    first
        The one that is drawn first.
    plan
        How the network draws.
    settings
        The seed of the drawings, and whether neighbours are shown.
    replay
        The steps of the first plane as a record tells them.
    clock
        Tells the time in seconds.

    Attributes
    ----------
    learner
        What is no fit: nothing is fitted.
    sentences
        For the record: whether the network fits the image.
    """

    learner: ClassVar[object] = object()

    def __init__(
        self,
        kept: KeptNetwork,
        pieces: Pieces,
        first: Seen,
        plan: Plan,
        settings: Settings,
        *,
        replay: PlannedSteps | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        assert isinstance(plan.method, NetworkMethod)
        assert isinstance(plan.config, ImageConfig)
        about, began = kept.description, clock()
        self._kept, self._seed, self._clock, self._replay = kept, settings.seed, clock, replay
        self._trained = dataclasses.replace(kept.trained(plan.method, plan.config, pieces.device), adapt=plan.adapt)
        as_then = (about.partner is not None) == (plan.partner is not None) and not plan.adapt
        self._student = kept.student(self._trained) if as_then else None
        looked_at = pieces.spread(first, COMPARED) or [first]  # wherever one begins, so that it changes no pixel
        context = _context(about.context, pieces, looked_at, settings)
        self._shows_context = context.reach > 0 and about.context.shown
        self._partner = plan.partner
        self._planes, planes = PlanesToDraw.of(looked_at, pieces, plan, context, about.context.planes)
        self._first = self._planes.prepared(first)
        parts = [parts_of(plane, 1)[0] for plane in planes]
        error = hidden_error(self._trained, parts, seed=self._seed, context=self._shows_context)
        self.sentences = (in_words(error, about.hidden_error),)
        self._report = PlaneReport(
            plane=self._first.piece.number,
            iterations=about.steps,
            chosen=about.steps,
            seconds=clock() - began,
            invented=0.0,
            reason=StopReason.DRAWN.name,
            method=about.method,
            notes=(*context.notes, *self.sentences),
            curve=(),
        )

    def begin(self) -> Drawing:
        """What comes first: the first plane."""
        return self._drawing(self._first, self._replay)

    def reads(self, number: int) -> list[int]:
        """Numbers of the planes that are read to draw one."""
        return self._planes.reads(number)

    def fits(self, seen: Seen) -> bool:
        """Whether a plane has the channels that the network draws."""
        return seen.varied.shape == self._first.pixels.shape

    def draw(self, seen: Seen, steps: PlannedSteps | None = None) -> Drawing:
        """A further plane; `steps` as a record tells them."""
        return self._drawing(self._planes.prepared(seen), steps)

    def _drawing(self, plane: PreparedPlane, steps: PlannedSteps | None) -> Drawing:
        shares = (self._kept.description.share,) if steps is None else steps.shares[:1]
        taught = self._student if steps is None or steps.distilled else None
        mixed = taught is not None or is_mixed_whole(plane.pixels.shape[1:])
        trained = self._trained if steps is None else dataclasses.replace(self._trained, adapt=steps.adapted)
        return Drawing(
            plane,
            taught or trained,
            self._report,
            seed=self._seed,
            context=self._shows_context,
            mixture=mixture_with(self._partner, *shares) if mixed else None,
            most=None if steps is None else steps.drawings,
            clock=self._clock,
        )

    def finish_learning(self) -> Drawing:
        """As `begin`: it has learnt before."""
        return self.begin()

    def learn_on(self) -> PlaneFit:
        """Refused: there is nothing to learn on with.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("The image was drawn by a kept network, which learns no more: there is nothing to go on with.")

    def kept(self, origin: Origin, image: Fingerprint) -> KeptNetwork:
        """The network as it was given."""
        return self._kept

    has_learnt: ClassVar[bool] = True

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the network is given anew."""
        return {}

    def learnt(self) -> dict[str, Any]:
        """Likewise."""
        return {}

    def take_over(self, state: dict[str, Any]) -> None:
        """Likewise."""

    def gone_on(self, state: dict[str, Any]) -> Drawing:
        """As `begin`."""
        return self.begin()


def apply_network(
    kept: KeptNetwork,
    pieces: Pieces,
    first: Seen,
    settings: Settings,
    *,
    replay: PlannedSteps | None = None,
    clock: Clock = time.perf_counter,
) -> AppliedNetwork:
    """A kept network for the stack in which `first` is the first plane with something to restore.

    Raises
    ------
    ValueError
        If it cannot be had for what this plane shows.
    """
    about, channels = kept.description, len(first.varied)
    if channels != about.channels:
        raise ValueError(
            f"The network learnt images of {about.channels} channels. All but {channels} of this one are the same everywhere: leave "
            "the network out, and one learns from this image."
        )
    wanted = dataclasses.replace(settings, method=about.method)
    plan = plan_for(first.task, wanted, first.varied, first.masks, noise=first.noise)
    free = plan_for(first.task, settings, first.varied, first.masks, noise=first.noise).partner
    partner = free if free is not None and free.name == about.partner else None
    plan = dataclasses.replace(plan, partner=shared_partner(partner))
    if refusal := refusal_to_share(pieces, first, plan):
        raise ValueError(f"A kept network cannot be applied: {refusal}. Leave it out.")
    return AppliedNetwork(kept, pieces, first, plan, settings, replay=replay, clock=clock)


def _context(kept: KeptContext, pieces: Pieces, looked_at: Sequence[Seen], settings: Settings) -> Context:
    """The neighbours that the network learnt with, where the image has them; the network draws without them too."""
    if not kept.shown or settings.context == 0:
        return Context()
    along: Literal["T", "Z"] = "T" if kept.letter == "T" else "Z"
    lacking = f"no neighbouring planes are shown: the network learnt with {kept.reach} on each side along {kept.letter}"
    if context_axis(pieces.axes, pieces.stack.image.shape, wanted=along) is None:
        return Context(notes=(lacking,))
    found = choose_context(pieces, looked_at, dataclasses.replace(settings, context=kept.reach, context_axis=along))
    if (found.letter, found.reach) == (kept.letter, kept.reach):
        return found
    return Context(notes=found.notes or (lacking,))
