"""Noise estimation from one image: its strength at each brightness, its correlation, its skewness."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.found import NoiseFound
from napari_deep_prior.core.noise import variance_line
from napari_deep_prior.core.noise.correlated import REACH, correlated_noise, products
from napari_deep_prior.core.noise.prediction import neighbour_prediction_error

PATCH = 16
"""Side in pixels of the patches from which the noise is estimated."""

_LAGS = REACH + 1
"""Number of lags 0, 1, 2, ... at which the correlation is measured."""

_CHOSEN_FRACTION = 0.1
"""Fraction of the patches, those with the least correlation, from which the noise is taken."""

_CLIPPED, _FEWEST_FREE = 0.02, 20
"""Share of a patch's pixels at the ends of the image's range from which its noise is cut off, and patches without that which are enough."""

_MAX_UNCORRELATED = 0.2
"""Correlation below which pixels count as independent."""

_CORRELATED = 0.2
"""Correlation of neighbours from which the noise counts as correlated."""

_INDEPENDENT_SHARE = 1.21
"""Share of fine noise in the least correlated patches of independent noise: choosing them makes it more than 1 (drawn)."""


Autocorrelation = tuple[tuple[float, ...], ...]
"""Correlation at the lags (dy, dx), each from -(n - 1)/2 to (n - 1)/2: an n x n table, n odd, with 1 in its middle."""

_Value = TypeVar("_Value", bound=np.generic)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoiseEstimate:
    """Properties of the noise of one image, in the image's units.

    Attributes
    ----------
    sigma
        Standard deviation.
    patches
        Number of patches it was taken from; 0 means that nothing could be measured.
    correlation
        Correlation at the lags 0, 1, 2, ... pixels, along the more correlated axis.
    gain, base
        Variance at the brightness x is ``gain * x + base``: photons (Poisson noise) give the slope, read noise the base.
        From an image alone, read noise and camera offset cannot be separated: ``base = read_noise**2 - gain * offset``.
    skewness
        Third moment in units of sigma: 0 for Gaussian noise, large where photons are few.
    autocorrelation
        Correlation in two dimensions; see `Autocorrelation`.
    detail
        Error of predicting a pixel from its neighbours, beyond its noise, in units of the noise variance: 0 for a smooth
        image.
    outliers
        Whether some pixels deviate by any amount.
    pixels
        Number of pixels in each channel; 0: not known.
    """

    sigma: float
    patches: int
    correlation: tuple[float, ...]
    gain: float = 0.0
    base: float = 0.0
    skewness: float = 0.0
    autocorrelation: Autocorrelation = ((1.0,),)
    detail: float = 0.0
    outliers: bool = False
    pixels: int = 0

    @property
    def correlation_length(self) -> int:
        """First lag in pixels at which the noise is uncorrelated; 1 for independent pixels."""
        uncorrelated = (lag for lag, rho in enumerate(self.correlation) if lag and rho < _MAX_UNCORRELATED)
        return next(uncorrelated, len(self.correlation))

    @property
    def usable_autocorrelation(self) -> Autocorrelation:
        """The autocorrelation; that of independent pixels where hardly any correlation was measured."""
        return self.autocorrelation if self.correlation_length > 1 else ((1.0,),)

    def times(self, variance: float) -> NoiseEstimate:
        """Noise like this one of so many times the variance."""
        return dataclasses.replace(
            self,
            sigma=self.sigma * float(np.sqrt(variance)),
            gain=self.gain * variance,
            base=self.base * variance,
            detail=self.detail / variance,
        )

    def found(self) -> NoiseFound | None:
        """As a record holds it; None where there is none."""
        if self.sigma == 0:
            return None
        return NoiseFound(
            sigma=float(self.sigma),
            gain=float(self.gain),
            base=float(self.base),
            correlation_length=self.correlation_length,
            skewness=float(self.skewness),
        )

    @property
    def min_variance(self) -> float:
        """Lower bound of the variance at any brightness: a hundredth of sigma squared."""
        return 0.01 * self.sigma**2

    def variance_at(self, level: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variance of the noise at each brightness, in the image's units squared; at least `min_variance`."""
        variance: NDArray[np.float64] = np.maximum(self.gain * level + self.base, self.min_variance)
        return variance


