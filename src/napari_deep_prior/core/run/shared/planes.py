"""Planes of a stack as its one network is shown them: with their noise and neighbours, on scales that go together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.regions import spread
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.run.plan import Plan
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.shared.context import Context
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen

_LEAST_RANGE = 0.25
"""A plane is scaled by no less than this fraction of the largest range: where nothing is in focus, noise is not stretched to a picture."""


LARGE = 2**21
"""Pixels above which a plane is learnt from in parts, and drawn in tiles."""

MIXED_WHOLE = 2**22
"""Pixels up to which all of a plane, that of a usual camera, is mixed with another result: 1.5 GB and half a minute for NL-Ridge."""

PARTS, SIDE = 16, 512
"""Number of parts of all large planes together, about, and their side in pixels."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanesToDraw:
    """Prepares the planes of one stack for a network.

    Attributes
    ----------
    pieces, plan, context
        The planes, how they are restored, and which neighbours they are shown with.
    blanks
        Neighbours that the network has a place for, where none are shown.
    least_gain
        Grey values of a unit of the tensor, at least, for each channel.
    """

    pieces: Pieces
    plan: Plan
    context: Context
    blanks: int = 0
    least_gain: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls, looked_at: Sequence[Seen], pieces: Pieces, plan: Plan, context: Context, blanks: int = 0
    ) -> tuple[PlanesToDraw, list[PreparedPlane]]:
        """With scales that go together with those of the planes that were looked at; and these, prepared."""
        own = cls(pieces=pieces, plan=plan, context=context, blanks=blanks)
        planes = [own.prepared(seen) for seen in looked_at]
        gain = _LEAST_RANGE * np.max([plane.scaling.gain for plane in planes], axis=0)
        return dataclasses.replace(own, least_gain=gain), [plane.scaled_no_finer_than(gain) for plane in planes]

    def reads(self, number: int) -> list[int]:
        """Numbers of the planes that are read to prepare one."""
        return sorted({number, *self.context.numbers(self.pieces, number)})

    def prepared(self, seen: Seen) -> PreparedPlane:
        """A plane with its own noise, or the plan's where none can be measured in it."""
        noise = self.plan.for_plane(seen.task, seen.varied, seen.masks, seen.noise).noise
        beside = self.context.beside(self.pieces, seen) or (np.zeros_like(seen.varied),) * self.blanks
        plane = dataclasses.replace(self.pieces.prepare(seen, noise), context=beside)
        return plane if self.least_gain is None else plane.scaled_no_finer_than(self.least_gain)


def is_large(shape: Sequence[int]) -> bool:
    """Whether a plane of this ([z,] y, x) is learnt from in parts, and drawn in tiles."""
    return math.prod(shape) > LARGE


def is_mixed_whole(shape: Sequence[int]) -> bool:
    """Whether a plane of this (y, x) can be mixed with the result of another method: that sees all of it at once."""
    return math.prod(shape) <= MIXED_WHOLE


def shared_partner(partner: ClosedFormMethod | None) -> ClosedFormMethod | None:
    """What the drawings of planes are mixed with: with fewer computations."""
    return None if partner is None else partner.quick()


def refusal_to_share(pieces: Pieces, first: Seen, plan: Plan) -> str | None:
    """Why no network can be shared, in words; None: one can."""
    if plan.method.shared(plan.config) is None:
        return f"method {plan.method.name} fits each plane for itself"
    physics = pieces.prepare(first, plan.noise).observation().physics
    if any(True for _ in physics.parameters()):
        return "what the instrument did is unknown and fitted for each plane"
    return None


def parts_of(plane: PreparedPlane, number: int) -> list[PreparedPlane]:
    """What is learnt from of a plane: all of it, or of a large one some parts, the one nearest to its middle first."""
    shape = plane.pixels.shape[1:]
    if not is_large(shape):
        return [plane]
    regions = spread(shape, SIDE, number)
    regions.insert(0, regions.pop(len(regions) // 2))
    return [plane.part(region) for region in regions]
