"""Denoisers a user would pick instead, on an image scaled to about 0..1; each imports what it needs when it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]
Score = Callable[[Image], float]


def _channels(image: Image) -> int | None:
    return -1 if image.ndim == 3 else None


def sigma_of(image: Image) -> float:
    """Noise by the median of the finest wavelet coefficients, as all the blind methods below are given it."""
    from skimage.restoration import estimate_sigma

    return float(estimate_sigma(image, average_sigmas=True, channel_axis=_channels(image)))


def noisy(image: Image, score: Score) -> Image:
    """Nothing done."""
    return image


def gaussian(image: Image, score: Score) -> Image:
    """Gaussian blur, its width the best in hindsight."""
    from scipy.ndimage import gaussian_filter

    axes = (0, 1)
    return _hindsight(lambda width: gaussian_filter(image, width, axes=axes), np.geomspace(0.3, 8, 40), score)


def tv(image: Image, score: Score) -> Image:
    """Total variation (Chambolle 2004), its weight the best in hindsight: a coarse scale, then a fine one around its best."""
    coarse = np.geomspace(0.01, 1.28, 8)
    best = max(coarse, key=lambda weight: score(_tv(image, weight)))
    return _hindsight(lambda weight: _tv(image, weight), best * 2.0 ** np.array([-0.6, -0.3, 0, 0.3, 0.6]), score)


def _tv(image: Image, weight: float) -> Image:
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(image, weight, max_num_iter=200, channel_axis=_channels(image))


def _hindsight(method: Callable[[float], Image], values: Iterable[float], score: Score) -> Image:
    return max((method(float(value)) for value in values), key=score)


def bm3d(image: Image, score: Score) -> Image:
    """BM3D, or CBM3D in colour (Dabov et al. 2007), with the estimated noise; the authors' package, not free for business."""
    import bm3d as package

    return (package.bm3d_rgb if image.ndim == 3 else package.bm3d)(image, sigma_of(image))


def nlm(image: Image, score: Score) -> Image:
    """Non-local means (Buades et al. 2005) with the estimated noise: patches of 7 under a Gaussian, search of 21, h = 0.8 sigma.

    Of eight settings in use (patch 5 or 7, with and without the Gaussian, h 0.6 or 0.8) the best on four images of set12.
    """
    return _nlm(image, 0.8 * sigma_of(image), 7, fast=False)


def nlm_fast(image: Image, score: Score) -> Image:
    """The same by summed areas, ten times faster: patches of 5, h = 0.6 sigma, the best of the four settings without Gaussian."""
    return _fast_nlm(image, 0.6 * sigma_of(image))


def _nlm(image: Image, h: float, patch: int, fast: bool) -> Image:
    from skimage.restoration import denoise_nl_means

    settings = {"patch_size": patch, "patch_distance": 10, "fast_mode": fast, "channel_axis": _channels(image)}
    return denoise_nl_means(image, h=h, sigma=sigma_of(image), **settings)


def wavelet(image: Image, score: Score) -> Image:
    """Wavelet shrinkage (BayesShrink, Chang et al. 2000), noise estimated, over 9 shifts; colour as brightness and hue."""
    from skimage.restoration import cycle_spin, denoise_wavelet

    colour = image.ndim == 3
    settings = {"method": "BayesShrink", "convert2ycbcr": colour, "channel_axis": _channels(image)}
    return cycle_spin(image, denoise_wavelet, (2, 2, 0) if colour else 2, func_kw=settings)


def j_invariant(image: Image, score: Score) -> Image:
    """TV or non-local means, whichever predicts hidden pixels best (Batson and Royer 2019, scikit-image's calibration).

    As scikit-image's tutorial advises, the parameters found are then given to the plain denoiser, which does better.
    """
    from skimage.restoration import calibrate_denoiser

    h = max(sigma_of(image), 1e-3) * np.array([0.4, 0.6, 0.8, 1.1, 1.5])
    found = []
    for method, values in ((_tv, {"weight": list(np.geomspace(0.02, 0.64, 11))}), (_fast_nlm, {"h": list(h)})):
        _, (parameters, losses) = calibrate_denoiser(image, method, values, extra_output=True)
        best = int(np.argmin(losses))
        found.append((float(losses[best]), method, parameters[best]))
    _, method, chosen = min(found, key=lambda entry: entry[0])
    return method(image, **chosen)


def _fast_nlm(image: Image, h: float) -> Image:
    return _nlm(image, h, 5, fast=True)
