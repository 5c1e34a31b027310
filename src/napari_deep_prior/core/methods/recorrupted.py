"""Recorrupted: one noisy image is split into two of independent noise."""

from __future__ import annotations

import math

import torch

from napari_deep_prior.core.imaging.symmetries import Symmetry
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise

ALPHA = 0.9
"""Factor of the added noise; a small one is closer to the image as it is, a large one makes the target less noisy."""


def recorrupt(
    image: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two images of the same scene whose noises are independent of each other, if `noise` is like that of the image.

    `noisy` (n, 1, y, x) is 0 where the image is clean: there the first gets as much noise as it has elsewhere, and
    the second is the clean image itself. None: noisy everywhere.

    Notes
    -----
    ``y + a n`` and ``y - n / a``: the covariance of the two is Var(y | x) - Var(n) = 0, and uncorrelated Gaussians are
    independent (Pang et al., Recorrupted-to-Recorrupted, CVPR 2021). A network that predicts the second from the first
    therefore learns the image as from pairs of exposures (Noise2Noise, Lehtinen et al., ICML 2018).
    """
    shown, target = image + ALPHA * noise, image - noise / ALPHA
    if noisy is None:
        return shown, target
    clean = image + math.hypot(1, ALPHA) * noise
    return torch.where(noisy > 0, shown, clean), torch.where(noisy > 0, target, image)


class Recorruption:
    """Splits of one image, with noise of its own kind.

    Parameters
    ----------
    source
        Noise of the image's correlation.
    std
        Its standard deviation at each pixel, like the image.
    """

    def __init__(self, source: CorrelatedNoise, std: torch.Tensor) -> None:
        self._source, self.std = source, std

    def noise(self, std: torch.Tensor, symmetry: Symmetry) -> torch.Tensor:
        """Fresh noise of this standard deviation; its correlation is turned by `symmetry` as the patch is."""
        return self._source.sample(std, symmetry)

    def halves(
        self, image: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `recorrupt`."""
        return recorrupt(image, noise, noisy)
