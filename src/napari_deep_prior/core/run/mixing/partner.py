"""Partner: the result of a method without a network, with which that of a fit is mixed where the image says it gains."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.results import PlannedSteps
from napari_deep_prior.core.run.plan import Plan
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.recovery import BestResult
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.ensemble import Ensemble
from napari_deep_prior.core.solver.mixture import Mixture, Part, mixed

RESERVED = 1 / 3
"""Share of a time budget that is kept for it."""

_MOST = 1 / 2
"""Share of a time budget beyond which it is left out."""


_IMPLAUSIBLE = 10.0
"""Estimated gain over the fit, in units of the noise's variance, above which the noise was measured wrongly: where only a part of the
image is noisy, the clean part is taken for all of it, and the noisy image for its own best estimate."""


class Partner:
    """What a method without a network makes of the plane of a fit.

    Parameters
    ----------
    plane
        The plane.
    method
        The method.
    seconds
        The time budget of the whole, of which this may take a part.
    clock
        Tells the time in seconds.
    recorded
        The share of the fit as a record tells it; None: it is to be found out.
    """

    def __init__(
        self, plane: PreparedPlane, method: ClosedFormMethod, seconds: float, clock: Clock, recorded: float | None
    ) -> None:
        self._observation = plane.observation()
        self._solver = ClosedFormSolver(self._observation, method, Config(iterations=1), plane.device)
        self._seconds, self._clock = seconds, clock
        self._name, self._recorded = method.name, recorded
        self._found: Mixture | None = None

    def mix(self, best: BestResult, fit: Ensemble) -> BestResult:
        """The kept result of a fit mixed with this one's, by a recorded share of the fit or by the one that the image says."""
        share = self._decided(best, fit) if self._recorded is None else self._recorded
        if share is None:
            return best
        self._compute()
        image = share * best.image + (1 - share) * self._solver.image
        deviation = share * best.deviation + (1 - share) * self._solver.deviation
        return BestResult(best.iteration, image, deviation, share, self._name)

    def _decided(self, best: BestResult, fit: Ensemble) -> float | None:
        """The share of the fit; None where finding it out would take too long, or nothing sensible comes out."""
        began = self._clock()
        part = Part.of(self._solver)
        if (self._clock() - began) * self._observation.image[0, 0].numel() / part.pixels > _MOST * self._seconds:
            return None
        self._compute()
        if self._solver.diverged():
            return None
        found = mixed(best.image, fit, self._solver, part, self._observation)
        if not math.isfinite(found.share) or found.gain_on_first > _IMPLAUSIBLE:
            return None
        self._found = found
        return found.share

    def _compute(self) -> None:
        if not self._solver.iteration:
            self._solver.step()

    def notes(self, result: BestResult | None) -> Iterator[str]:
        """What was decided, in words for the record, where the result is mixed."""
        if result is None or result.share is None:
            return
        share, name = result.share, self._name
        yield f"mixed with {name}: {share:.0%} of the fit and {1 - share:.0%} of {name}"
        if self._found is not None:
            first, second = (_signed(gain) for gain in (self._found.gain_on_first, self._found.gain_on_second))
            yield f"estimated squared error, in units of the noise's variance: {first} than of the fit, {second} than of {name}"


def partner_of(
    plane: PreparedPlane, plan: Plan, replay: PlannedSteps | None, clock: Clock
) -> tuple[Partner | None, Config]:
    """The partner of a fit, None where it has none, and the numbers of the fit with the time that is left to it."""
    config = plan.config
    if plan.partner is None or (replay is not None and replay.share is None):
        return None, config
    left = dataclasses.replace(config, seconds=config.seconds * (1 - RESERVED))
    return Partner(plane, plan.partner, config.seconds, clock, replay.share if replay else None), left


def _signed(gain: float) -> str:
    return f"{abs(gain):.1%} {'less' if gain >= 0 else 'more'}"
