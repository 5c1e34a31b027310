"""Partner: the result of a method without a network, with which that of a fit is mixed where the image says it gains."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.results import PlannedSteps
from napari_deep_prior.core.run.mixing import bands
from napari_deep_prior.core.run.mixing.comparison import Part, weighted_mean
from napari_deep_prior.core.run.mixing.featureless import flattened, in_words
from napari_deep_prior.core.run.mixing.mixture import Mixture, mixed, shares_at
from napari_deep_prior.core.run.plan import Plan
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.recovery import BestResult
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.ensemble import Ensemble

RESERVED = 1 / 3
"""Share of a time budget that is kept for it."""

MOST = 1 / 2
"""Share of a time budget beyond which it is left out."""


IMPLAUSIBLE = 10.0
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
        What a record tells of the mixture; None: it is to be found out.
    """

    def __init__(
        self,
        plane: PreparedPlane,
        method: ClosedFormMethod,
        seconds: float,
        clock: Clock,
        recorded: PlannedSteps | None,
    ) -> None:
        self._observation = plane.observation()
        constant = np.zeros(self._observation.channels, np.bool_) if plane.flat is None else plane.flat
        self._channels, self._all_channels = np.flatnonzero(~constant).tolist(), constant.size
        self._solver = ClosedFormSolver(self._observation, method, Config(iterations=1), plane.device)
        self._seconds, self._clock = seconds, clock
        self._name, self._recorded = method.name, recorded
        self._found: Mixture | None = None

    def mix(self, best: BestResult, fit: Ensemble) -> BestResult:
        """The kept result of a fit mixed with this one's, by recorded shares of the fit or by those that the image says."""
        told = self._recorded or self._decided(best, fit)
        if told is None:
            return best
        self._compute()
        share = shares_at(told.shares, self._observation)
        image = weighted_mean(share, best.image, self._solver.image)
        deviation = weighted_mean(share, best.deviation, self._solver.deviation)
        if told.bands:
            noise = self._observation.noise
            image = bands.expanded(image, told.bands, noise.places(image.device) if noise else [torch.ones(1)])
        mixed = BestResult(best.iteration, image, deviation, told.shares, told.bands, self._name, told.error)
        return flattened(mixed, self._observation, self._channels)

    def _decided(self, best: BestResult, fit: Ensemble) -> Mixture | None:
        """What the image says; None where finding it out would take too long, or nothing sensible comes out."""
        began = self._clock()
        part = Part.of(self._solver)
        if (self._clock() - began) * self._observation.image[0, 0].numel() / part.pixels > MOST * self._seconds:
            return None
        self._compute()
        if self._solver.diverged():
            return None
        found = mixed(best.image, fit, self._solver, part, self._observation)
        if not all(map(math.isfinite, found.shares)) or found.gain_on_first > IMPLAUSIBLE:
            return None
        self._found = found
        return found

    def _compute(self) -> None:
        if not self._solver.iteration:
            self._solver.step()

    def notes(self, result: BestResult | None) -> Iterator[str]:
        """What was decided, in words for the record, where the result is mixed."""
        if result is None or not result.shares:
            return
        yield shares_in_words(result.shares, self._name)
        yield from bands.in_words(result.bands)
        if self._found is not None:
            yield gains_in_words(self._found, self._name)
        yield from in_words(result.featureless, self._all_channels)


def partner_of(
    plane: PreparedPlane, plan: Plan, replay: PlannedSteps | None, clock: Clock
) -> tuple[Partner | None, Config]:
    """The partner of a fit, None where it has none, and the numbers of the fit with the time that is left to it."""
    config = plan.config
    if plan.partner is None or (replay is not None and not replay.shares):
        return None, config
    left = dataclasses.replace(config, seconds=config.seconds * (1 - RESERVED))
    return Partner(plane, plan.partner, config.seconds, clock, replay), left


def shares_in_words(shares: Sequence[float], name: str, result: str = "fit") -> str:
    """How much of a `result` and of that of the method `name` is in their mixture, for each of the strengths of the noise."""
    first, *stronger = shares
    told = f"mixed with {name}: {first:.0%} of the {result} and {1 - first:.0%} of {name}"
    if stronger:
        told += f" where the noise is weakest; {', '.join(f'{share:.0%}' for share in stronger)} of the {result} where it is stronger"
    return told


def gains_in_words(found: Mixture, name: str, result: str = "fit") -> str:
    """By how much the mixture is thought to be better than each alone."""
    first, second = (_signed(gain) for gain in (found.gain_on_first, found.gain_on_second))
    return f"estimated squared error, in units of the noise's variance: {first} than of the {result}, {second} than of {name}"


def _signed(gain: float) -> str:
    return f"{abs(gain):.1%} {'less' if gain >= 0 else 'more'}"
