"""RemoveArtifacts: what the making of the image added to it: the blocks of JPEG, or stripes of detector and ion beam."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from annotated_types import Ge
from numpy.typing import NDArray
from torch import nn
from typing_extensions import Doc

from napari_deep_prior.core import jpeg, recompression
from napari_deep_prior.core.again import Again, Round
from napari_deep_prior.core.instrument import Instrument
from napari_deep_prior.core.parameters import OnlyIf
from napari_deep_prior.core.tasks._base import AbstractTask, Need

_REACH = 15
"""Stripes are narrower than twice this many pixels: what is broader across them is background, and left alone."""

_PULL = 0.3
"""How much the middle of a rounding interval is preferred to its ends."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RemoveArtifacts(AbstractTask):
    """Take away blocks and halos of JPEG compression, or stripes and curtains.

    Blocks: the steps are found to which the file has rounded, and the network learns from the image compressed once more. It
    may draw anything that would have been rounded so; as in the paper (Ulyanov et al. 2018, section 3.1) with method code.
    Stripes are fitted as rows or columns beside the network, which draws the rest, and are subtracted from the image as it
    was measured.

    Convention: JPEG's blocks begin in the upper left corner, so do not crop the image before.
    """

    title: ClassVar[str] = "Remove artifacts"
    summary: ClassVar[str] = "Removes the blocks and halos of JPEG compression, or stripes along rows or columns."
    order: ClassVar[int] = 40
    planes_only: ClassVar[bool] = True

    artifact: Annotated[Literal["blocks", "stripes"], Doc("What to remove: blocks of JPEG, or stripes.")] = "blocks"
    direction: Annotated[
        Literal["auto", "vertical", "horizontal"],
        OnlyIf("artifact", "stripes"),
        Doc("Along which axis stripes run. auto: along the more striped one."),
    ] = "auto"
    stripe_length: Annotated[
        int,
        Ge(8),
        OnlyIf("artifact", "stripes"),
        Doc("Over how many pixels along it a stripe may change its strength."),
    ] = 64

    def instrument(self, observed: torch.Tensor) -> Instrument:
        if self.artifact == "stripes":
            return _Stripes(observed, self._vertical(observed), self.stripe_length)
        return _Rounding(observed) if observed.shape[1] == 1 else Instrument(self.degrade)

    def returned(self, drawn: torch.Tensor, observed: torch.Tensor, instrument: Instrument) -> torch.Tensor:
        return observed - instrument.stripes() if isinstance(instrument, _Stripes) else drawn

    def again(self, observed: torch.Tensor, weight: torch.Tensor, begun: torch.Tensor | None) -> Again | None:
        """Compressed once more, on a grid that lies anywhere in the picture; undone by one that knows where its grid lies.

        Learnt from the mean over all grids: a picture nearly without blocks.
        """
        compression = recompression.found(observed) if self.artifact == "blocks" else None
        if compression is None:
            return None

        def meet(x: torch.Tensor) -> torch.Tensor:
            return compression.within(x, observed)

        start = meet(compression.smoothed(observed))

        def pictures(result: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
            # Not from results: early ones are behind the start, and would teach their blocks.
            return (start,)

        def show(y: torch.Tensor) -> torch.Tensor:
            return torch.cat([y, recompression.place_in_block(y)], 1)

        once = Round(lose=lambda x, _: compression.compressed(x), show=show, meet=meet)
        return Again(rounds=(once,), pictures=pictures, multiple=2 * jpeg.SIDE, beside=recompression.BESIDE)

    def need(self, plane: NDArray[np.generic]) -> Need:
        compressed = self.artifact == "blocks" and recompression.found(torch.from_numpy(plane.astype(np.float32))[None])
        return "blocks" if compressed else "artifacts"

    def _vertical(self, observed: torch.Tensor) -> bool:
        if self.direction != "auto":
            return self.direction == "vertical"
        along_y, along_x = (_across(x).mean(2).square().mean() for x in (observed, observed.mT))
        return bool(along_y >= along_x)


class _Rounding(Instrument):
    """A coefficient within half a step of the observed one would have been rounded to it: as good as the observed."""

    def __init__(self, observed: torch.Tensor) -> None:
        super().__init__(self._rounded)
        found = recompression.found(observed)
        self.reach: torch.Tensor
        self.measured: torch.Tensor
        reach = torch.zeros(8, 8) if found is None else found.steps * float(found.units) / 2
        self.register_buffer("reach", reach.to(observed))
        self.register_buffer("measured", observed)

    def _rounded(self, x: torch.Tensor) -> torch.Tensor:
        off = jpeg.to_blocks(x - self.measured)
        inside = off.clamp(-self.reach, self.reach)
        return x - (1 - _PULL) * jpeg.from_blocks(inside, x.shape)


class _Stripes(Instrument):
    """A value for every column (or row), which changes slowly along it and has nothing broad across.

    It starts from medians, so that the network finds hardly any stripes to draw, and is fitted slowly from there.
    """

    rate = 0.05

    def __init__(self, observed: torch.Tensor, vertical: bool, length: int) -> None:
        super().__init__(lambda x: x + self.stripes())
        self._vertical, self._shape = vertical, observed.shape
        upright = observed if vertical else observed.mT
        pieces = max(1, math.ceil(upright.shape[2] / length))
        rough = [piece.median(2).values for piece in _across(upright).tensor_split(pieces, 2)]
        self.heights = nn.Parameter(torch.stack(rough, 2))

    def undo(self, observed: torch.Tensor) -> torch.Tensor:
        return observed - self.stripes()

    def stripes(self) -> torch.Tensor:
        """(1, c, y, x): what was added."""
        size = self._shape[-2:] if self._vertical else self._shape[-2:][::-1]
        fine = _across(self.heights)
        whole = F.interpolate(fine, size=tuple(size), mode="bilinear", align_corners=False)
        return whole if self._vertical else whole.mT


def _across(x: torch.Tensor) -> torch.Tensor:
    """The fine part of each row: itself less its running mean."""
    reach = min(_REACH, x.shape[-1] - 1)
    if reach == 0:
        return torch.zeros_like(x)
    wide = F.pad(x, (reach, reach, 0, 0), mode="reflect")
    return x - F.avg_pool2d(wide, (1, 2 * reach + 1), 1)
