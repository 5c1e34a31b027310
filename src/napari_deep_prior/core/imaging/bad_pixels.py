"""Bad pixels: hot, dead, saturated or not-a-number pixels and dead lines, labelled so that they can be filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

KINDS = ("hot", "dead", "lines", "saturated", "nan")
"""Kinds of bad pixels. The label of a kind is its position here, counted from 1."""

_THRESHOLD = 8.0
"""Minimum deviation of a bad pixel or line, in standard deviations of the noise."""

ISOLATION = 4.0
"""Minimum ratio of a bad pixel's deviation to its neighbours': optics spread the light of a bead, but not that of a defect."""

_MANY = 0.01
"""Share of pixels at one end of the range, far from their surroundings, from which on they are salt or pepper."""

_BRIGHTNESS_BINS = 24
"""Maximum number of brightness levels at which the noise is measured."""


def find_bad_pixels(image: NDArray[np.generic], *, kinds: Sequence[str] = KINDS) -> NDArray[np.uint8]:
    """Label the bad pixels of one plane.

    Parameters
    ----------
    image
        One plane (y, x). Missing values may be NaN or infinite.
    kinds
        The `KINDS` to look for:

        hot, dead
            Far brighter or darker than the surroundings, relative to the noise at that brightness, and alone or in pairs; where they
            are many and at an end of the range, as salt and pepper, also side by side.
        lines
            A row or column, or two adjacent ones, that stands out along nearly all of its length.
        saturated
            At the largest value, if many pixels share it.
        nan
            Not a number, or infinite.

    Returns
    -------
    ndarray of uint8
        Labels (y, x): 0 for a good pixel, otherwise 1 + the position of its kind in `KINDS`. Where several kinds apply,
        the later one wins.

    Raises
    ------
    ValueError
        If the image is not one plane, or a kind is unknown.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"kinds = {tuple(kinds)!r}: {unknown[0]!r} is unknown, needs some of {', '.join(KINDS)}.")
    if image.ndim != 2 or 0 in image.shape:
        raise ValueError(f"The image has shape {image.shape}: needs one plane (y, x).")
    labels = np.zeros(image.shape, np.uint8)
    for label, (kind, bad) in enumerate(zip(KINDS, _bad_by_kind(image), strict=True), start=1):
        if kind in kinds:
            labels[bad] = label
    return labels


def _bad_by_kind(image: NDArray[np.generic]) -> Iterator[NDArray[np.bool_]]:
    """One (y, x) mask for each of `KINDS`, in their order."""
    values = image.astype(np.float64)
    finite = np.isfinite(values)
    values[~finite] = np.median(values[finite]) if finite.any() else 0.0
    lines = _bad_rows(values) | _bad_rows(values.T).T
    min_noise = 0.5 if (values == np.rint(values)).all() else 0.0  # rounding to whole numbers, of whatever type
    yield _isolated(values, finite & ~lines, min_noise)
    yield _isolated(-values, finite & ~lines, min_noise)
    yield lines
    yield _saturated(values, finite)
    yield ~finite


def _isolated(values: NDArray[np.float64], valid: NDArray[np.bool_], min_noise: float) -> NDArray[np.bool_]:
    """Valid pixels far above the ring at distance 2, with at most one similar pixel among their direct neighbours."""
    background = np.median(_ring(values, 2), axis=0)
    excess = values - background
    # Salt and pepper lies at the ends of the range, and may be more than the noise is robust to; single photons stand on zeros.
    ends = valid & ((values == values.min()) | (values == values.max()))
    every, between = (
        np.maximum(_noise_at(background[measured], excess[measured], background), min_noise)
        for measured in (valid, valid & ~ends)
    )
    if not np.isfinite(between).all():  # nothing lies between the ends
        between = every
    around = _ring(values, 1)
    lone = valid & (excess > _THRESHOLD * np.maximum(every, between)) & _above_second(excess, around, background)
    other = np.where(around == values.max(), background, around)
    salt = valid & ends & (excess > _THRESHOLD * between) & _above_second(excess, other, background)
    return lone | salt if salt.mean() >= _MANY else lone


def _above_second(
    excess: NDArray[np.float64], around: NDArray[np.float64], background: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether the second highest of the pixels around is far lower."""
    above: NDArray[np.bool_] = excess > ISOLATION * (np.sort(around, axis=0)[-2] - background)
    return above


def _noise_at(
    level: NDArray[np.float64], excess: NDArray[np.float64], brightness: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Standard deviation of `excess` as a function of `level`, read at each `brightness`; robust to a few per cent of outliers."""
    if level.size < 2:
        return np.full(brightness.shape, np.inf)
    order = np.argsort(level)
    groups = np.array_split(order, min(_BRIGHTNESS_BINS, max(1, level.size // 100)))
    levels = [np.median(level[group]) for group in groups]
    # 95 % of a Gaussian lies within 1.96 standard deviations. The median deviation would be 0 where photons are sparse.
    deviations = [np.percentile(np.abs(excess[group]), 95) / 1.96 for group in groups]
    noise: NDArray[np.float64] = np.interp(brightness, levels, deviations)
    return np.maximum(noise, 1e-9 * float(np.ptp(level)))


def _bad_rows(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows, single or in pairs, that are above both adjacent rows nearly everywhere, or below both."""
    rows, columns = values.shape
    if min(rows, columns) < 8:
        return np.zeros(values.shape, bool)
    bad = np.zeros(rows, bool)
    padded = np.pad(values, ((2, 2), (0, 0)), mode="reflect")
    for above, below in ((1, 1), (1, 2), (2, 1)):
        over_above = values - padded[2 - above : 2 - above + rows]
        over_below = values - padded[2 + below : 2 + below + rows]
        for sign in (1.0, -1.0):
            height = np.minimum(sign * over_above, sign * over_below)
            typical = np.median(height, axis=1)
            deviation = 1.4826 * np.median(np.abs(typical - np.median(typical)))
            consistent = (height > 0).mean(axis=1) > 0.9
            bad |= consistent & (typical > np.median(typical) + _THRESHOLD * deviation)
    return np.broadcast_to(bad[:, None], values.shape).copy()


def _saturated(values: NDArray[np.float64], finite: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels at the largest value, if they outnumber those just below it, as clipping makes them."""
    top, span = values.max(), np.ptp(values)
    at_top: NDArray[np.bool_] = finite & (values == top)
    if span == 0:
        return np.zeros_like(finite)
    darker = finite & (values < top)
    just_below = darker & (values >= min(values[darker].max(), top - 0.02 * span))  # at least the next level
    clipped = at_top.sum() >= max(8, 2 * just_below.sum()) and at_top.mean() < 0.5
    return at_top if clipped else np.zeros_like(finite)


def _ring(values: NDArray[np.float64], distance: int) -> NDArray[np.float64]:
    """The pixels on the square ring at `distance` around each pixel, (n, y, x); the image is mirrored at its edges."""
    side = 2 * distance + 1
    padded = np.pad(values, distance, mode="reflect" if min(values.shape) > distance else "edge")
    rows, columns = values.shape
    offsets = [
        (y, x) for y in range(side) for x in range(side) if max(abs(y - distance), abs(x - distance)) == distance
    ]
    return np.stack([padded[y : y + rows, x : x + columns] for y, x in offsets])
