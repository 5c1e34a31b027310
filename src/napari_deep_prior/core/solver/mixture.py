"""Mixture: two results of one plane, in the share of least estimated error; the image itself decides, not a constant."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Protocol

import torch

from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.random_streams import torch_stream
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver

VARIANCE_UNCERTAINTY = 0.1
"""Relative standard deviation of the noise's variance as measured in one image; see `core.diagnostics.error_estimate`."""

_CHANGE, _SEED = 0.1, 5
"""The image is changed by so much of its noise to see how a result follows, always by the same noise."""

_LEVEL_WIDTH = 2.0
"""Width in pixels of the Gaussian mean at which the strength of the noise is read off."""

_SIDE = 256
"""Pixels a side of the part in which the second result is computed once more."""

_PILED = 0.001
"""Share of pixels at one end of the range from which they count as clipped: they have no noise."""


class Fitted(Protocol):
    """A result, and how it follows what is observed."""

    @property
    def image(self) -> torch.Tensor:
        """The result, (1, c, y, x)."""
        ...

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `PlaneSolver.following`."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What was decided.

    Attributes
    ----------
    share
        Weight of the first result; the second has the rest.
    gain_on_first, gain_on_second
        By how much the estimated mean squared error of the mixture is less than that of each alone, in units of the
        noise's variance.

    All are NaN where the noise is beyond what numbers can hold.
    """

    share: float
    gain_on_first: float
    gain_on_second: float


class Part:
    """The middle of a large image, in which the second result is computed twice; a small image is its own middle."""

    def __init__(self, region: tuple[slice, ...], solver: ClosedFormSolver) -> None:
        self.here: tuple[Any, ...] = (..., *region)
        self.solver = solver

    @classmethod
    def of(cls, whole: ClosedFormSolver) -> Part:
        """That of a solver's plane, computed."""
        shape = whole.image.shape[-2:]
        region = tuple(slice(max(0, n - _SIDE) // 2, max(0, n - _SIDE) // 2 + _SIDE) for n in shape)
        solver = whole.part(region)
        solver.step()
        return cls(region, solver)

    @property
    def pixels(self) -> int:
        """Pixels of it."""
        return self.solver.image[0, 0].numel()


def mixed(first: torch.Tensor, fit: Fitted, second: ClosedFormSolver, part: Part, observation: Observation) -> Mixture:
    """The share of `first` in the mixture with the second result that has the least expected error.

    Parameters
    ----------
    first
        The result of the fit that is kept, (1, c, y, x) in tensor units.
    fit
        The fit, whose network tells how its results follow the observed image.
    second
        The other result, computed.
    part
        Where it is found out how that follows.
    observation
        Whose noise is known.

    Notes
    -----
    With y = x + n and the results f and g, the error of ``a f + (1 - a) g`` is a parabola in a, least at

        a = (E (f - g) (y - g) - E (f - g) n) / E (f - g)^2,

    and Stein's identity tells ``E f n`` from how f follows a small change of y by noise of the same covariance [1]_ [2]_.
    The first result's weights are taken as they are: that they too were fitted to y changes little, as measured. How f
    and g follow differs, so an error of the noise's variance shifts a. So a is what one has to expect who knows the variance to
    10 % and nothing else, its mean over all of [0, 1]: half of each where the image cannot tell, one of them where it can.

    References
    ----------
    .. [1] Stein, C. M. (1981). Estimation of the mean of a multivariate normal distribution. Annals of Statistics 9(6).
    .. [2] Blu, T. and Luisier, F. (2007). The SURE-LET approach to image denoising. IEEE Transactions on Image Processing 16(11).
    """
    assert observation.noise is not None
    image, noise = observation.image, observation.noise
    std = noise.std_at(image.cpu(), observation.mask("known"), _LEVEL_WIDTH).to(image.device)
    source = CorrelatedNoise(noise.autocorrelation, torch_stream(_SEED, "mixture", device=image.device))
    change, counts = source.sample(std), _counted(observation)
    variance = _mean(std.square(), counts)
    followed = _followed(fit.following(_CHANGE * change), change, counts)
    followed -= _second_followed(second, part, change, counts)
    apart = first - second.image
    distance = _mean(apart.square(), counts)
    if distance == 0:
        return Mixture(share=0.5, gain_on_first=0.0, gain_on_second=0.0)
    if not (math.isfinite(distance) and 0 < variance < math.inf):
        return Mixture(share=math.nan, gain_on_first=math.nan, gain_on_second=math.nan)
    best = (_mean(apart * (image - second.image), counts) - followed) / distance
    shared = sum(abs(rho) for row in noise.autocorrelation for rho in row)
    by_chance = math.sqrt(variance * shared / distance / float(counts.sum() * image.shape[1]))
    by_variance = VARIANCE_UNCERTAINTY * abs(followed) / distance
    share = expected_share(best, math.hypot(by_chance, by_variance)) if math.isfinite(best) else math.nan
    spared = distance / variance
    return Mixture(
        share=share,
        gain_on_first=spared * ((1 - best) ** 2 - (share - best) ** 2),
        gain_on_second=spared * (best**2 - (share - best) ** 2),
    )


def expected_share(best: float, deviation: float) -> float:
    """Mean of what lies evenly in [0, 1], once it was measured as `best` with this standard deviation."""
    if not deviation > 1e-6:
        return min(1.0, max(0.0, best))
    low, high = -best / deviation, (1 - best) / deviation
    within = _below(high) - _below(low)
    if within < 1e-9:
        return min(1.0, max(0.0, best))
    return min(1.0, max(0.0, best + deviation * (_density(low) - _density(high)) / within))


def _below(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _counted(observation: Observation) -> torch.Tensor:
    """(1, 1, y, x): 1 where a pixel is known, noisy and not clipped in any channel."""
    image = observation.image
    clipped = torch.zeros_like(observation.known, dtype=torch.bool)
    for channel in image[0]:
        for end in (channel.min(), channel.max()):
            piled = channel == end
            clipped |= piled & (piled.float().mean() > _PILED)
    counts = observation.known if observation.noisy is None else observation.known * observation.noisy
    free = counts * (~clipped).float()
    return free if bool(free.any()) else counts


def _mean(values: torch.Tensor, counts: torch.Tensor) -> float:
    """Mean over the channels and the pixels that count."""
    return float((values * counts).sum() / counts.sum().clamp(min=1e-12) / values.shape[1])


def _followed(answer: tuple[torch.Tensor, torch.Tensor], change: torch.Tensor, counts: torch.Tensor) -> float:
    """Expected product of a result and the noise, from how it follows a change of the observed image."""
    difference, seen = answer
    return _mean(change * difference, counts * seen) / _CHANGE


def _second_followed(second: ClosedFormSolver, part: Part, change: torch.Tensor, counts: torch.Tensor) -> float:
    """The same for the second result, from a part of the image, scaled by what the second's deviation says of the rest."""
    inside, weight = part.solver, counts[part.here]
    followed = _followed(inside.following(_CHANGE * change[part.here]), change[part.here], weight)
    known = _mean(inside.deviation.square(), weight)
    return followed * _mean(second.deviation.square(), counts) / known if known > 0 else followed
