"""One noisy image split into two of the same scene, each with twice the variance and noise of its own."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.photons import counts_photons
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.random_streams import numpy_stream, torch_stream

Image = NDArray[np.float32]

_LEVEL_WIDTH = 2.0
"""Width in pixels of the Gaussian mean at which the strength of the noise is read off."""


def halves(image: Image, noise: NoiseEstimate, seed: int) -> tuple[Image, Image]:
    """Two images whose noises are independent, or nearly so, and whose mean is the image.

    Parameters
    ----------
    image
        (c, y, x).
    noise
        Of the image, in its units.
    seed
        Of the draw.

    Returns
    -------
    tuple of ndarray
        Like the image, in its units.

    Notes
    -----
    Few photons are counted, ``k = (y - offset) / gain``, and each is dealt to one half or the other: for Poisson noise the
    halves are independent (binomial splitting). Elsewhere noise n like the image's own is added and subtracted: ``y + n``
    and ``y - n`` do not correlate where the noise was measured well, and are independent if it is Gaussian. Noise that was
    measured too weak by a share s of its variance leaves the halves correlated by ``s / (2 - s)``.
    """
    if counts_photons(noise):
        return _dealt(image, noise.gain, -noise.base / noise.gain, numpy_stream(seed, "halves"))
    deviation = torch.from_numpy(np.sqrt(noise.variance_at(_level(image))).astype(np.float32))[None]
    drawing = CorrelatedNoise(noise.usable_autocorrelation, torch_stream(seed, "halves"))
    added = drawing.sample(deviation)[0].numpy()
    return (image + added).astype(np.float32), (image - added).astype(np.float32)


def _dealt(image: Image, gain: float, offset: float, draw: np.random.Generator) -> tuple[Image, Image]:
    counts = np.rint(np.maximum((image.astype(np.float64) - offset) / gain, 0)).astype(np.int64)
    first = draw.binomial(counts, 0.5)
    one, other = (offset + 2 * gain * share for share in (first, counts - first))
    return one.astype(np.float32), other.astype(np.float32)


def _level(image: Image) -> NDArray[np.float64]:
    tensor = torch.from_numpy(np.ascontiguousarray(image, np.float32))[None]
    level: NDArray[np.float64] = smooth_estimate(tensor, torch.ones_like(tensor[:, :1]), _LEVEL_WIDTH)[0].numpy()
    return level.astype(np.float64)
