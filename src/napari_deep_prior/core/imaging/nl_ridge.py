"""A non-local estimate in seconds: groups of similar patches, each combined by the weights of least expected error."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.patch_matching import (
    REACH,
    TILE,
    Band,
    Grouping,
    box_sums,
    similar_patches,
)
from napari_deep_prior.core.imaging.patch_noise import PatchNoise, halved_correlation, positive_correlation
from napari_deep_prior.core.imaging.patch_rows import Overlap, patches_at

_SIZES = (
    Grouping(patch=7, stride=4, first=18, second=55),
    Grouping(patch=13, stride=6, first=20, second=64),
)
"""Small patches follow a texture; large ones find, in spite of the noise, what really is alike, as in most micrographs."""

_SHARPNESS = 4
"""Power of the expected errors by whose inverse the results of the sizes are weighted. Errors of both sizes are told too much alike:
the photographs need the power, 0.05 dB, and no micrograph loses by it (docs/benchmarks.md)."""

_NOISIER = 0.05
"""Strength of the noise that is thought to be added in the first step (alpha of the paper)."""

_RIDGE = 1e-6
"""Added to a group's matrix, in units of its mean diagonal: float32 then solves groups of equal patches too."""

_LEAST_ERROR = 1e-6
"""Expected squared error in units of the noise's variance below which two results are told to be as good."""

_OUTLYING = 4.0
"""Standard deviations beyond which a pixel is no example of the noise."""

_COARSEST = 64
"""Pixels a side below which correlated noise is not looked at on a coarser grid."""


def nl_ridge(
    observed: torch.Tensor, gain: float, base: float, lags: Sequence[Sequence[float]] = ((1.0,),)
) -> torch.Tensor:
    """Denoised by non-local ridge regression whose weights sum to 1, so that a flat field keeps its mean.

    Parameters
    ----------
    observed
        (1, c, y, x), finite, in any unit. Channels share the groups.
    gain, base
        Variance of a pixel's noise at the brightness x is ``gain * x + base``.
    lags
        Correlation of the noise at the lags (dy, dx), an odd square table with 1 in its middle; ((1,),) for independent
        pixels.

    Returns
    -------
    torch.Tensor
        (1, c, y, x), float32.

    Notes
    -----
    The k patches most alike are the rows of Y (k x n), and N (k x k) is the expected product of their noise, for independent
    pixels diagonal. Each patch is replaced by the combination of all k of least expected squared error, ``Theta Y``. With
    ``Q = X X^T + N`` for a first picture X, and the weights of a patch summing to 1,

        Theta = I - N A,    A = Q^-1 - Q^-1 1 1^T Q^-1 / (1^T Q^-1 1).

    As Y Y^T estimates X X^T + N, the first step has ``Q = Y Y^T + a N`` and ``Theta = I - (1 + a) N A``. A patch with more
    noise than its fellows takes more from them; rows sum to 1 however N differs. Patches overlap and are averaged by the
    inverse of the noise left in each.

    Departures from the paper: N need not be diagonal, as the noise of many cameras and scanners is correlated and patches
    overlap, and such noise is looked at on a grid of half the resolution too; neighbouring references search the same window;
    patches have two sizes, whatever the noise, and each pixel is the mean of both results by the errors expected of them; in the
    first step what differs between two patches because of the noise of one is not counted; in the second the image has margins.

    References
    ----------
    Herbreteau, S. and Kervrann, C. (2025). A unified framework of non-local parametric methods for image denoising.
    SIAM Journal on Imaging Sciences 18(1), 89-119.
    """
    return nl_ridge_with_deviation(observed, gain, base, lags)[0]


