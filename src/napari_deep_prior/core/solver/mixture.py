"""Mixture: two results of one plane, in the shares of least estimated error; the image itself decides, not a constant."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Protocol

import torch

from napari_deep_prior.core.data import regions
from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.random_streams import torch_stream
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.expected_error import expected_error
from napari_deep_prior.core.solver.expected_share import expected_share

_SEED = 5
"""Of the change of the image that shows how a result follows: always the same."""

_LEVEL_WIDTH = 2.0
"""Width in pixels of the Gaussian mean at which the strength of the noise is read off."""

_SIDE = 256
"""Pixels a side of the part in which the second result is computed once more."""

_ENOUGH = 1 / 16
"""Share of the pixels of that part from which those of one strength of the noise speak for themselves."""

_VARIANCE_UNCERTAINTY, _CORRELATED_UNCERTAINTY = 0.2, 0.5
"""Relative standard deviation of the noise's variance, at the scales at which results follow it, where pixels are independent and
where they share noise, which reaches farther than can be measured in one image, or is texture (docs/estimates.md)."""

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
    shares
        Weight of the first result, where the noise has one strength: of each strength in the image, from the least on. The second
        result has the rest.
    gain_on_first, gain_on_second
        By how much the estimated mean squared error of the mixture is less than that of each alone, in units of the noise's variance.
    error
        What is to be expected of the mixture; None: nothing can be told.

    All are NaN where the noise is beyond what numbers can hold.
    """

    shares: tuple[float, ...]
    gain_on_first: float
    gain_on_second: float
    error: ErrorFound | None = None


def middle(shape: Sequence[int]) -> tuple[slice, ...]:
    """The middle of an image of this (y, x), at most `_SIDE` pixels a side."""
    return regions.middle(shape, _SIDE)


