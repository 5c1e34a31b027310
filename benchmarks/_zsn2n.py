"""Zero-Shot Noise2Noise (Mansour and Heckel, CVPR 2023), written from the paper: a tiny network, trained on the one image.

Two half-size images, each the mean of one diagonal of every 2 x 2 block, have independent noise and nearly the same
content: a network that maps either to the other removes what they do not share.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Image = NDArray[np.float64]


def halves(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Means of the two diagonals of each 2 x 2 block; an odd last row or column is left out."""
    height, width = image.shape[-2] // 2 * 2, image.shape[-1] // 2 * 2
    image = image[..., :height, :width]
    rising = 0.5 * (image[..., 0::2, 1::2] + image[..., 1::2, 0::2])
    falling = 0.5 * (image[..., 0::2, 0::2] + image[..., 1::2, 1::2])
    return rising, falling


def network(channels: int, width: int = 48) -> nn.Module:
    """Draws the noise: 3 x 3, 3 x 3, 1 x 1 convolutions; about 22 thousand weights."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, width, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, channels, 1),
    )


def loss(noise: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor) -> torch.Tensor:
    """Each half predicts the other (residual part), and halving commutes with denoising (consistency part)."""

    def apart(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (a - b).square().mean()

    first, second = halves(image)
    clean_first, clean_second = first - noise(first), second - noise(second)
    of_whole_first, of_whole_second = halves(image - noise(image))
    residual = 0.5 * (apart(first, clean_second) + apart(clean_first, second))
    consistency = 0.5 * (apart(clean_first, of_whole_first) + apart(clean_second, of_whole_second))
    return residual + consistency


def denoise(image: Image, score: object = None, steps: int = 2000, seed: int = 0) -> Image:
    """The image of about 0..1 without its noise: Adam at 0.001, halved after half and after three quarters of the steps.

    The paper halves "every 1000 to 1500" of its 2000 steps.
    """
    torch.manual_seed(seed)
    planes = image[..., None] if image.ndim == 2 else image
    observed = torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)[None])).float()
    observed = observed.to("cuda" if torch.cuda.is_available() else "cpu")
    model = network(observed.shape[1]).to(observed.device)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.MultiStepLR(adam, [steps // 2, steps * 3 // 4], gamma=0.5)
    for _ in range(steps):
        adam.zero_grad(set_to_none=True)
        loss(model, observed).backward()
        adam.step()
        schedule.step()
    with torch.no_grad():
        clean = (observed - model(observed)).clamp(0, 1)
    return clean[0].permute(1, 2, 0).double().cpu().numpy().reshape(image.shape)
