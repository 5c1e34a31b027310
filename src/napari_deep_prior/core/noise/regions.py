"""Regions of an image whose noise differs in strength, where the image shows that it does."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.noise.block_strength import Blocks, Comparison, blocks_of
from napari_deep_prior.core.noise.region_border import grown, to_pixels
from napari_deep_prior.core.noise.variance_line import ROUNDING, grey_step

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LEAST_RATIO = np.log(2.0)
"""Noise whose variance differs by less is not told apart: a strength that is off by a factor of 1.4 costs little."""

_DEVIATIONS = 6.0
"""By so many standard deviations the noise of two regions has to differ."""

_LEAST_UNEVEN, _LEAST_UNEVEN_INSIDE = 2.0, 1.5
"""Standard errors by which blocks of one strength differ more than noise: all of them, and those without a border."""

_COMMON, _MORE_COMMON = 0.3, 0.1
"""Correlation of two channels above which they show the same, and by how much it exceeds that of the weaker part."""

_STRUCTURE = 2.0
"""Structure is at least so many times stronger in the coarser than in the finer differences."""

_CLEAN = np.log(100.0)
"""Ratio of variances from which the weaker noise counts as none: the estimate of a plane's noise goes no deeper either."""

_FEWEST, _SPLITS = 64, 4
"""Blocks of a region that is looked at for parts of it, and how often one is split."""

_WINDOW, _LOW = 5, 0.3
"""Side in blocks of the neighbourhood whose low quantile draws a region, and that quantile."""

_TAIL = 1.5
"""By so much, as a logarithm, structure makes a block stronger than its noise, on average."""

_COLOURED, _BY_COLOUR = 0.5, 1.5
"""Blocks coarser than this are structure rather than noise, with so much weight."""

_SURE = 4.0
"""Most that one block says for or against a region, as a logarithm of odds."""

_ALIKE = 0.7
"""Weight of a neighbouring block's region."""

