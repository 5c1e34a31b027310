"""PatchGatherer: patches of several images of each of some places, each turned by its own symmetry of the square, cut out at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.sampling.patches import Place


class PatchGatherer:
    """One look-up for all patches and images. A slice and a turn for each would be a launch each on a graphics card.

    Parameters
    ----------
    pieces
        For each piece of the data, its images (1, c, [z,] y, x) by their names: the same names and shapes for all.
    shape
        ([z,] y, x) of a patch, square in (y, x).
    """

    def __init__(self, pieces: Sequence[Mapping[str, torch.Tensor]], shape: tuple[int, ...]) -> None:
        self._names, self._channels = list(pieces[0]), [image.shape[1] for image in pieces[0].values()]
        stacks = [torch.cat([piece[name] for name in self._names], 1)[0] for piece in pieces]
        self._pixels = torch.cat([stack.flatten(1).T for stack in stacks])
        stack = stacks[0]
        self._strides, self._size = stack[0].contiguous().stride(), stack[0].numel()
        offsets = torch.zeros((1, 1, *shape), dtype=torch.int64, device=stack.device)
        for axis, stride in enumerate(self._strides):
            along = torch.arange(shape[axis], device=stack.device) * stride
            offsets += along.view(-1, *(1,) * (len(shape) - axis - 1))
        self._offsets = torch.cat([forth(offsets)[0] for forth, _ in DIHEDRAL])

    def gather(self, places: list[Place], symmetries: list[int], pieces: list[int]) -> dict[str, torch.Tensor]:
        """The patch at each place of a piece, turned by its symmetry (an index of `DIHEDRAL`): (places, c, [z,] y, x) by image name."""
        starts = [
            piece * self._size + sum(s.start * stride for s, stride in zip(place, self._strides, strict=True))
            for piece, place in zip(pieces, places, strict=True)
        ]
        chosen = torch.tensor([starts, symmetries]).to(self._pixels.device)
        at = self._offsets[chosen[1]] + chosen[0].view(-1, *(1,) * (self._offsets.ndim - 1))
        patches = self._pixels[at.flatten()].view(*at.shape, -1).movedim(-1, 1)
        return dict(zip(self._names, torch.split(patches, self._channels, 1), strict=True))
