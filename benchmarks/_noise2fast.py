"""Noise2Fast (Lequyer et al., Nature Machine Intelligence 2022), written from the paper: a network trained on checkerboards.

The white and the black pixels of a checkerboard, each closed up to the left or upwards, are four half-size images that show
the same with independent noise. A network learns to turn one into its counterpart and is then given the whole image.
"""

from __future__ import annotations

import collections

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

Image = NDArray[np.float64]


def squeezed(image: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Both colours of the checkerboard closed up to the left, then both closed upwards; an odd last line is left out."""
    height, width = image.shape[-2] // 2 * 2, image.shape[-1] // 2 * 2
    image = image[..., :height, :width]

    def leftwards(image: torch.Tensor, colour: int) -> torch.Tensor:
        even = image[..., 0::2, colour::2]
        odd = image[..., 1::2, 1 - colour :: 2]
        return torch.stack((even, odd), dim=-2).flatten(-3, -2)  # rows in turn: (h/2, 2, w/2) -> (h, w/2)

    left = leftwards(image, 0), leftwards(image, 1)
    up = leftwards(image.mT, 0).mT, leftwards(image.mT, 1).mT
    return [left, up]


def network(channels: int, width: int = 64) -> nn.Module:
    """Four times two 3 x 3 convolutions, then 1 x 1; the output lies between 0 and 1."""
    layers: list[nn.Module] = []
    for index in range(8):
        layers += [nn.Conv2d(channels if index == 0 else width, width, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(width, channels, 1), nn.Sigmoid())


def denoise(image: Image, score: object = None, patience: int = 100, seed: int = 0, most: int = 5000) -> Image:
    """The mean of the last hundred outputs when the output has not come nearer to the image for `patience` steps."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    low, high = float(image.min()), float(image.max())
    planes = ((image if image.ndim == 3 else image[..., None]) - low) / (high - low)
    observed = torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)[None])).float()
    observed = observed.to("cuda" if torch.cuda.is_available() else "cpu")
    pairs = [pair for first, second in squeezed(observed) for pair in ((first, second), (second, first))]
    model = network(observed.shape[1]).to(observed.device)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    recent: collections.deque[torch.Tensor] = collections.deque(maxlen=100)
    nearest, since, kept = float("inf"), 0, observed
    for _ in range(most):
        given, wanted = pairs[random.integers(4)]
        adam.zero_grad(set_to_none=True)
        functional.binary_cross_entropy(model(given), wanted).backward()
        adam.step()
        with torch.no_grad():
            recent.append(model(observed))
            distance = float((recent[-1] - observed).square().mean())
        since += 1
        if distance < nearest:
            nearest, since = distance, 0
            kept = torch.stack(tuple(recent)).mean(0)
        if since > patience:
            break
    clean = kept[0].permute(1, 2, 0).double().cpu().numpy().reshape(image.shape)
    return clean * (high - low) + low