_ROUNDS, _SWEEPS = 4, 12
"""Times the levels of both sides are measured anew, and sweeps over the neighbours between them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseRegions:
    """Where the noise is how strong.

    Attributes
    ----------
    strength
        (y, x) variance of the noise in terms of its mean over all noisy pixels at the same brightness.
    clean
        (y, x), True where there is none to speak of.
    """

    strength: NDArray[np.float32]
    clean: Mask


def noise_regions(image: NDArray[np.generic], known: Mask) -> NoiseRegions | None:
    """Regions whose noise differs in strength; None where nothing shows that it does.

    Parameters
    ----------
    image
        (c, y, x).
    known
        (y, x), True where the image was measured.

    Notes
    -----
    Blocks of 8 x 8 pixels are divided in two by how strong their finest differences are, region by region, and again. Every second
    block draws the regions; the others, which are independent of them but for structure, test whether the noise differs at the same
    brightness, so noise that follows the brightness in any way does not count. The stronger noise must be white: structure, which is
    stronger here than there too, is less so the finer it is looked at. Noise that neighbours share therefore gets no map.
    """
    if image.ndim != 3 or min(image.shape[1:]) < 8 * _WINDOW:
        return None
    planes = np.nan_to_num(image.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    blocks = blocks_of(planes, known)
    labels = _labels(blocks)
    number = int(labels.max()) + 1
    if number == 1:
        return None
    strength = _strengths(blocks, labels, number)
    clean = (strength.max() - strength > _CLEAN) | _below_rounding(planes, known, blocks, labels, number)
    pixels = to_pixels(planes, labels, clean)
    relative = np.exp(strength - strength.max())[pixels]
    noisy = known & ~clean[pixels]
    if not noisy.any():
        return None
    relative /= relative[noisy].mean()
    return NoiseRegions(strength=relative.astype(np.float32), clean=clean[pixels])


def _labels(blocks: Blocks) -> NDArray[np.int64]:
    """(rows, columns) number of the region of each block; all 0 where the noise does not differ."""
    labels = np.zeros(blocks.usable.shape[1:], np.int64)
    for number, region in enumerate(_divided(blocks, np.ones(labels.shape, np.bool_), _SPLITS)):
        labels[region] = number
    return labels


def _divided(blocks: Blocks, region: Mask, splits: int) -> list[Mask]:
    """Parts of a region (rows, columns) whose noise differs, the strongest first; the region itself where it does not."""
    if not splits or (region & blocks.usable).sum() < _FEWEST * len(blocks.usable):
        return [region]
    row, column = np.indices(region.shape)
    drawing = blocks.usable & ((row + column) % 2 == 0)
    testing = blocks.usable & ~drawing
    stronger = _stronger_part(blocks, region, drawing)
    if stronger is None:
        return [region]
    weaker = region & ~stronger
    found = blocks.compared(testing & stronger, testing & weaker)
    if not _is_noise(found):
        return [region]
    parts = _divided(blocks, stronger, splits - 1)
    if _is_structure(blocks, parts[0], weaker):
        return [region]
    return parts + (_divided(blocks, weaker, splits - 1) if found.log_ratio < _CLEAN else [weaker])


def _is_noise(found: Comparison) -> bool:
    """Whether the first side has more noise than the second, and not more structure."""
    if found.log_ratio < max(_LEAST_RATIO, _DEVIATIONS * found.error):
        return False
    return abs(found.colour) < 0.5 * _colour_of_structure(found.log_ratio)


def _is_structure(blocks: Blocks, stronger: Mask, weaker: Mask) -> bool:
    """Whether the stronger part is a texture as white as noise: its blocks differ, or all channels show it."""
    inner = blocks.usable & ~grown(~stronger, 1)  # a block at the border has something of both
    if blocks.unevenness(blocks.usable & stronger) > _LEAST_UNEVEN and blocks.unevenness(inner) > _LEAST_UNEVEN_INSIDE:
        return True
    usable = blocks.usable.all(0)
    common = blocks.common(usable & stronger)
    return common > _COMMON and common > blocks.common(usable & weaker) + _MORE_COMMON


def _colour_of_structure(log_ratio: float) -> float:
    """Colour of a side that is so much stronger by structure alone."""
    ratio = np.exp(min(log_ratio, 50.0))
    return float(np.log(ratio / (1 + (ratio - 1) / _STRUCTURE)))


def _stronger_part(blocks: Blocks, region: Mask, drawing: Mask) -> Mask | None:
    """The part (rows, columns) of a region with the stronger noise as its drawing blocks tell; None where there is none."""
    inside = drawing & region
    plain = blocks.strength[1] - blocks.level(inside)[blocks.stratum]
    best, most = None, 0.0
    for measured in (
        blocks.strength[1],
        plain,
    ):  # noise of photons, of which a part is clean, shows in one of them only
        start = _above(measured, inside, region)
        if start is None:
            continue
        part = _settled(blocks, start, region, drawing)
        found = blocks.compared(inside & part, inside & ~part)
        if found.log_ratio / found.error > most:
            best, most = part, found.log_ratio / found.error
    return best


def _above(measured: Array, inside: Mask, region: Mask) -> Mask | None:
    """Blocks above the threshold of least variance on both sides (Otsu 1979), of the low quantile of their surroundings."""
    rows, columns = region.shape
    far = _WINDOW // 2
    padded = np.pad(np.where(inside, measured, np.nan), ((0, 0), (far, far), (far, far)), constant_values=np.nan)
    near = [padded[:, i : i + rows, j : j + columns] for i in range(_WINDOW) for j in range(_WINDOW)]
    low = _nan_quantile(np.concatenate(near), _LOW)
    usable = region & np.isfinite(low)
    if usable.sum() < _FEWEST // 2:
        return None
    values = np.sort(np.maximum(low[usable], low[usable].max() - _CLEAN))
    below = np.arange(1, len(values))
    sums = values.cumsum()[:-1]
    between = below * below[::-1] * (sums / below - (values.sum() - sums) / below[::-1]) ** 2
    threshold = values[between.argmax()]
    above: Mask = usable & (np.where(usable, low, -np.inf) > threshold)
    return above


def _nan_quantile(values: Array, share: float) -> Array:
    """(n, rows, columns) -> (rows, columns), of those that are not NaN; NaN where none is."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(ordered).sum(0)
    at = (share * np.maximum(count - 1, 0)).round().astype(np.int64)
    return np.where(count > 0, np.take_along_axis(ordered, at[None], 0)[0], np.nan)