class Part:
    """The middle of a large image, in which the second result is computed twice; a small image is its own middle."""

    def __init__(self, region: tuple[slice, ...], solver: ClosedFormSolver) -> None:
        self.here: tuple[Any, ...] = (..., *region)
        self.solver = solver

    @classmethod
    def of(cls, whole: ClosedFormSolver) -> Part:
        """That of a solver's plane, computed."""
        shape = whole.image.shape[-2:]
        region = middle(shape)
        solver = whole if max(shape) <= _SIDE else whole.part(region)
        if not solver.iteration:
            solver.step()
        return cls(region, solver)

    @classmethod
    def whole(cls, solver: ClosedFormSolver) -> Part:
        """All of a small image, whose solver has computed it."""
        return cls((slice(None), slice(None)), solver)

    @property
    def pixels(self) -> int:
        """Pixels of it."""
        return self.solver.image[0, 0].numel()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How two results of one plane compare over the pixels of one strength of the noise, whose number is `pixels`.

    `distance` is ``(f - g)^2`` for the results f and g, `along` ``(f - g)(y - g)``, `left` ``(y - g)^2``, `followed` and
    `followed_second` are ``f n`` and ``g n``, `variance` is ``n^2``.
    """

    pixels: float
    distance: float
    along: float
    left: float
    followed: float
    followed_second: float
    variance: float

    @property
    def finite(self) -> bool:
        """Whether all of them are numbers, and there is noise."""
        return all(map(math.isfinite, dataclasses.astuple(self))) and (self.variance > 0 or not self.pixels)

    @property
    def best(self) -> float:
        """Share of f with the least error; half where f and g are the same."""
        apart = self.followed - self.followed_second
        return (self.along - apart) / self.distance if self.distance > 0 else 0.5

    def residual(self, share: float) -> float:
        """Squared difference of the mixture from the observed image."""
        return share * (share * self.distance - 2 * self.along) + self.left

    def followed_by(self, share: float) -> float:
        """The product of the mixture and the noise."""
        return share * self.followed + (1 - share) * self.followed_second

    def share(self, autocorrelation: Autocorrelation) -> float:
        """The share to be expected of one who knows the variance of the noise to a fifth, or to a half where pixels share it."""
        if not self.distance > 0 or not math.isfinite(self.best):
            return 0.5
        correlation = sum(abs(rho) for row in autocorrelation for rho in row)
        by_chance = math.sqrt(self.variance * correlation / self.distance / self.pixels)
        uncertainty = _VARIANCE_UNCERTAINTY if len(autocorrelation) == 1 else _CORRELATED_UNCERTAINTY
        by_variance = uncertainty * abs(self.followed - self.followed_second) / self.distance
        return expected_share(self.best, math.hypot(by_chance, by_variance))


def mixed(first: torch.Tensor, fit: Fitted, second: ClosedFormSolver, part: Part, observation: Observation) -> Mixture:
    """The shares of `first` in the mixture with the second result that have the least expected error.

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

    and Stein's identity tells ``E f n`` from how f follows a small change of y by noise of the same covariance [1]_ [2]_; for
    few photons see `Perturbation`.
    The first result's weights are taken as they are: that they too were fitted to y changes little, as measured. How f
    and g follow differs, so an error of the noise's variance shifts a. So a is what one has to expect who knows the variance to
    a fifth, or to a half where pixels share noise, and nothing else, its mean over all of [0, 1]: half of each where the image cannot
    tell, one of them where it can.
    Where the noise has several strengths, each has its own a: the sums of all are those of the strongest.

    References
    ----------
    .. [1] Stein, C. M. (1981). Estimation of the mean of a multivariate normal distribution. Annals of Statistics 9(6).
    .. [2] Blu, T. and Luisier, F. (2007). The SURE-LET approach to image denoising. IEEE Transactions on Image Processing 16(11).
    """
    noise = observation.noise
    assert noise is not None
    std = std_of(observation)
    means = compared(first, fit, second, part, observation, std.to(observation.image.device))
    if not all(each.finite for each in means):
        return Mixture(shares=(math.nan,) * len(means), gain_on_first=math.nan, gain_on_second=math.nan)
    shares = [each.share(noise.autocorrelation) for each in means]
    return mixture_of(means, shares, noise.autocorrelation, noise.root_mean_square(std))


def mixture_of(
    means: Sequence[Means], shares: Sequence[float], autocorrelation: Autocorrelation, noise: float
) -> Mixture:
    """What is to be expected of a mixture in these shares, one for each of the means; `noise` as for `expected_error`."""
    pairs = list(zip(shares, means, strict=True))
    total = sum(each.pixels * each.variance for each in means)
    first, second = (
        sum(each.pixels * each.distance * ((end - each.best) ** 2 - (share - each.best) ** 2) for share, each in pairs)
        for end in (1, 0)
    )
    residual = sum(each.pixels * each.residual(share) for share, each in pairs) / total
    followed = sum(each.pixels * each.followed_by(share) for share, each in pairs) / total
    error = expected_error(residual, followed, sum(each.pixels for each in means), autocorrelation, noise)
    return Mixture(shares=tuple(shares), gain_on_first=first / total, gain_on_second=second / total, error=error)


def shares_at(shares: Sequence[float], observation: Observation) -> torch.Tensor | float:
    """The share of the first result at each place, (1, 1, y, x); a number where it is the same everywhere.

    Raises
    ------
    ValueError
        If there is not one share for each strength of the noise.
    """
    places = [] if observation.noise is None else observation.noise.places(observation.image.device)
    if len(places) != len(shares):
        raise ValueError(
            f"The record tells {len(shares)} shares of the fit; the noise of the image has {len(places)} strengths."
        )
    if len(places) == 1:
        return shares[0]
    return torch.stack([share * place for share, place in zip(shares, places, strict=True)]).sum(0)


def std_of(observation: Observation) -> torch.Tensor:
    """Standard deviation of the noise at each place, on the processor."""
    assert observation.noise is not None
    return observation.noise.std_at(observation.image.cpu(), observation.mask("known"), _LEVEL_WIDTH)


def compared(
    first: torch.Tensor,
    fit: Fitted,
    second: ClosedFormSolver,
    part: Part,
    observation: Observation,
    std: torch.Tensor,
) -> list[Means]:
    """For each strength of the noise, from the least on; arguments as for `mixed`, `std` is its standard deviation at each place."""
    image, noise = observation.image, observation.noise
    assert noise is not None
    probe = noise.perturbation(std, torch_stream(_SEED, "mixture", device=image.device))
    counts, apart = _counted(observation), first - second.image
    answer, seen = fit.following(probe.change)
    second_answer = part.solver.following(probe.change[part.here])[0]
    follows, second_follows = probe.weight * answer, probe.weight[part.here] * second_answer
    means = []
    for placed in noise.places(image.device):
        here = counts * placed
        means.append(
            Means(
                pixels=float(here.sum()) * image.shape[1],
                distance=_mean(apart.square(), here),
                along=_mean(apart * (image - second.image), here),
                left=_mean((image - second.image).square(), here),
                followed=_mean(follows, here * seen),
                followed_second=_in_whole(second_follows, second, part, counts, here),
                variance=_mean(std.square(), here),
            )
        )
    return means


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


def _in_whole(
    follows: torch.Tensor, second: ClosedFormSolver, part: Part, counts: torch.Tensor, here: torch.Tensor
) -> float:
    """Mean over the pixels `here` of what is known in the part: scaled by what the second's deviation says of the rest."""
    weight = here[part.here]
    if float(weight.sum()) < _ENOUGH * float(counts[part.here].sum()):
        weight = counts[part.here]
    followed, known = _mean(follows, weight), _mean(part.solver.deviation.square(), weight)
    return followed * _mean(second.deviation.square(), here) / known if known > 0 else followed
