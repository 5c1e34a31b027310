"""Featureless: a channel in which nothing but noise is found comes back as a wide mean of itself, not as what was drawn of its noise."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

import torch
import torch.nn.functional as F

from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.imaging.local_flux import flux_width
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.run.mixing.expected_error import expected_error
from napari_deep_prior.core.run.recovery import BestResult
from napari_deep_prior.core.sampling.observation import Observation

_MARGIN = 1.5
"""Widths of the mean from the edges from which on it stays what it is: nearer to them it would be one of fewer pixels."""

_LEAST = 128
"""Side in pixels of the smallest image that is asked: there must be room for all filters."""

_WIDTHS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Of round filters, in pixels; there is one of a single pixel, too."""

_LINE, _DIRECTIONS = (12.0, 1.0), 16
"""Length and width of filters for threads, standard deviations of a Gaussian in pixels, and the number of their directions."""

_CHANCE = 1e-3
"""That noise alone has a larger or, alike, a smaller value under one filter anywhere."""

_BLOCK = 32
"""Side in pixels of the blocks whose skewness is measured."""

_MOST_UNEVEN = 4.0
"""Standard deviations by which the mean square under a filter may be more than that of noise: what is faint, but everywhere."""

_VARIANCE_UNCERTAINTY = 0.1
"""Relative standard deviation of the noise's variance: if single pixels deviate by more, there is something as fine as they are."""


def flattened(mixed: BestResult, observation: Observation, numbers: Sequence[int]) -> BestResult:
    """The result with the wide mean of the observed image in place of each channel in which nothing but noise is found.

    Parameters
    ----------
    mixed
        What would be returned of an image in which there is something.
    observation
        What was observed, with its noise.
    numbers
        Those of its channels in the image of which it is a part.

    Returns
    -------
    BestResult
        The same one where there is something in all channels, or it cannot be told: noise that pixels share looks like structure.

    Notes
    -----
    Of noise alone every denoiser lets some through, where by chance it is least unlike structure. Shares of least expected error do not
    see that: few places weigh little in the whole. So it is asked of each place whether it could be noise. The deviation of the
    image from a constant is filtered by Gaussians of several widths and by lines, which are the best tests for spots, clouds and
    threads alike in noise that is white, and the largest values are compared with the largest to be expected of so many
    pixels of noise. What is too faint for that at any one place may show in the mean square of all. The mean is as wide as that by
    which a denoised image is given its light, so clouds that are too faint to be told from noise, but wider, are still there.
    """
    noise = observation.noise
    if noise is None or observation.noisy is not None or len(noise.autocorrelation) > 1:
        return mixed
    if len(observation.shape) != 2 or min(observation.shape) < _LEAST:
        return mixed
    observed, known = observation.image.cpu(), observation.known.cpu()
    level = (observed * known).sum((2, 3), keepdim=True) / known.sum()
    residual, variance = (observed - level) * known, noise.variance_over(level.expand_as(observed))
    measured = variance * known
    flat = [only_noise(left, of_it, known[0, 0]) for left, of_it in zip(residual[0], measured[0], strict=True)]
    if not any(flat):
        return mixed
    here = torch.tensor(flat, device=mixed.image.device)[:, None, None]
    width = flux_width(noise.photons)
    deviation = variance.sqrt() / (math.sqrt(4 * math.pi) * width)
    wide, deviation = (x.to(mixed.image.device) for x in (wide_mean(observed, known, width), deviation))
    return dataclasses.replace(
        mixed,
        image=torch.where(here, wide, mixed.image),
        deviation=torch.where(here, deviation, mixed.deviation),
        error=_error(noise, residual, measured, width) if all(flat) else mixed.error,
        featureless=tuple(number for number, is_flat in zip(numbers, flat, strict=True) if is_flat),
    )


def in_words(channels: tuple[int, ...], of: int) -> Iterator[str]:
    """What was done in these channels of so many, for the record; nothing where there are none."""
    if not channels:
        return
    where = "" if of == 1 else f" in channel{'s' * (len(channels) > 1)} {', '.join(str(number) for number in channels)}"
    yield (
        f"nothing but noise was found{where}: the result there is a wide Gaussian mean of the image. What stands out of "
        "the noise by less than about 5 of its standard deviations, all its pixels together, cannot be told from it"
    )