def measure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> NoiseEstimate:
    """Estimate the noise of an image from the patches in which neighbouring pixels correlate least.

    Parameters
    ----------
    image
        (c, [z,] y, x). Volumes are measured plane by plane.
    known
        ([z,] y, x), True where the image was measured.

    Returns
    -------
    NoiseEstimate
        With ``sigma = 0`` and ``patches = 0`` where no patch can be used.

    Notes
    -----
    The image is cut into patches without missing pixels, the best plane is subtracted from each, and the tenth with the
    smallest correlation between neighbours is used: structure and blur correlate, so the noise prevails where correlation
    is smallest. Choosing the flattest patches instead fails where only a part of the image is noisy. Patches without any
    variation (clipped background) are left out.

    Where neighbours correlate in all patches and yet the finest differences are those of independent noise, what they have
    in common is structure. The line of variance over brightness of independent noise is fitted to differences finer than
    structure (see `variance_line`), that of correlated noise to patches that vary least at each brightness (see
    `correlated_noise`; after Foi et al. [1]_, who segment the image instead).

    References
    ----------
    .. [1] Foi, Trimeche, Katkovnik, Egiazarian, Practical Poissonian-Gaussian noise modeling and fitting for single-image
       raw-data, IEEE TIP 17, 2008.
    """
    planes = image.reshape(-1, *image.shape[-2:]).astype(np.float64)
    known_planes = np.broadcast_to(known, image.shape).reshape(planes.shape)
    patches, level, clipped = _varied_patches(planes, known_planes)
    if len(patches) == 0:
        return NoiseEstimate(sigma=0.0, patches=0, correlation=(1.0,) + (0.0,) * (_LAGS - 1))
    correlation = np.maximum(_correlation_along_x(patches.swapaxes(1, 2)), _correlation_along_x(patches))  # (n, lags)
    order = np.argsort(correlation[:, 1])
    chosen = order[: max(1, round(_CHOSEN_FRACTION * len(patches)))]
    variance = patches.var(axis=(1, 2))
    apart = patches[chosen]
    correlated = tuple(float(rho) for rho in correlation[chosen].mean(0))
    table = _autocorrelation(products(apart))
    skewness = float(((apart / np.sqrt(variance[chosen])[:, None, None]) ** 3).mean())
    shared = correlated[1] >= _CORRELATED
    white, line = variance_line.white_floor(planes, known_planes, shared=shared)
    structured = white and shared  # what neighbours have in common is structure
    if structured:
        correlated, table = (1.0,) + (0.0,) * (_LAGS - 1), ((1.0,),)
    independent = correlated[1] < _CORRELATED
    if line is None and independent:
        line = _fine_line(planes, known_planes, 1.0 if white else _fine_share(table))
    if line is None:
        free = _free(clipped)
        gain, base, lags = correlated_noise(patches[free], level[free])
        line = gain, base
        if not independent:
            correlated, table = _along_an_axis(lags), _autocorrelation(lags)
    overall = float(np.maximum(line[0] * level[chosen] + line[1], 0).mean())
    sigma = float(np.sqrt(overall))
    noise = NoiseEstimate(
        patches=len(chosen),
        sigma=sigma,
        correlation=correlated,
        skewness=line[0] / sigma if structured and sigma else skewness,  # that of photons
        autocorrelation=table,
        gain=line[0],
        base=line[1],
    )
    return dataclasses.replace(noise, detail=_detail(planes, known_planes, noise), pixels=known.size)


