"""PatchGatherer: patches of several images of one place, each turned by its own symmetry of the square, cut out at once."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.sampling.patches import Place


class PatchGatherer:
    """One look-up for all patches and images. A slice and a turn for each would be a launch each on a graphics card.

    Parameters
    ----------
    images
        (1, c, [z,] y, x) each, of the same place, by their names.
    shape
        ([z,] y, x) of a patch, square in (y, x).
    """

    def __init__(self, images: Mapping[str, torch.Tensor], shape: tuple[int, ...]) -> None:
        self._names, self._channels = list(images), [image.shape[1] for image in images.values()]
        stack = torch.cat([*images.values()], 1)[0]
        self._pixels = stack.flatten(1).T.contiguous()
        self._strides = stack[0].contiguous().stride()
        offsets = torch.zeros((1, 1, *shape), dtype=torch.int64, device=stack.device)
        for axis, stride in enumerate(self._strides):
            along = torch.arange(shape[axis], device=stack.device) * stride
            offsets += along.view(-1, *(1,) * (len(shape) - axis - 1))
        self._offsets = torch.cat([forth(offsets)[0] for forth, _ in DIHEDRAL])

    def gather(self, places: list[Place], symmetries: list[int]) -> dict[str, torch.Tensor]:
        """The patch at each place, turned by its symmetry (an index of `DIHEDRAL`): (places, c, [z,] y, x) by the image's name."""
        starts = [sum(s.start * stride for s, stride in zip(place, self._strides, strict=True)) for place in places]
        chosen = torch.tensor([starts, symmetries]).to(self._pixels.device)
        at = self._offsets[chosen[1]] + chosen[0].view(-1, *(1,) * (self._offsets.ndim - 1))
        patches = self._pixels[at.flatten()].view(*at.shape, -1).movedim(-1, 1)
        return dict(zip(self._names, torch.split(patches, self._channels, 1), strict=True))
