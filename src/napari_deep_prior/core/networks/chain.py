"""A plain CNN at full resolution, as in zero-shot super-resolution (Shocher et al., CVPR 2018)."""

from __future__ import annotations

import torch
from torch import nn

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.layers import CONVOLUTION, LAYOUT, float32_head


class PlainCNN(nn.Module):
    """3 x 3 convolutions in a row, without normalisation: (1, c_in, [z,] y, x) -> (1, c_out, [z,] y, x).

    For inputs that lack only their finest detail. Coarser scales would add nothing to them, and batch statistics would
    differ between the patches of the training and the full image.
    """

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        convolution, width = CONVOLUTION[architecture.dims], architecture.channels[0]
        layers: list[nn.Module] = []
        for layer in range(architecture.chain):
            layers += [convolution(width if layer else c_in, width, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        self.body = nn.Sequential(*layers)
        self.layout = LAYOUT[architecture.dims]
        self.head = convolution(width, c_out, 1)

    def padded_shape(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Shape in which an image of this ([z,] y, x) is processed: the same."""
        return spatial

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return float32_head(self.head, self.body(x.contiguous(memory_format=self.layout)))
