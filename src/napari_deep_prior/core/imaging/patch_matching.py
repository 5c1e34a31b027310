"""Which patches of an image look most alike: all references of a row of tiles at once, by products of matrices."""

from __future__ import annotations

import dataclasses

import torch

from napari_deep_prior.core.imaging.patch_noise import PatchNoise
from napari_deep_prior.core.imaging.patch_rows import patches_at

TILE = 4
"""References a side whose candidates are the same: neighbours search nearly the same window."""

REACH = 14
"""Pixels beyond its outermost references that a tile searches; a reference thus sees 14 to 26 pixels on each side."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Side of a patch, distance between references in pixels, and patches in a group of the first and the second step."""

    patch: int
    stride: int
    first: int
    second: int

    @property
    def span(self) -> int:
        """Side in pixels of what the references of a tile cover."""
        return (TILE - 1) * self.stride + self.patch


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The rows, of an image padded by `REACH`, that one row of tiles searches.

    `own` (c, h, w) is observed, `guide` (c, h, w) compared, `inside` (1, h, w) is 1 where the image is, and the noise is `strength`
    (1, h, w) times as strong as its brightness says, by variance.
    """

    own: torch.Tensor
    guide: torch.Tensor
    inside: torch.Tensor
    strength: torch.Tensor


def box_sums(image: torch.Tensor, side: int) -> torch.Tensor:
    """(c, h, w) -> (c, h - side + 1, w - side + 1): sums over squares, rows first; a pooling takes five times as long."""
    for axis in (2, 1):
        length = image.shape[axis] - side + 1
        total = image.narrow(axis, 0, length).clone()
        for start in range(1, side):
            total += image.narrow(axis, start, length)
        image = total
    return image


def similar_patches(
    band: Band, columns: torch.Tensor, grouping: Grouping, size: int, noise: PatchNoise | None
) -> torch.Tensor:
    """Places (tiles, references, size), counted row by row, of the patches most alike each reference, itself among them.

    Parameters
    ----------
    band
        Where to look.
    columns
        (tiles,) first column of each tile's window.
    grouping, size
        Side of the patches and their distance; so many are found.
    noise
        Of the guide, if it has any: its strength differs between patches, and patches near by share correlated noise, which makes them
        look more alike than they are.
    """
    p, across = grouping.patch, 2 * REACH + (TILE - 1) * grouping.stride + 1
    guide = band.guide.mean(0, keepdim=True)
    whole = box_sums(band.inside, p)[0] > 0.999 * p * p
    length = box_sums(guide.square(), p)[0] + torch.where(whole, 0.0, torch.inf)
    if noise is not None:
        length = length - _energy(band, noise, p)
    rows = torch.arange(len(length), device=columns.device)
    window = columns[:, None] + torch.arange(across, device=columns.device)  # (tiles, across)
    places = (rows[:, None] * length.shape[1] + window[:, None]).flatten(1)  # (tiles, across * across)
    candidates, lengths = patches_at(guide, p, places), length.flatten()[places]
    inner = REACH + grouping.stride * torch.arange(TILE, device=columns.device)
    at = (inner[:, None] * across + inner).flatten()
    distance = torch.baddbmm(lengths[:, None], candidates[:, at], candidates.swapaxes(1, 2), alpha=-2)
    if noise is not None and noise.correlation is not None:
        distance += _common_noise(band, noise, at, across) * p * p
    distance[:, torch.arange(len(at), device=at.device), at] = -torch.inf
    found = distance.topk(size, 2, largest=False, sorted=False).indices
    return found // across * length.shape[1] + found % across + columns[:, None, None]


def _energy(band: Band, noise: PatchNoise, side: int) -> torch.Tensor:
    """(h - side + 1, w - side + 1): expected sum of squares of the noise of each patch of the channels' mean.

    A patch differs from another by its own noise too; with noise that grows with brightness, the dark ones would be found for
    that alone, and a flat field of 5 photons lose 2 % of its light.
    """
    variance = (noise.variance(band.guide) * band.strength).mean(0, keepdim=True) / len(band.guide)
    return box_sums(variance, side)[0]


def _common_noise(band: Band, noise: PatchNoise, at: torch.Tensor, across: int) -> torch.Tensor:
    """(references, candidates): by how much a pixel's squared difference is smaller than with independent noise."""
    assert noise.correlation is not None
    every = torch.arange(across * across, device=at.device)
    down, right = at[:, None] // across - every // across, at[:, None] % across - every % across
    variance = noise.variance(band.guide.mean(0))[band.inside[0] > 0].mean() / len(band.guide)
    return 2 * variance * noise.correlation[down, right]
