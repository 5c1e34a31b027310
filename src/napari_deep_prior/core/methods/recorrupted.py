"""Fresh noise like the image's own, for splitting one noisy image into two with independent noise."""

from __future__ import annotations

import math

import torch

ALPHA = 0.9
"""Share of the added noise; small is closer to the image as it is, large makes the target less noisy."""


def recorrupt(
    observed: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two images of the same picture whose noises are independent of each other, if `noise` is like the observed one's.

    `noisy` (n, 1, y, x) is 0 where the observed image is clean: there the first gets as much noise as it has elsewhere, and
    the second is the clean image itself. None: noisy everywhere.

    Notes
    -----
    ``y + a n`` and ``y - n / a``: the covariance of the two is Var(y | x) - Var(n) = 0, and uncorrelated Gaussians are
    independent (Pang et al., Recorrupted-to-Recorrupted, CVPR 2021). A network that predicts the second from the first
    therefore learns the picture as from pairs of exposures (Noise2Noise, Lehtinen et al., ICML 2018).
    """
    shown, target = observed + ALPHA * noise, observed - noise / ALPHA
    if noisy is None:
        return shown, target
    clean = observed + math.hypot(1, ALPHA) * noise
    return torch.where(noisy > 0, shown, clean), torch.where(noisy > 0, target, observed)
