"""HoleFilling: the network learns to fill holes like the mask's where it is known what stands there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from napari_deep_prior.core.methods._base import Evidence
from napari_deep_prior.core.methods._image import ImageConfig, ImageMethod
from napari_deep_prior.core.methods._network import AVERAGING, NetworkConfig
from napari_deep_prior.core.networks.catalogue import SMALL_HOLES, Networks, Preset
from napari_deep_prior.core.sampling.image_sampler import ImageSampling
from napari_deep_prior.core.stopping import Criterion
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels

_STEPS: Mapping[Preset, int] = {"fast": 500, "balanced": 3000, "best": 8000}
"""More steps always gain."""

_PATCH_SIZE = 128

_SINGLE_PIXELS = 2.5
"""Typical width up to which holes are single pixels. Wider ones are laid over known pixels as they are, where most is known."""

_TOO_FAR = 16.0
"""Typical width of holes in pixels from which their middle is too far from all that is known to be predicted: the mean of all
that it could be, at which training arrives, is a smear there. Where most is missing, nothing else helps."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoleFilling(ImageMethod):
    """Known pixels are hidden, single ones and under copies of the mask's own holes, and the network predicts them.

    Full-image passes hide fewer pixels than most training samples, and others each time: the mean of their outputs is better
    than any, and the hidden pixels show how good it is. Textures occur in one orientation, so nothing is flipped or turned.

    Attributes
    ----------
    biharmonic_base
        Whether the output is added to the smoothest surface through the known pixels, which have to be free of noise.
    """

    name: ClassVar[str] = "hole-filling"
    summary: ClassVar[str] = (
        "the image with more holes like the mask's, under which it must predict the known pixels; for images without noise."
    )
    order: ClassVar[int] = 11
    citation: ClassVar[str] = (
        "Batson, J. & Royer, L. Noise2Self: Blind Denoising by Self-Supervision. ICML, PMLR 97, 524-533 (2019)."
    )
    requires: ClassVar[str] = "needs holes to fill, as of a mask of Inpaint."
    uncertainty: ClassVar[str] = (
        "How much the late outputs differ, and the part of the noise that stays in all of them."
    )
    leaves_noise: ClassVar[bool] = True

    networks: Networks = dataclasses.field(default_factory=lambda: SMALL_HOLES)
    because: str = "the network learns to fill such holes where it is known what stands there"
    fills_holes: bool = True
    stops: bool = False
    biharmonic_base: bool = True

    def refuses(self, evidence: Evidence) -> str | None:
        if evidence.volume:
            return "fills holes in planes, not in volumes: switch volume off, or choose another method."
        if evidence.preset == "paper":
            return "has no published numbers: choose another preset, or another method."
        return None

    def suits(self, evidence: Evidence) -> str | None:
        too_far = evidence.holes.typical_width >= _TOO_FAR and evidence.holes.mostly_known
        return None if too_far else self.because

    def config(self, evidence: Evidence) -> NetworkConfig:
        hole_masks = evidence.holes.typical_width > _SINGLE_PIXELS and evidence.holes.mostly_known
        return ImageConfig(
            architecture=self.networks[evidence.preset],
            iterations=_STEPS[evidence.preset],
            averaging=AVERAGING[evidence.preset],
            sampling=ImageSampling(
                smoothing_sigma=self.smoothing_sigma,
                mask_fraction=(0.02, 0.06) if hole_masks else (0.2, 0.5),
                hole_masks=hole_masks,
                biharmonic_base=self.biharmonic_base,
                augment=False,
                patch_size=_PATCH_SIZE,
            ),
        )

    def held_out(self, evidence: Evidence) -> Criterion:
        return HiddenPixels(rule=self.stopping_rule)
