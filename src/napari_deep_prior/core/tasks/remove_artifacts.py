"""RemoveArtifacts: what the making of the image added to it: the blocks of JPEG, or stripes of detector and ion beam."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.parameters import OnlyIf
from napari_deep_prior.core.physics import jpeg, jpeg_compression
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.jpeg_compression import Rounding
from napari_deep_prior.core.physics.stages import DegradationStages, Stage
from napari_deep_prior.core.physics.stripes import Stripes, _across
from napari_deep_prior.core.tasks._base import AbstractTask, Need


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

    def instrument(self, observed: torch.Tensor) -> ForwardModel:
        if self.artifact == "stripes":
            return Stripes(observed, self._vertical(observed), self.stripe_length)
        return Rounding(observed) if observed.shape[1] == 1 else ForwardModel(self.degrade)

    def returned(self, drawn: torch.Tensor, observed: torch.Tensor, instrument: ForwardModel) -> torch.Tensor:
        return observed - instrument.stripes() if isinstance(instrument, Stripes) else drawn

    def again(
        self, observed: torch.Tensor, weight: torch.Tensor, begun: torch.Tensor | None
    ) -> DegradationStages | None:
        """Compressed once more, on a grid that lies anywhere in the picture; undone by one that knows where its grid lies.

        Learnt from the mean over all grids: a picture nearly without blocks.
        """
        compression = jpeg_compression.detect_compression(observed) if self.artifact == "blocks" else None
        if compression is None:
            return None

        def meet(x: torch.Tensor) -> torch.Tensor:
            return compression.within(x, observed)

        start = meet(compression.smoothed(observed))

        def pictures(result: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
            # Not from results: early ones are behind the start, and would teach their blocks.
            return (start,)

        def show(y: torch.Tensor) -> torch.Tensor:
            return torch.cat([y, jpeg_compression.block_position_channels(y)], 1)

        once = Stage(lose=lambda x, _: compression.compressed(x), show=show, meet=meet)
        return DegradationStages(
            rounds=(once,), pictures=pictures, multiple=2 * jpeg.SIDE, beside=jpeg_compression.BESIDE
        )

    def need(self, plane: NDArray[np.generic]) -> Need:
        compressed = self.artifact == "blocks" and jpeg_compression.detect_compression(
            torch.from_numpy(plane.astype(np.float32))[None]
        )
        return "blocks" if compressed else "artifacts"

    def _vertical(self, observed: torch.Tensor) -> bool:
        if self.direction != "auto":
            return self.direction == "vertical"
        along_y, along_x = (_across(x).mean(2).square().mean() for x in (observed, observed.mT))
        return bool(along_y >= along_x)
