"""Denoise: every pixel was observed, with noise, or some of them without."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.imaging.local_flux import flux_width
from napari_deep_prior.core.methods import Evidence, Method
from napari_deep_prior.core.methods.nl_ridge import NLRidge
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.noise.regions import noise_regions
from napari_deep_prior.core.noise.robust import robust_sigma
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.parameters import Companion, FromLayer, OfImage, OnlyIf, Typical
from napari_deep_prior.core.tasks import _guide
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.core.tasks._candidates import DENOISERS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Denoise(AbstractTask):
    """Take the noise away. The observed image is the wanted one plus noise.

    Convention: as in a labels layer, non-zero means noisy; the rest is clean and comes back as it was. A blank border, which
    is exactly alike from the edges inwards, was not measured and comes back as it was too.

    References
    ----------
    Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018, section 3.1.
    """

    title: ClassVar[str] = "Denoise"
    past: ClassVar[str] = "denoised"
    menu: ClassVar[str] = "Denoise the selected image…"
    summary: ClassVar[str] = "Takes the noise away. For any image in which the noise is finer than what you look for."
    order: ClassVar[int] = 0
    citation: ClassVar[str] = (
        "Foi, A., Trimeche, M., Katkovnik, V. & Egiazarian, K. Practical Poissonian-Gaussian noise modeling and fitting for "
        "single-image raw-data. IEEE Transactions on Image Processing 17, 1737-1754 (2008)."
    )

    guide: _guide.Guide = None
    noisy_region: Annotated[
        Companion | None,
        FromLayer("labels"),
        Doc("Labels over the image where only a part of it is noisy: pixels that are 0 are returned unchanged."),
    ] = None

    mask: Annotated[
        Companion | None,
        FromLayer("labels", title="missing pixels"),
        Doc(
            "Labels over the image: pixels that are not 0 are missing or spoilt. They do not count, and are filled in, as are "
            "pixels that are NaN."
        ),
    ] = None

    noise: Annotated[
        Literal["auto", "gaussian", "poisson-gaussian", "outliers"],
        Doc(
            "What kind of noise to expect. auto: as measured at each brightness, with all pixels counting alike. gaussian: as "
            "strong in dark as in bright parts. poisson-gaussian: of photons and camera; dark parts, where it is weaker, count "
            "more. outliers: some pixels are far off, such as salt and pepper or hot pixels."
        ),
    ] = "auto"
    gain: Annotated[
        float | Literal["auto"],
        Typical(1),
        Gt(0),
        OfImage(),
        Doc("Grey values per photo-electron, from the camera's data sheet. auto: measured in the image."),
    ] = "auto"
    offset: Annotated[
        float,
        OnlyIf("gain", "auto", differs=True),
        OfImage(),
        Doc("Grey value of a pixel without light; counts where gain is a number."),
    ] = 0.0
    read_noise: Annotated[
        float,
        Ge(0),
        OnlyIf("gain", "auto", differs=True),
        OfImage(),
        Doc(
            "Standard deviation of the camera's read noise in grey values (electrons times gain); counts where gain is a number."
        ),
    ] = 0.0

    def guide_image(self) -> torch.Tensor | None:
        return _guide.shown(self.guide)

    def check(self, observed: tuple[int, ...]) -> None:
        _guide.check(self.guide)
        if self.gain == "auto" and (self.offset or self.read_noise):
            raise ValueError(
                f"offset = {self.offset}, read_noise = {self.read_noise}: without a gain they say nothing. Give the gain too, "
                "or leave all three to be measured."
            )
        if self.gain != "auto" and self.noise == "gaussian":
            raise ValueError(
                f"gain = {self.gain}, noise = 'gaussian': noise that is as strong in dark as in bright parts has no gain. "
                "Choose the noise 'poisson-gaussian' or 'auto', or leave the gain at 'auto'."
            )

    def adjust_noise(self, noise: NoiseEstimate, plane: NDArray[np.generic], masks: Masks) -> NoiseEstimate:
        if self.noise == "outliers":
            sigma = robust_sigma(plane, masks.known & masks.noisy)
            noise = dataclasses.replace(noise, sigma=sigma, gain=0.0, base=sigma**2, outliers=True)
        elif self.noise == "gaussian":
            noise = dataclasses.replace(noise, gain=0.0, base=noise.sigma**2)
        if isinstance(self.gain, str):
            return noise
        base = self.read_noise**2 - self.gain * self.offset
        mean = float(np.mean(plane[:, masks.known & masks.noisy].astype(np.float64)))
        sigma = math.sqrt(max(self.gain * mean + base, 1e-6 * self.gain**2))
        return dataclasses.replace(noise, sigma=sigma, gain=self.gain, base=base)

    def masks(self, plane: NDArray[np.generic]) -> Masks:
        noisy = None if self.noisy_region is None else np.asarray(self.noisy_region != 0)
        missing = None if self.mask is None else np.asarray(self.mask != 0)
        return Masks.of(plane, noisy=noisy, kept=None if noisy is None else ~noisy).where_measured(plane, missing)

    def noise_masks(self, plane: NDArray[np.generic], masks: Masks) -> Masks:
        if self.noisy_region is not None or self.gain != "auto" or self.noise == "outliers":
            return masks  # the user knows better, or pixels that are far off are no measure of noise
        regions = noise_regions(plane, masks.known)
        return masks if regions is None else masks.differing(regions.strength, regions.clean)

    def flux_sigma(self, noise: NoiseModel | None) -> float | None:
        """As wide as sees many photons; outliers are no light, and are to go with theirs."""
        if noise is None or self.noise == "outliers":
            return None
        return flux_width(noise.photons)

    def methods(self, evidence: Evidence) -> Sequence[Method]:
        return (*DENOISERS, NLRidge())

    def misfit(self, noise: NoiseModel | None) -> losses.Misfit:
        if noise is None or self.noise in ("auto", "gaussian"):
            return losses.Misfit(losses.gaussian, shows_noise=True)
        loss = losses.huber if self.noise == "outliers" else losses.poisson_gaussian
        return losses.Misfit(loss(noise.variance_at), shows_noise=True)
