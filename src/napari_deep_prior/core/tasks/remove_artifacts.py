"""RemoveArtifacts: what the making of the image added to it: the blocks of JPEG, or stripes of detector and ion beam."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.methods import Evidence, Method
from napari_deep_prior.core.methods.deep_image_prior import DeepImagePrior
from napari_deep_prior.core.methods.zero_shot import ZeroShot
from napari_deep_prior.core.networks.catalogue import HALF_RESOLUTION
from napari_deep_prior.core.parameters import OnlyIf
from napari_deep_prior.core.physics import jpeg, jpeg_compression
from napari_deep_prior.core.physics.forward_model import ForwardModel, Identity
from napari_deep_prior.core.physics.jpeg_compression import JPEGRounding
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.physics.stripes import Stripes, are_vertical
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.core.tasks._candidates import by_wish


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RemoveArtifacts(AbstractTask):
    """Take away blocks and halos of JPEG compression, or stripes and curtains.

    Blocks: the steps are found to which the file has rounded, and the network learns from the image compressed once more. It
    may draw anything that would have been rounded so; as in the paper (Ulyanov et al. 2018, section 3.1) with method deep-image-prior.
    Stripes are fitted as rows or columns beside the network, which draws the rest, and are subtracted from the image as it
    was measured.

    Convention: JPEG's blocks begin in the upper left corner, so do not crop the image before.
    """

    title: ClassVar[str] = "Remove artifacts"
    past: ClassVar[str] = "artifacts removed"
    menu: ClassVar[str] = "Remove artifacts from the selected image…"
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

    def forward_model(self, observed: torch.Tensor, masks: Masks) -> ForwardModel:
        if self.artifact == "stripes":
            vertical = are_vertical(observed) if self.direction == "auto" else self.direction == "vertical"
            return Stripes(observed, vertical=vertical, length=self.stripe_length)
        return JPEGRounding(observed) if observed.shape[1] == 1 else Identity()

    def methods(self, evidence: Evidence) -> Sequence[Method]:
        zero_shot = ZeroShot(
            because="the steps are known to which the file was rounded",
            extra_channels=jpeg_compression.POSITION_CHANNELS,
            size_multiple=2 * jpeg.SIDE,
        )
        prior = DeepImagePrior(
            smoothing_sigma=1.0, muon=False, because="neighbouring pixels share what is to be removed"
        )
        return (zero_shot, prior, *by_wish(HALF_RESOLUTION))

    def repeatable(self, plane: NDArray[np.generic] | None) -> bool:
        if self.artifact != "blocks" or plane is None:
            return self.artifact == "blocks"
        return jpeg_compression.detect_compression(torch.from_numpy(plane.astype(np.float32))[None]) is not None

    def stages(
        self, observed: torch.Tensor, weight: torch.Tensor, model: ForwardModel, estimate: torch.Tensor | None
    ) -> DegradationStages | None:
        return jpeg_compression.deblocking_stages(observed) if self.artifact == "blocks" else None

    def finish(
        self, output: torch.Tensor, observed: torch.Tensor, masks: Masks, model: ForwardModel, *, fits_known: bool
    ) -> torch.Tensor:
        """Stripes are subtracted from the image as it was measured: what the network drew beside them is not needed."""
        return model.remove_nuisance(observed) if self.artifact == "stripes" else output
