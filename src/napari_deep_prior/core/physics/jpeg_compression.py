"""JPEG compression that can be applied again: for an image whose quantization table was found.

`JPEGRounding` is its forward model, `deblocking_stages` gives training pairs for zero-shot learning.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from napari_deep_prior.core.physics import jpeg
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.jpeg import SIDE
from napari_deep_prior.core.physics.stages import DegradationStages, Stage

_MAX_SHIFT = 0.35
"""Largest distance of a coefficient from the observed one, in quantization steps. Up to half a step would have been rounded alike,
but the ends are less likely (Park and Lee, IEEE Transactions on Circuits and Systems for Video Technology 1999)."""

_CHROMA_STEPS = 1.5
"""Quantization steps of the chroma in units of those of the luma, roughly as in the standard's tables; they are not measured."""

_PULL = 0.3
"""How much the middle of a quantization interval is preferred to its ends: 0 not at all, 1 as by plain squared errors."""

POSITION_CHANNELS = 2
"""Number of channels of `block_position_channels`."""

_LUMA = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compression:
    """The quantization that an image (1, c, y, x) has been through; c is 1, or 3 for RGB.

    Attributes
    ----------
    units
        (1, c, 1, 1): one grey level of each channel, in the image's own units.
    steps
        (8, 8): quantization table of the luma, in grey levels.
    """

    units: torch.Tensor
    steps: torch.Tensor

    def compress(self, x: torch.Tensor) -> torch.Tensor:
        """Quantize images (b, c, y, x) in blocks that begin in their upper left corners; incomplete blocks at the far edges stay."""
        levels = x / self.units
        if x.shape[1] == 1:
            return self.units * _quantized(levels, self.steps)
        luma = _luma(levels)
        chroma = levels - luma  # whose luma is 0, and stays so
        rows, columns = (n // 2 * 2 for n in x.shape[-2:])
        halved = _quantized(F.avg_pool2d(chroma, 2), _CHROMA_STEPS * self.steps)
        coarse = chroma.clone()
        coarse[..., :rows, :columns] = F.interpolate(halved, scale_factor=2, mode="nearest")
        return self.units * (_quantized(luma, self.steps) + coarse)

    def average_over_shifts(self, x: torch.Tensor) -> torch.Tensor:
        """Mean of the image compressed on all 64 grids (Nosratinia, IEEE workshop on multimedia signal processing 1999)."""
        total = torch.zeros_like(x)
        rows, columns = x.shape[-2:]
        for dy in range(SIDE):
            for dx in range(SIDE):
                padded = F.pad(x, (dx, -(columns + dx) % SIDE, dy, -(rows + dy) % SIDE), mode="replicate")
                total += self.compress(padded)[..., dy : dy + rows, dx : dx + columns]
        return total / SIDE**2

    def project(self, x: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
        """The nearest image that would have been quantized to the observed one; of colour images only the luma is projected."""
        difference = (x - observed) / self.units
        coefficients = jpeg.block_dct(difference if x.shape[1] == 1 else _luma(difference))
        limit = _MAX_SHIFT * self.steps
        excess = coefficients.clamp(-limit, limit) - coefficients
        return x + self.units * jpeg.inverse_block_dct(excess, x[:, :1].shape)


def detect_compression(x: torch.Tensor) -> Compression | None:
    """The compression that an image (1, c, y, x) in any units has been through; None where none can be detected."""
    if x.shape[1] not in (1, 3) or x.ndim != 4:
        return None
    units = torch.tensor([_grey_level(channel) for channel in x[0].cpu().double().numpy()], dtype=torch.float64)
    if not units.isfinite().all():
        return None
    levels = x.cpu().double() / units.view(1, -1, 1, 1)
    luma = levels if x.shape[1] == 1 else _luma(levels)
    steps = jpeg.estimate_quantization_table(luma, 1.0, levels)
    if steps is None:
        return None
    steps[0, 0] = steps[0, 1]  # that of the mean cannot be seen: the image may have been shifted
    return Compression(units=units.view(1, -1, 1, 1).to(x), steps=steps.to(x))


class JPEGRounding(ForwardModel):
    """Keeps a grey image within the quantization intervals of the observed one.

    A coefficient within half a quantization step of the observed one would have been rounded to it, and is nearly as good.
    So the model is not A itself: it moves such coefficients most of the way to the observed ones before they are compared.
    """

    def __init__(self, observed: torch.Tensor) -> None:
        super().__init__()
        compression = detect_compression(observed)
        self.half_steps: torch.Tensor
        self.observed: torch.Tensor
        half_steps = (
            torch.zeros(SIDE, SIDE) if compression is None else compression.steps * float(compression.units) / 2
        )
        # Of this plane alone: neither copied with the state of a fit, nor handed on to the next plane of a stack.
        self.register_buffer("half_steps", half_steps.to(observed), persistent=False)
        self.register_buffer("observed", observed, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        difference = jpeg.block_dct(x - self.observed)
        inside = difference.clamp(-self.half_steps, self.half_steps)
        return x - (1 - _PULL) * jpeg.inverse_block_dct(inside, x.shape)

    def residual(self, observed: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        return observed - wanted


def deblocking_stages(observed: torch.Tensor) -> DegradationStages | None:
    """One stage: compressed once more, on a grid that lies anywhere in the image; None where no compression is detected.

    The network learns from the mean over all shifts of the grid, an image nearly without blocks, and is shown where the blocks
    of its input lie.
    """
    compression = detect_compression(observed)
    if compression is None:
        return None
    nearly_clean = compression.project(compression.average_over_shifts(observed), observed)
    stage = Stage(
        degrade=lambda x, _: compression.compress(x),
        network_input=lambda y: torch.cat([y, block_position_channels(y)], 1),
        data_consistency=lambda x: compression.project(x, observed),
    )
    return DegradationStages(
        stages=(stage,),
        # Early estimates are worse than this image, and would teach their blocks.
        training_images=lambda estimate: (nearly_clean,),
        size_multiple=2 * SIDE,
        extra_channels=POSITION_CHANNELS,
    )


def block_position_channels(x: torch.Tensor) -> torch.Tensor:
    """(b, 2, y, x): distance of each pixel from the middle of its block along y and x, 0 to 1; alike for all symmetries of a block."""
    distance = [
        ((torch.arange(n, device=x.device) % SIDE).to(x) - (SIDE - 1) / 2).abs() * 2 / (SIDE - 1) for n in x.shape[-2:]
    ]
    return torch.stack(torch.meshgrid(*distance, indexing="ij")).expand(len(x), -1, -1, -1)


def _grey_level(channel: NDArray[np.float64]) -> float:
    """Smallest difference of two pixels; NaN where it is too small for an 8-bit image."""
    values = np.unique(channel)
    smallest = float(np.diff(values).min()) if len(values) > 1 else np.nan
    return smallest if smallest > 1e-3 * (values[-1] - values[0]) else np.nan


def _luma(x: torch.Tensor) -> torch.Tensor:
    weights = torch.tensor(_LUMA, dtype=x.dtype, device=x.device)
    return (x * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)


def _quantized(x: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Each channel with its DCT coefficients rounded to multiples of the steps."""
    coefficients = jpeg.block_dct(x)
    return x + jpeg.inverse_block_dct(steps * torch.round(coefficients / steps) - coefficients, x.shape)