def wide_mean(observed: torch.Tensor, known: torch.Tensor, width: float) -> torch.Tensor:
    """(1, c, y, x): Gaussian mean of the known pixels, with as much light as they have."""
    margin = min(round(_MARGIN * width), (min(observed.shape[-2:]) - 1) // 2)
    inner = smooth_estimate(observed, known, width)[..., margin:-margin, margin:-margin]
    mean = F.pad(inner, (margin,) * 4, mode="replicate")
    return mean + ((observed - mean) * known).sum((2, 3), keepdim=True) / known.sum()


def _error(noise: NoiseModel, residual: torch.Tensor, variance: torch.Tensor, width: float) -> ErrorFound | None:
    """What is to be expected of the wide mean of all channels."""
    left = float(residual.square().sum() / variance.sum())
    followed = 1 / (2 * math.pi * width**2)
    std = noise.root_mean_square(variance.sqrt())
    return expected_error(left, followed, float((variance > 0).sum()), noise.autocorrelation, std)


def only_noise(residual: torch.Tensor, variance: torch.Tensor, known: torch.Tensor) -> bool:
    """Whether an image (y, x) less its mean could be noise of this variance, by all filters; both are 0 where nothing is known."""
    pixels = float(known.sum())
    scale = float(residual.square().sum() / variance.sum())
    if not 0 < scale < 1 + _VARIANCE_UNCERTAINTY:  # here and below also where it is no number
        return False
    variance = scale * variance
    reach = math.ceil(4 * max(*_WIDTHS, *_LINE))
    shape = [side + reach for side in residual.shape]
    measured = F.pad(known, (0, reach, 0, reach)) > 0
    third = _skewness(residual, variance, known) * variance**1.5
    seen, spread, third = (torch.fft.rfft2(x, shape) for x in (residual, variance, third))
    for weights, area in _filters(shape):
        variance_seen = _filtered(spread, weights.square(), shape)[measured]
        z = _filtered(seen, weights, shape)[measured] / variance_seen.sqrt()
        skewness_seen = _filtered(third, weights**3, shape)[measured] / variance_seen**1.5
        limit = NormalDist().inv_cdf(1 - _CHANCE * max(1.0, area / 2) / pixels)
        if not float(_gaussian(z, skewness_seen).abs().max()) <= limit:
            return False
        spread_of_mean = math.sqrt((max(2.0, 4 * math.pi * area) + float(skewness_seen.square().mean())) / pixels)
        if not float(z.square().mean()) <= 1 + _MOST_UNEVEN * spread_of_mean:
            return False
    return True


def _skewness(residual: torch.Tensor, variance: torch.Tensor, known: torch.Tensor) -> float:
    """That of the noise: the median of blocks, which a few places with something in them do not change; at least 0."""
    z = residual / variance.sqrt().clamp(min=1e-12)
    cube, share = (F.avg_pool2d(x[None], _BLOCK) for x in (z**3, known))
    return max(0.0, float((cube / share)[share > 0.5].median()))


def _gaussian(z: torch.Tensor, skewness: torch.Tensor) -> torch.Tensor:
    """Deviations of skewed noise, as of few photons, as Gaussian ones that are as unlikely.

    References
    ----------
    Wilson, E. B. and Hilferty, M. M. (1931). The distribution of chi-square. Proceedings of the National Academy of Sciences 17(12).
    """
    skewness = skewness.clamp(min=1e-3)
    return 6 / skewness * ((1 + skewness * z / 2).clamp(min=0) ** (1 / 3) - 1) + skewness / 6


def _filters(shape: list[int]) -> Iterator[tuple[torch.Tensor, float]]:
    """Weights on a periodic grid (y, x), about its first pixel, and the product of the two widths."""
    y, x = (torch.fft.fftfreq(side) * side for side in shape)
    single = torch.zeros(shape)
    single[0, 0] = 1
    yield single, 0.0
    round_ones = [(width, width, 0.0) for width in _WIDTHS]
    lines = [(*_LINE, math.pi * number / _DIRECTIONS) for number in range(_DIRECTIONS)]
    for length, width, angle in round_ones + lines:
        along = x[None] * math.cos(angle) + y[:, None] * math.sin(angle)
        across = y[:, None] * math.cos(angle) - x[None] * math.sin(angle)
        yield torch.exp(-0.5 * ((along / length) ** 2 + (across / width) ** 2)), length * width


def _filtered(transformed: torch.Tensor, weights: torch.Tensor, shape: list[int]) -> torch.Tensor:
    """Sum of what was transformed, under these weights around each place."""
    found: torch.Tensor = torch.fft.irfft2(transformed * torch.fft.rfft2(weights), shape)
    return found
