"""Between the caller's array and the network's tensor: Axes (which axis is what) and Scaling (which units).

A *plane* is what one fit restores: (y, x), or (z, y, x) where stacks are fitted as volumes.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """One affine map per channel between the caller's units and about [0, 1].

    `offset`, `gain` and `ceiling` have shape (c, 1, 1), or (c, 1, 1, 1) for volumes: ``units = offset + gain * tensor``,
    tensor up to `ceiling`.
    """

    offset: NDArray[np.float64]
    gain: NDArray[np.float64]

    ceiling: NDArray[np.float64]

    @classmethod
    def of(cls, image: NDArray[np.generic], known: NDArray[np.bool_], *, together: bool) -> Scaling:
        """From the known pixels of a (c, [z,] y, x) image: 0 is its darkest structure, 1 the 99.9th percentile.

        A structure is what a neighbouring pixel shares: one dead or hot pixel must neither squeeze the picture into a
        corner of the range nor, above the `ceiling`, outweigh all others. `together` takes one map for all channels,
        as colour samples need.
        """
        values = image[:, known].astype(np.float64)
        dark, bright = _structure(image, known)
        if together:
            values = np.broadcast_to(values.reshape(1, -1), (len(image), values.size))
            dark, bright = np.full_like(dark, dark.min()), np.full_like(bright, bright.max())
        low, high = np.percentile(values, [0.1, 99.9], axis=1)
        low = np.minimum(low, dark)
        flat = high <= low
        if flat.any():  # nearly all pixels alike: fall back on the extremes
            low, high = np.where(flat, values.min(1), low), np.where(flat, values.max(1), high)
        gain = np.where(high > low, high - low, 1.0)
        ceiling = np.maximum(1.0, (bright - low) / gain) * 1.25
        one_each = (-1, *(1 for _ in known.shape))
        return cls(low.reshape(one_each), gain.reshape(one_each), ceiling.reshape(one_each))

    def down_to(self, floor: float) -> Scaling:
        """The same with 0 at `floor` or at the darkest structure, whichever is darker; 1 stays where it is."""
        offset = np.minimum(self.offset, floor)
        gain = self.gain + self.offset - offset
        return Scaling(offset, gain, (self.ceiling * self.gain + self.offset - offset) / gain)

    def to_tensor(self, image: NDArray[np.generic]) -> torch.Tensor:
        """(c, [z,] y, x) in caller's units -> (1, c, [z,] y, x) float32 about [0, 1], lone pixels cut to just beyond the structures."""
        scaled = (image.astype(np.float64) - self.offset) / self.gain
        return torch.from_numpy(np.clip(scaled, -0.25, self.ceiling).astype(np.float32))[None]

    def to_units(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """(1, c, [z,] y, x) -> (c, [z,] y, x) float32 in caller's units, on the CPU."""
        scaled = tensor.detach()[0].float().cpu().numpy().astype(np.float64)
        units: NDArray[np.float64] = self.offset + self.gain * scaled
        return units.astype(np.float32)

    def deviation_to_units(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """The same for a standard deviation: scaled, not shifted."""
        units: NDArray[np.float64] = self.gain * tensor.detach()[0].float().cpu().numpy()
        return units.astype(np.float32)


def _structure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Darkest and brightest value of each channel that a pixel shares with one of its eight neighbours in the plane; each (c,)."""
    dark = np.where(known, image, np.inf).astype(np.float64)
    bright = np.where(known, image, -np.inf).astype(np.float64)
    inside = tuple(range(1, image.ndim))
    shared_dark = np.maximum(dark, _of_neighbours(np.minimum, dark, np.inf)).min(axis=inside)
    shared_bright = np.minimum(bright, _of_neighbours(np.maximum, bright, -np.inf)).max(axis=inside)
    alone = ~(np.isfinite(shared_dark) & np.isfinite(shared_bright))  # no two known pixels touch
    return np.where(alone, np.inf, shared_dark), np.where(alone, bright.max(axis=inside), shared_bright)


def _of_neighbours(extreme: np.ufunc, image: NDArray[np.float64], beyond: float) -> NDArray[np.float64]:
    """The extreme of the eight pixels around each pixel in the last two axes."""
    beside = [(0, 0)] * (image.ndim - 2)
    wide = np.pad(image, (*beside, (1, 1), (1, 1)), constant_values=beyond)
    rows, columns = image.shape[-2:]
    around = [(dy, dx) for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]
    found: NDArray[np.float64] = extreme.reduce([wide[..., dy : dy + rows, dx : dx + columns] for dy, dx in around])
    return found
