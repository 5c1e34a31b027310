"""SuperResolve: the detector's pixels were too large; finer ones are drawn that would have given the same image."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Le
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.methods import Evidence, Method
from napari_deep_prior.core.methods._network import Published
from napari_deep_prior.core.methods.deep_image_prior import FEW_PIXELS_STEPS, DeepImagePrior
from napari_deep_prior.core.methods.zero_shot import REFRESH_FRACTION, ZeroShot
from napari_deep_prior.core.networks.catalogue import UPSAMPLING, UPSAMPLING_WIDE
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.noise.robust import laplacian_sigma
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.parameters import Typical
from napari_deep_prior.core.physics import resampling
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.resampling import Downsampling
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.core.tasks._candidates import by_wish

_FINER = "there are finer pixels to draw"

_NOISE_KEPT = (
    "The result agrees with the image in each pixel, noise and all: turn on denoise too, and the noise is left out."
)

_REPEATABLE, _FEW = 4, 96**2
"""By factors above, and of images of so few pixels, the image made smaller still is hardly a picture to learn from."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuperResolve(AbstractTask):
    """Draw an image with smaller pixels that, made smaller again, is the observed one (Ulyanov et al. 2018, section 3.2).

    Learnt from the image itself, made smaller still (Shocher et al., CVPR 2018); as in the paper with method deep-image-prior, and where a
    small image leaves too little to learn from for so large a factor. What comes out is made to agree with the image, unless
    that is noisy.
    Errors count by their size, not their square: at edges, where a picture can never agree exactly with pixels this large,
    they would outweigh all else. These two are so with preset *paper* as well, whose authors do neither; theirs is also kernel *lanczos*.

    It sharpens edges that the pixels have coarsened. It does not see beyond the optics, and what is finer than the
    observed pixels is invented: count and measure in the observed image.

    Convention: the result covers the same field; the pixels of a factor 4 lie 4 by 4 under each observed one.
    """

    title: ClassVar[str] = "Super resolve"
    past: ClassVar[str] = "super resolved"
    menu: ClassVar[str] = "Super resolve the selected image…"
    summary: ClassVar[str] = (
        "Draws the image with smaller pixels and sharp edges. What is finer than the given pixels is invented."
    )
    order: ClassVar[int] = 20
    citation: ClassVar[str] = (
        "Irani, M. & Peleg, S. Improving resolution by image registration. CVGIP: Graphical Models and Image Processing 53, "
        "231-239 (1991)."
    )

    factor: Annotated[int, Ge(1), Le(16), Typical(4), Doc("How many times smaller the pixels become.")] = 2
    factor_y: Annotated[
        int | Literal["auto"],
        Typical(1),
        Ge(1),
        Le(16),
        Doc("The same along Y alone, for pixels that are not square. auto: as along X."),
    ] = "auto"
    kernel: Annotated[
        resampling.Kernel,
        Doc(
            "How the large pixels came about. area: each is the mean of the light on it, as in a camera. "
            "lanczos: by software that leaves out what is too fine, as in a picture that was made smaller."
        ),
    ] = "area"

    denoise_too: Annotated[
        bool,
        Doc(
            "Leave out the image's noise as well. Otherwise the result agrees with the image in each pixel, noise and all."
        ),
    ] = False

    @property
    def factors(self) -> tuple[int, int]:
        """Along (y, x)."""
        return (self.factor if isinstance(self.factor_y, str) else self.factor_y), self.factor

    def check(self, observed: tuple[int, ...]) -> None:
        if self.factors == (1, 1):
            raise ValueError("factor = 1: needs 2 or more, in Y or in X.")

    def keeps_noise(self) -> str:
        return "" if self.denoise_too else _NOISE_KEPT

    def forward_model(self, observed: torch.Tensor, masks: Masks) -> ForwardModel:
        return Downsampling(observed, self.factors, self.kernel)

    def output_shape(self, observed: tuple[int, ...]) -> tuple[int, ...]:
        return resampling.upsampled_shape(observed, self.factors)

    @classmethod
    def references(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        return () if parameters.get("denoise_too") else (cls.citation,)  # then it need not agree with the image

    def misfit(self, noise: NoiseModel | None) -> losses.Misfit:
        return losses.Misfit(losses.absolute)

    def methods(self, evidence: Evidence) -> Sequence[Method]:
        few_pixels = max(self.factors) > _REPEATABLE and evidence.pixels <= _FEW and not self.denoise_too
        networks, published = UPSAMPLING_WIDE if few_pixels else UPSAMPLING, Published(iterations=2000)
        # A coarse pixel kept out of the fit would leave many fine ones without a hold, so nothing stops it by itself.
        prior = DeepImagePrior(
            networks=networks,
            smoothing_sigma=0.0,
            input_noise=0.03 if few_pixels else 0.0,
            iterations=FEW_PIXELS_STEPS if few_pixels else None,
            stops=False,
            because="there are pixels to draw that are many times finer" if few_pixels else _FINER,
            published=published,
        )
        zero_shot = ZeroShot(because=_FINER, refresh_fraction=REFRESH_FRACTION)
        others = by_wish(networks, limits_steps=few_pixels, stops=False, published=published)
        return (prior, zero_shot, *others) if few_pixels else (zero_shot, prior, *others)

    def repeatable(self, plane: NDArray[np.generic] | None) -> bool:
        return True

    def stages(
        self, observed: torch.Tensor, weight: torch.Tensor, model: ForwardModel, estimate: torch.Tensor | None
    ) -> DegradationStages:
        noise = laplacian_sigma(observed[0].cpu().numpy(), weight[0, 0].cpu().numpy() > 0) if self.denoise_too else None
        return resampling.super_resolution_stages(observed, self.factors, self.kernel, noise=noise)

    def finish(
        self, output: torch.Tensor, observed: torch.Tensor, masks: Masks, model: ForwardModel, *, fits_known: bool
    ) -> torch.Tensor:
        agrees = fits_known and not self.denoise_too
        return resampling.back_project(output, observed, self.factors, self.kernel) if agrees else output