def nl_ridge_with_deviation(
    observed: torch.Tensor,
    gain: float,
    base: float,
    lags: Sequence[Sequence[float]] = ((1.0,),),
    strength: torch.Tensor | None = None,
    stride: int = 4,
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `nl_ridge`, and the standard deviation of the error that its weights are expected to leave; both like the image.

    `strength` (1, 1, y, x) is the variance at each place in terms of what gain and base say; None: 1 everywhere. `stride` is the
    distance between the small patches whose like are looked for, in pixels: 6 instead of 4 takes two thirds of the time.

    With the weights Theta the error of a patch has the variance of its own element of ``Theta N``: the noise that is left,
    and what is lost of the picture. It is read off before the overlapping patches are averaged.
    """
    image = observed.float()
    table = torch.tensor(lags, device=image.device)
    placed = torch.ones_like(image[:, :1]) if strength is None else strength
    found, deviation = _one_scale(image, gain, base, table, placed, stride)
    if len(table) == 1 or min(image.shape[-2:]) < _COARSEST:
        return found, deviation
    share, coarse_table = halved_correlation(table)
    coarse, _ = _one_scale(
        F.avg_pool2d(image, 2), gain * share, base * share, coarse_table, F.avg_pool2d(placed, 2), stride
    )
    missing = F.interpolate(coarse - F.avg_pool2d(found, 2), scale_factor=2, mode="bilinear", align_corners=False)
    below, right = (n % 2 for n in image.shape[-2:])
    return found + F.pad(missing, (0, right, 0, below), mode="replicate"), deviation


def _one_scale(
    image: torch.Tensor, gain: float, base: float, lags: torch.Tensor, strength: torch.Tensor, stride: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """See `nl_ridge_with_deviation`, on the grid of this image."""
    centre, scale = image.mean(), image.std(correction=0).clamp(min=1e-12)
    noise = PatchNoise(
        slope=gain / float(scale),
        base=float((gain * centre + base) / scale**2),
        correlation=positive_correlation(lags),
    )
    plain, further = (image - centre) / scale, stride - _SIZES[0].stride
    groupings = [dataclasses.replace(each, stride=each.stride + further) for each in _SIZES]
    held = [each for each in groupings if each.span <= min(image.shape[-2:])]
    found, errors = zip(*(_one_size(plain, strength, noise, each) for each in held or groupings[:1]), strict=True)
    error = torch.stack(errors).clamp(min=_LEAST_ERROR)
    weights = (error / error.amin(0)) ** -_SHARPNESS
    weights = weights / weights.sum(0)
    picture, risk = (weights * torch.stack(found)).sum(0), (weights * error).sum(0)
    deviation = (risk * noise.variance(picture) * strength).sqrt()
    return picture * scale + centre, deviation * scale


def _one_size(
    image: torch.Tensor, strength: torch.Tensor, noise: PatchNoise, grouping: Grouping
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both steps with patches of one size: restored, and the expected squared error in units of the noise's variance."""
    shape = image.shape[-2:]
    below, right = (max(0, grouping.span - n) for n in shape)
    image, strength = (F.pad(x, (0, right, 0, below), mode="replicate") for x in (image, strength))
    first_picture, _ = _step(image, image, strength, noise, grouping, first=True)
    margin = grouping.patch - 1
    extended = _extended(image, first_picture, strength, noise, margin)
    found, error = _step(*extended, noise, grouping, first=False)
    rows, columns = (slice(margin, margin + n) for n in shape)
    return found[..., rows, columns], error[..., rows, columns]


def _extended(
    image: torch.Tensor, picture: torch.Tensor, strength: torch.Tensor, noise: PatchNoise, margin: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Image, first picture and strength with margins, so that pixels at an edge lie in as many patches as others.

    The picture is mirrored. The noise of the margins is that of places half an image away with its sign reversed: mirrored noise would
    make a patch look like its own image. Outliers do not come along.
    """
    half = tuple(n // 2 for n in image.shape[-2:])
    deviation = (noise.variance(picture) * strength).sqrt().clamp(min=1e-12)
    relative = ((picture - image) / deviation).clamp(-_OUTLYING, _OUTLYING)
    guide, placed, elsewhere = (
        F.pad(x, (margin,) * 4, mode="reflect") for x in (picture, strength, relative.roll(half, (-2, -1)))
    )
    own = guide + elsewhere * (noise.variance(guide) * placed).sqrt()
    own[..., margin:-margin, margin:-margin] = image
    return own, guide, placed


def _step(
    image: torch.Tensor,
    guide: torch.Tensor,
    strength: torch.Tensor,
    noise: PatchNoise,
    grouping: Grouping,
    *,
    first: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """One pass over the image: groups found in the guide, which also gives the noise at each brightness.

    Restored, (1, c, y, x), and the expected squared error in units of the noise's variance, (1, 1, y, x).
    """
    ones = torch.ones_like(image[:, :1])
    own, compared, inside, placed = (F.pad(x[0], (REACH,) * 4) for x in (image, guide, ones, strength))
    tops, lefts = (_starts(n - grouping.span, TILE * grouping.stride) for n in image.shape[-2:])
    columns = torch.tensor(lefts, device=image.device)
    total, weight, risk = torch.zeros_like(own), torch.zeros_like(inside), torch.zeros_like(inside)
    overlap = Overlap(grouping.patch, (len(own), grouping.span + 2 * REACH, own.shape[2]), own.device)
    for top in tops:
        rows = (slice(None), slice(top, top + grouping.span + 2 * REACH))
        band = Band(own=own[rows], guide=compared[rows], inside=inside[rows], strength=placed[rows])
        found = _restored_band(band, columns, overlap, noise, grouping, first=first)
        for whole, part in zip((total, weight, risk), found, strict=True):
            whole[rows] += part
    middle = (slice(None), slice(REACH, -REACH), slice(REACH, -REACH))
    shared = weight[middle].clamp(min=1e-12)
    return (total[middle] / shared)[None], (risk[middle] / shared)[None]


def _starts(last: int, step: int) -> list[int]:
    """0, step, 2 step, ... and the last itself."""
    return [*range(0, last, step), last]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Patches most alike (..., k, n), as observed and in the first picture, and their noise.

    `energy` (..., k) is the expected sum of squares of the noise of each; `shared` (..., k, k) the expected product of two,
    None where only a patch's with itself counts.
    """

    own: torch.Tensor
    model: torch.Tensor
    energy: torch.Tensor
    shared: torch.Tensor | None


def _restored_band(
    band: Band, columns: torch.Tensor, overlap: Overlap, noise: PatchNoise, grouping: Grouping, *, first: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weighted sums (c, h, w) of the restored patches, their weights (1, h, w), and weighted sums of their errors (1, h, w)."""
    p, size = grouping.patch, grouping.first if first else grouping.second
    places = similar_patches(band, columns, grouping, size, noise if first else None)  # (tiles, references, size)
    own = patches_at(band.own, p, places)
    variance = noise.variance(band.guide).sum(0, keepdim=True) * band.strength
    energies = box_sums(variance, p)
    energy, width = energies.flatten()[places], energies.shape[2]
    group = _Group(
        own=own,
        model=own if first else patches_at(band.guide, p, places),
        energy=energy,
        shared=noise.shared(energy, places // width, places % width),
    )
    found, left, error = _combined(group, first=first)
    trust = 1 / left.clamp(1 / size, 1)
    shares = trust.new_zeros((2, *energies.shape[1:]))
    shares.flatten(1).index_add_(1, places.flatten(), torch.stack([trust, trust * error]).flatten(1))
    spread = box_sums(F.pad(shares, (p - 1,) * 4), p)
    return overlap.summed(places, found.mul_(trust[..., None])), spread[:1], spread[1:]


def _factor(q: torch.Tensor) -> torch.Tensor:
    """Cholesky factors; where rounding left a matrix without one, as beside a pixel that is far off, those of its diagonal."""
    factor: torch.Tensor
    factor, failed = torch.linalg.cholesky_ex(q)
    if bool(failed.any()):
        alone = torch.diag_embed(q.diagonal(dim1=-2, dim2=-1))
        factor = torch.linalg.cholesky(torch.where(failed[..., None, None] > 0, alone, q))
    return factor


def _combined(group: _Group, *, first: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Restored patches (..., k, n); of each, in units of its noise, what is left of that and the expected squared error (..., k)."""
    added = _NOISIER if first else 1.0
    model = group.model - group.model.mean(-2, keepdim=True)  # as rows sum to 1, only the rounding changes
    q = model @ model.swapaxes(-1, -2)
    diagonal = q.diagonal(dim1=-2, dim2=-1)
    diagonal.add_(_RIDGE * (diagonal.mean(-1, keepdim=True) + group.energy))
    if group.shared is None:
        diagonal.add_(group.energy, alpha=added)
    else:
        q.add_(group.shared, alpha=added)
    inverse = torch.cholesky_inverse(_factor(q))
    rows = inverse.sum(-1, keepdim=True)
    a = inverse.sub_((rows / rows.sum(-2, keepdim=True)) * rows.swapaxes(-1, -2))
    removed = -(1 + added if first else 1.0)
    theta = a.mul_(removed * group.energy[..., None]) if group.shared is None else (removed * group.shared) @ a
    theta.diagonal(dim1=-2, dim2=-1).add_(1.0)
    if group.shared is None:
        return theta @ group.own, theta.square().sum(-1), theta.diagonal(dim1=-2, dim2=-1)
    passed = theta @ group.shared
    error = passed.diagonal(dim1=-2, dim2=-1) / group.energy
    return theta @ group.own, (passed * theta).sum(-1) / group.energy, error