def _settled(blocks: Blocks, stronger: Mask, region: Mask, drawing: Mask) -> Mask:
    """The stronger part after its blocks and their neighbours were asked: mean field of a Potts model."""
    for _ in range(_ROUNDS):
        high, low = blocks.level(drawing & stronger), blocks.level(drawing & region & ~stronger)
        if np.isnan(high).any() or np.isnan(low).any():
            break
        odds = np.where(region, _odds(blocks, high, np.maximum(low, high - _CLEAN), drawing), 0.0)
        mean = np.where(region, np.tanh(odds / 2), 0.0)
        for _ in range(_SWEEPS):
            mean = np.where(region, np.tanh(odds / 2 + _ALIKE * _neighbours(mean)), 0.0)
        stronger = region & (mean > 0)
    return stronger


def _odds(blocks: Blocks, high: Array, low: Array, drawing: Mask) -> Array:
    """(rows, columns) logarithm of the odds that a block has the stronger noise; 0 where it did not draw."""
    measured = blocks.strength[1]
    upper = high[blocks.stratum]
    odds = _log_likelihood(measured - upper) - _log_likelihood(measured - low[blocks.stratum])
    colour = np.maximum(blocks.strength[0] - measured - _COLOURED, 0)
    odds = np.clip(odds, -_SURE, _SURE) - _BY_COLOUR * colour * (measured < upper + 1)
    counted = np.where(drawing, np.clip(odds, -_SURE, _SURE), 0.0)
    mean: Array = counted.sum(0) / np.maximum(drawing.sum(0), 1)
    return mean


def _log_likelihood(above: Array) -> Array:
    """Of a block so much above the noise: structure adds to it, chance alone takes away."""
    return np.where(above < 0, -0.5 * (above / 0.49) ** 2, -above / _TAIL)


def _neighbours(mean: Array) -> Array:
    """Sum over the eight neighbours of (rows, columns)."""
    rows, columns = mean.shape
    padded = np.pad(mean, 1)
    total = sum(padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3))
    around: Array = total - mean
    return around


def _strengths(blocks: Blocks, labels: NDArray[np.int64], number: int) -> Array:
    """Logarithm of the noise of each region up to a constant, at equal brightness.

    Least squares over regions and strata, which has an answer as long as the regions hang together by common brightness.
    """
    rows, right = [], []
    for label in range(number):
        chosen = blocks.usable & (labels == label)
        level, weight = blocks.level(chosen), np.sqrt(blocks.numbers(chosen))
        for stratum in np.flatnonzero(weight >= 2).tolist():
            row = np.zeros(number + blocks.strata)
            row[[label, number + stratum]] = weight[stratum]
            rows.append(row)
            right.append(weight[stratum] * level[stratum])
    solved: Array = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    return solved[:number]


def _below_rounding(planes: Array, known: Mask, blocks: Blocks, labels: NDArray[np.int64], number: int) -> Mask:
    """Regions whose noise is hardly more than rounding to the steps between grey levels makes."""
    least = np.log(ROUNDING * max(grey_step(planes[:, known]), 1e-150) ** 2)
    chosen = [blocks.strength[1][blocks.usable & (labels == label)] for label in range(number)]
    return np.array([values.size > 0 and float(np.median(values)) < least for values in chosen])
