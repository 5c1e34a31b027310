"""Scaling: from the units of the caller's array to about [0, 1], and back."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.row_blocks import row_blocks

_COUNTS = 4
"""Grey levels above the brightest structure that are never cut: two photons where there is hardly one are light."""

_LOOKED_AT = 2**16
"""Pixels from which the step between grey levels is taken."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """One affine map for each channel: ``units = offset + gain * tensor``.

    Attributes
    ----------
    offset, gain
        In the caller's units; shape (c, 1, 1), or (c, 1, 1, 1) for volumes.
    ceiling
        Largest value of the tensor, of the same shape: brighter pixels are clipped.
    """

    offset: NDArray[np.float64]
    gain: NDArray[np.float64]
    ceiling: NDArray[np.float64]

    @classmethod
    def of(cls, image: NDArray[np.generic], known: NDArray[np.bool_], *, together: bool) -> Scaling:
        """The scaling by the known pixels of a (c, [z,] y, x) image: 0 is its darkest structure, 1 the 99.9th percentile.

        A structure is a value that two neighbouring pixels reach. So a single dead or hot pixel neither squeezes the image into
        a corner of the range nor, clipped at the `ceiling`, outweighs all others. `together` takes one map for all channels,
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
        ceiling = np.maximum(ceiling, (np.maximum(bright, high) - low + _COUNTS * _grey_step(values)) / gain)
        one_each = (-1, *(1 for _ in known.shape))
        return cls(low.reshape(one_each), gain.reshape(one_each), ceiling.reshape(one_each))

    def from_bound(self, lower_bound: float) -> Scaling:
        """A scaling with 0 at `lower_bound`, though noise makes pixels darker; 1 stays where it is.

        A bound of 0 gives way to darker structures: an image that has any is no count of light.

        Raises
        ------
        ValueError
            If nothing is brighter than the bound.
        """
        offset = np.full_like(self.offset, lower_bound) if lower_bound else np.minimum(self.offset, 0.0)
        gain = self.gain + self.offset - offset
        if (gain <= 0).any():
            bright = float((self.gain + self.offset).min())
            raise ValueError(
                f"background = {lower_bound:g}, but the brightest structure has {bright:.6g}: nothing is left above the background."
            )
        return Scaling(offset, gain, (self.ceiling * self.gain + self.offset - offset) / gain)

    def no_finer_than(self, gain: NDArray[np.float64]) -> Scaling:
        """A scaling whose unit is at least `gain`, shape as the gain: a plane of a stack with nothing in it is not stretched to noise."""
        coarser = np.maximum(self.gain, gain)
        return Scaling(self.offset, coarser, np.maximum(1.0, self.ceiling * self.gain / coarser))

    def repeated(self, times: int) -> Scaling:
        """The same for so many planes of these channels, one after the other."""
        return Scaling(*(np.concatenate([term] * times) for term in (self.offset, self.gain, self.ceiling)))

    def to_tensor(self, image: NDArray[np.generic], known: NDArray[np.bool_] | None = None) -> torch.Tensor:
        """(c, [z,] y, x) in caller's units -> (1, c, [z,] y, x) float32 about [0, 1]; isolated extreme pixels are clipped.

        Pixels that are not `known`, ([z,] y, x), are 0 there, whatever they are.
        """
        tensor = np.empty(image.shape, np.float32)
        for rows in row_blocks(image.shape):
            scaled = (image[..., rows, :].astype(np.float64) - self.offset) / self.gain
            if known is not None:
                scaled = np.where(known[..., rows, :], scaled, 0.0)
            tensor[..., rows, :] = np.clip(scaled, -0.25, self.ceiling)
        return torch.from_numpy(tensor)[None]

    def to_units(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """(1, c, [z,] y, x) -> (c, [z,] y, x) float32 in caller's units, on the CPU."""
        scaled = tensor.detach()[0].float().cpu().numpy()
        units = np.empty(scaled.shape, np.float32)
        for rows in row_blocks(scaled.shape):
            units[..., rows, :] = self.offset + self.gain * scaled[..., rows, :].astype(np.float64)
        return units

    def deviation_to_units(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """A standard deviation (1, c, [z,] y, x) in caller's units: scaled, not shifted."""
        scaled = tensor.detach()[0].float().cpu().numpy()
        units = np.empty(scaled.shape, np.float32)
        for rows in row_blocks(scaled.shape):
            units[..., rows, :] = self.gain * scaled[..., rows, :]
        return units


def _grey_step(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(c, n) -> (c,): the smallest difference of two values of each channel; 0 where all are alike."""
    steps = [np.diff(np.unique(channel[:_LOOKED_AT])) for channel in values]
    return np.array([step.min() if step.size else 0.0 for step in steps])


def _structure(image: NDArray[np.generic], known: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Darkest and brightest value that two neighbouring pixels of a plane reach, for each channel; each (c,)."""
    found = [_structure_of_rows(image, known, rows) for rows in row_blocks(image.shape)]
    dark, bright, most = zip(*found, strict=True)
    shared_dark, shared_bright = np.min(dark, axis=0), np.max(bright, axis=0)
    isolated = ~(np.isfinite(shared_dark) & np.isfinite(shared_bright))  # no two known pixels touch
    return np.where(isolated, np.inf, shared_dark), np.where(isolated, np.max(most, axis=0), shared_bright)


def _structure_of_rows(
    image: NDArray[np.generic], known: NDArray[np.bool_], rows: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The same for some rows, which have neighbours in those beside them; and the brightest known value."""
    around = slice(max(0, rows.start - 1), rows.stop + 1)
    own = slice(rows.start - around.start, rows.stop - around.start)
    part, there = image[..., around, :], known[..., around, :]
    dark = np.where(there, part, np.inf).astype(np.float64)
    bright = np.where(there, part, -np.inf).astype(np.float64)
    spatial = tuple(range(1, image.ndim))
    shared_dark = np.maximum(dark, _of_neighbours(np.minimum, dark, np.inf))[..., own, :]
    shared_bright = np.minimum(bright, _of_neighbours(np.maximum, bright, -np.inf))[..., own, :]
    return shared_dark.min(axis=spatial), shared_bright.max(axis=spatial), bright[..., own, :].max(axis=spatial)


def _of_neighbours(extreme: np.ufunc, image: NDArray[np.float64], beyond: float) -> NDArray[np.float64]:
    """Extreme of the eight pixels around each pixel in the last two axes."""
    unpadded = [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, (*unpadded, (1, 1), (1, 1)), constant_values=beyond)
    rows, columns = image.shape[-2:]
    result = padded[..., :rows, :columns].copy()
    for dy, dx in itertools.product(range(3), range(3)):
        if (dy, dx) != (1, 1):
            extreme(result, padded[..., dy : dy + rows, dx : dx + columns], out=result)
    return result
