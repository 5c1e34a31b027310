"""Plain CNN (ZSSR)."""

from __future__ import annotations

import torch
from torch import nn

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.layers import CONVOLUTION, LAYOUT, float32_head


class PlainCNN(nn.Module):
    """3 x 3 convolutions in a row at full resolution, without normalisation (as in Shocher et al., CVPR 2018).

    For an input that is the wanted picture already but for its finest detail: what is coarser is told by nobody else better,
    and a batch's own statistics differ between the squares that are learnt from and the whole that is drawn.
    """

    def __init__(self, architecture: Architecture, c_in: int, c_out: int) -> None:
        super().__init__()
        convolution, width = CONVOLUTION[architecture.dims], architecture.channels[0]
        links: list[nn.Module] = []
        for link in range(architecture.chain):
            links += [convolution(width if link else c_in, width, 3, padding=1), nn.LeakyReLU(0.1, inplace=True)]
        self.body, self.layout = nn.Sequential(*links), LAYOUT[architecture.dims]
        self.head = convolution(width, c_out, 1)

    def padded_shape(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """How large it makes a picture: no larger."""
        return spatial

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return float32_head(self.head, self.body(x.contiguous(memory_format=self.layout)))