def _varied_patches(
    planes: NDArray[np.float64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """(n, y, x) planes -> of the patches that vary at all: residuals (m, PATCH, PATCH), means (m,), and whether they are clipped."""
    found = [_patches(plane, of_plane) for plane, of_plane in zip(planes, known, strict=True)]
    patches, level, ends = (np.concatenate(parts) for parts in zip(*found, strict=True))
    varied = patches.var(axis=(1, 2)) > 0
    return patches[varied], level[varied], ends[varied] > _CLIPPED


def _free(clipped: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Patches that are not clipped; all where few of those are left."""
    return ~clipped if np.count_nonzero(~clipped) >= _FEWEST_FREE else np.ones_like(clipped)


def _fine_line(planes: NDArray[np.float64], known: NDArray[np.bool_], share: float) -> tuple[float, float] | None:
    """Gain and base of nearly independent noise, measured where structure hardly reaches; None where no block is known.

    `share` of the noise is as fine as what is measured.
    """
    found = [variance_line.blocks(plane, of_plane) for plane, of_plane in zip(planes, known, strict=True)]
    level, variance, count = variance_line.groups(np.concatenate(found, axis=1))
    return variance_line.variance_line(level, variance / share, count) if len(level) else None


def _fine_share(table: Autocorrelation) -> float:
    """Share of the noise that fine differences see, 1 unless neighbours clearly have some of it in common."""
    share = variance_line.fine_share(np.array(table)) / _INDEPENDENT_SHARE
    return 1.0 if abs(share - 1) < 0.1 else float(np.clip(share, 0.3, 1.0))


def _detail(planes: NDArray[np.float64], known: NDArray[np.bool_], noise: NoiseEstimate) -> float:
    """`NoiseEstimate.detail` of planes and their masks, both (n, y, x)."""
    correlated = noise.correlation_length - 1
    errors = [
        neighbour_prediction_error(plane[None], of_plane, correlated)
        for plane, of_plane in zip(planes, known, strict=True)
    ]
    error = float(np.mean([e for e in errors if np.isfinite(e)] or [np.inf]))
    noise_variance = float(noise.variance_at(planes[known]).mean())
    return max(0.0, error / noise_variance - 1) if np.isfinite(error) else 0.0


def _autocorrelation(products: NDArray[np.float64]) -> Autocorrelation:
    """Mean products at the lags -5 to 5 -> `NoiseEstimate.autocorrelation`, which has one lag less on each side."""
    inner = products[1:-1, 1:-1] / products[REACH, REACH]
    return tuple(tuple(float(value) for value in row) for row in inner)


def _along_an_axis(products: NDArray[np.float64]) -> tuple[float, ...]:
    """Mean products at the lags -5 to 5 -> `NoiseEstimate.correlation`."""
    along = max(products[REACH, REACH:], products[REACH:, REACH], key=lambda lags: float(lags[1]))
    return tuple(float(value) for value in along / products[REACH, REACH])


def _correlation_along_x(patches: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, PATCH, PATCH) -> (n, lags): correlation of pixels 0, 1, 2, ... columns apart, patch by patch."""
    products = [(patches[:, :, lag:] * patches[:, :, : PATCH - lag]).mean(axis=(1, 2)) for lag in range(_LAGS)]
    correlation: NDArray[np.float64] = np.stack(products, 1) / products[0][:, None]
    return correlation


def _patches(
    plane: NDArray[np.float64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(y, x) -> completely known patches: (n, PATCH, PATCH) less their best planes, (n,) means, (n,) shares at the ends of the range."""
    complete = _tiles(known).all(1)
    tiles = _tiles(plane)[complete]
    y, x = np.mgrid[:PATCH, :PATCH] - (PATCH - 1) / 2
    basis = np.stack([np.ones(PATCH * PATCH), y.ravel(), x.ravel()], 1)
    residual = tiles - (tiles @ np.linalg.pinv(basis).T) @ basis.T
    shaped: NDArray[np.float64] = residual.reshape(-1, PATCH, PATCH)
    ends = np.isin(tiles, [tiles.min(), tiles.max()]) if tiles.size else tiles
    return shaped, tiles.mean(axis=1), np.asarray(ends.mean(axis=1))


def _tiles(plane: NDArray[_Value]) -> NDArray[_Value]:
    """(y, x) -> (n, PATCH * PATCH) tiles side by side; pixels left over at the far edges are cut off."""
    rows, columns = (n // PATCH for n in plane.shape)
    cropped = plane[: rows * PATCH, : columns * PATCH]
    return cropped.reshape(rows, PATCH, columns, PATCH).swapaxes(1, 2).reshape(-1, PATCH * PATCH)
