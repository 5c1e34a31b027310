"""Rare places: where two results are so far apart that the share of all others need not be theirs, such as dim beads on a wide field."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.normalized_convolution import local_average
from napari_deep_prior.core.run.mixing.comparison import Comparison
from napari_deep_prior.core.run.mixing.expected_share import expected_share
from napari_deep_prior.core.run.mixing.means import variance_uncertainty

_WIDTH = 1.5
"""Width in pixels of the Gaussian mean at which results are compared: about that of the finest structure."""

_FAR, _SOFTNESS = 4.0, 0.25
"""Standard deviations of the usual distance from which on a place counts as rare, and over how many it comes to count."""

_CERTAIN = 3.0
"""Standard errors by which the share of rare places has to be above that of all."""

_FEWEST = 64
"""Pixels of rare places from which on they are asked."""

_BLOCK = 8
"""Side in pixels of the blocks whose sums tell how far chance goes: what lies nearer to each other is not independent."""


def rare_places(apart: torch.Tensor, usual: torch.Tensor | None = None) -> torch.Tensor:
    """(1, 1, y, x), from 0 to 1: where two results that are `apart`, (1, c, y, x), are so by much more than usual in any channel.

    `usual` is given for a part of an image, from `usual_distance` of the whole.
    """
    usual = usual_distance(apart) if usual is None else usual
    distance = (_smooth(apart).abs() / usual).amax(1, keepdim=True)
    return torch.sigmoid((distance - _FAR) / _SOFTNESS)


def usual_distance(apart: torch.Tensor) -> torch.Tensor:
    """(1, c, 1, 1): standard deviation of the difference of two results, as far as it is Gaussian: from its median."""
    median = _smooth(apart).abs().flatten(2).median(2).values[..., None, None]
    return (1.4826 * median).clamp(min=1e-12)


def rare_share(comparison: Comparison, common: torch.Tensor | float) -> float | None:
    """Share of the first result at rare places; None where nothing speaks for another one than `common`.

    Parameters
    ----------
    comparison
        Of the two results.
    common
        The share of the first result elsewhere, a number or (1, 1, y, x).

    Notes
    -----
    A method that averages similar patches loses what has none like it, a dim bead on a wide field, of which a network keeps more.
    The share of least error over the whole image is decided by the field. So places where the two results are far apart are asked
    for themselves. Which ones these are depends on the noise as well, so Stein's identity is taken of ``w (f - g)``, w being what
    `rare_places` says: how w follows a change of the image counts too. Few pixels speak, so the standard error is measured, from
    sums over blocks. Only a larger share than elsewhere is taken: the other way round, the estimate was wrong as often as right.
    """
    here, second = comparison.part.here, comparison.second.image
    apart = comparison.first - second
    usual = usual_distance(apart)
    apart, image, second = apart[here], comparison.observation.image[here], second[here]
    changed = apart + comparison.answer[here] - comparison.second_answer
    counts = (comparison.counts * (comparison.seen > 0))[here]
    rare, rare_changed = (counts * rare_places(each, usual) for each in (apart, changed))
    distance = float((rare * apart.square()).sum())
    if float(rare.sum()) < _FEWEST or not 0 < distance < math.inf:
        return None
    followed = comparison.weight[here] * (rare_changed * changed - rare * apart)
    best = float((rare * apart * (image - second) - followed).sum()) / distance
    off = rare * apart * (image - second - best * apart) - followed
    by_chance = float(F.avg_pool2d(off, _BLOCK, ceil_mode=True, divisor_override=1).square().sum().sqrt()) / distance
    by_variance = variance_uncertainty(comparison.autocorrelation) * abs(float(followed.sum())) / distance
    deviation = math.hypot(by_chance, by_variance)
    usually = float((rare * apart.square() * (common if isinstance(common, float) else common[here])).sum()) / distance
    if not best - usually > _CERTAIN * deviation:  # here also where it is no number
        return None
    return max(usually, expected_share(best, deviation))


def _smooth(apart: torch.Tensor) -> torch.Tensor:
    return local_average(apart, torch.ones_like(apart[:, :1]), _WIDTH, torch.zeros_like(apart))
