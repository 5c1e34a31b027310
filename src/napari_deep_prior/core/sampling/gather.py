"""Windows: crops of several pictures of one place, each turned by its own symmetry of the square, cut out at once."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.sampling.patches import Place


class PatchGatherer:
    """One look-up for all crops and pictures, in place of a slice and a turn for each: on a graphics card each of these is a launch.

    Parameters
    ----------
    pictures
        (1, c, [z,] y, x) each, of the same place, by their names.
    shape
        Of a crop, square in (y, x).
    """

    def __init__(self, pictures: Mapping[str, torch.Tensor], shape: tuple[int, ...]) -> None:
        self._names, self._channels = list(pictures), [picture.shape[1] for picture in pictures.values()]
        stack = torch.cat([*pictures.values()], 1)[0]
        self._pixels = stack.flatten(1).T.contiguous()
        self._strides = stack[0].contiguous().stride()
        offsets = torch.zeros((1, 1, *shape), dtype=torch.int64, device=stack.device)
        for axis, stride in enumerate(self._strides):
            along = torch.arange(shape[axis], device=stack.device) * stride
            offsets += along.view(-1, *(1,) * (len(shape) - axis - 1))
        self._offsets = torch.cat([forth(offsets)[0] for forth, _ in DIHEDRAL])

    def cut(self, places: list[Place], turns: list[int]) -> dict[str, torch.Tensor]:
        """The crop at each place by its turn (an index of `DIHEDRAL`): (places, c, [z,] y, x) by the name of the picture."""
        starts = [sum(s.start * stride for s, stride in zip(place, self._strides, strict=True)) for place in places]
        chosen = torch.tensor([starts, turns]).to(self._pixels.device)
        at = self._offsets[chosen[1]] + chosen[0].view(-1, *(1,) * (self._offsets.ndim - 1))
        found = self._pixels[at.flatten()].view(*at.shape, -1).movedim(-1, 1)
        return dict(zip(self._names, torch.split(found, self._channels, 1), strict=True))
