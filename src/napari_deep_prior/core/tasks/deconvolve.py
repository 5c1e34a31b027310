"""Deconvolve: the optics have spread each point of light; the sharp image is drawn that they would have spread so."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.imaging.local_flux import flux_width
from napari_deep_prior.core.methods import Evidence, Method, plug_and_play
from napari_deep_prior.core.methods.deep_image_prior import DeepImagePrior
from napari_deep_prior.core.networks.catalogue import UPSAMPLING
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.parameters import Companion, FromLayer, OfImage, OnlyIf, Unit
from napari_deep_prior.core.physics import kernel_estimation
from napari_deep_prior.core.physics import psf as psf_models
from napari_deep_prior.core.physics.blur import Blur, UnknownBlur
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.measured_psf import MeasuredPSF, prepare_psf, reach
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.stopping.rules import EarlyStopping
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.core.tasks._candidates import by_wish

_RULE = EarlyStopping(patience=1.0, min_wait=150, keep_gain=0.05)
"""Seen through the blur, held-out pixels tell little of what is sharp: a small gain does not count against the start."""

_OPTICS = OnlyIf("blur", "optics")
_OPTICS_PARAMETERS = "numerical_aperture", "wavelength", "pixel_size", "z_step", "refractive_index"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deconvolve(AbstractTask):
    """Undo a blur that is the same everywhere: the network draws the sharp image, whose blurred version is fitted.

    With an unknown blur, its kernel is fitted beside the network, as values of 0 or more that sum to 1 (Ren et al.,
    SelfDeblur, CVPR 2020, with a plain table of values in place of their second network).

    Convention: the middle pixel of the PSF, ``size // 2``, is where a point stays; its sum is brought to 1. Light between the
    two middle pixels of an even side is moved onto the second one. Light from
    beyond the edges is drawn as well, and cut off the result. A PSF (z, y, x) takes the stack as a volume; in one, a PSF (y, x)
    blurs each plane by itself.
    """

    title: ClassVar[str] = "Deconvolve"
    past: ClassVar[str] = "deconvolved"
    menu: ClassVar[str] = "Deconvolve the selected image…"
    summary: ClassVar[str] = "Sharpens an image that the optics or a movement have blurred alike everywhere."
    order: ClassVar[int] = 30
    citation: ClassVar[str] = (
        "Almeida, M. S. C. & Figueiredo, M. A. T. Deconvolving images with unknown boundaries using the alternating direction "
        "method of multipliers. IEEE Transactions on Image Processing 22, 3074-3086 (2013)."
    )

    psf: Annotated[
        Companion | None,
        FromLayer("image", own_grid=True),
        OnlyIf("blur", "given"),
        Doc(
            "Image (y, x) of a single point, the point-spread function, with the image's pixel size; for blur given. One of "
            "(z, y, x) restores z-stacks as volumes."
        ),
    ] = None
    mask: Annotated[
        Companion | None,
        FromLayer("labels", title="missing pixels"),
        Doc(
            "Labels over the image: pixels that are not 0 are missing or spoilt. They do not count, and are filled in."
        ),
    ] = None
    blur: Annotated[
        Literal["given", "optics", "unknown"],
        Doc(
            "Where the blur is known from. given: from psf. optics: a Gaussian from numerical aperture, wavelength and pixel "
            "size. unknown: it is estimated too; look twice at the result."
        ),
    ] = "given"
    numerical_aperture: Annotated[float, Gt(0), Le(1.7), _OPTICS, Doc("Of the objective; for blur optics.")] = 1.0
    wavelength: Annotated[float, Gt(0), Unit("nm"), _OPTICS, Doc("Of the light, in nanometres; for blur optics.")] = (
        520.0
    )
    pixel_size: Annotated[
        float,
        Gt(0),
        Unit("nm", along="X"),
        _OPTICS,
        Doc("Side of a pixel in the sample, in nanometres; for blur optics."),
    ] = 100.0
    z_step: Annotated[
        float,
        Gt(0),
        Unit("nm", along="Z"),
        _OPTICS,
        Doc("From plane to plane in the sample, in nanometres; for blur optics and whole volumes."),
    ] = 300.0
    refractive_index: Annotated[
        float, Ge(1), Le(2), _OPTICS, Doc("Of the immersion: water 1.33, oil 1.52; for blur optics and whole volumes.")
    ] = 1.52
    psf_size: Annotated[
        int,
        Ge(3),
        Le(255),
        OnlyIf("blur", "unknown"),
        Doc("Side of the kernel to estimate, in pixels; for blur unknown."),
    ] = 15
    noise: Annotated[
        Literal["gaussian", "poisson"],
        Doc(
            "What kind of noise to expect. gaussian: alike in dark and bright parts. poisson: that of few photons; subtract "
            "the camera's offset with background."
        ),
    ] = "gaussian"
    background: Annotated[
        float,
        OfImage(),
        Doc("Value of a pixel without light, such as the camera's offset; the result never falls below it."),
    ] = 0.0

    @classmethod
    def references(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        return (cls.citation, kernel_estimation.CITATION) if parameters.get("blur") == "unknown" else (cls.citation,)

    def check(self, observed: tuple[int, ...]) -> None:
        if self.blur == "given":
            _check_psf(self.psf, len(observed))
        size = tuple(self.kernel(len(observed), observed).shape)
        room = reach(observed) if self.blur == "given" else observed
        if any(n > most for n, most in zip(size, room, strict=True)):
            raise ValueError(f"The PSF has {size} pixels, more than {room} for this image: crop it to the light in it.")

    def masks(self, plane: NDArray[np.generic]) -> Masks:
        return Masks.of(plane).where_measured(plane, None if self.mask is None else np.asarray(self.mask != 0))

    def forward_model(self, observed: torch.Tensor, masks: Masks) -> ForwardModel:
        kernel = self.kernel(observed.ndim - 2, tuple(observed.shape[2:]))
        photons = self.noise == "poisson"
        if self.blur != "unknown":
            return Blur(kernel, photons=photons)
        known = torch.from_numpy(masks.known).to(observed)[None, None]
        return UnknownBlur(observed, known, kernel, photons=photons)

    def notes(self, observed: tuple[int, ...]) -> tuple[str, ...]:
        return self._measured_psf(observed).notes if self.blur == "given" else ()

    def _measured_psf(self, observed: tuple[int, ...]) -> MeasuredPSF:
        psf = np.asarray(self.psf)
        return prepare_psf(psf[(None,) * (len(observed) - psf.ndim)], observed)

    def kernel(self, dims: int = 2, observed: tuple[int, ...] | None = None) -> torch.Tensor:
        """The known PSF of a plane or a volume, or the fallback for an unknown one: of sum 1, float64.

        Where the shape of the `observed` plane is given, a PSF that was measured is made ready for it.
        """
        if self.blur == "given":
            size = (np.iinfo(np.int64).max,) * dims if observed is None else observed
            values = torch.from_numpy(self._measured_psf(size).values)
        elif self.blur == "unknown":
            profile = psf_models.gaussian(self.psf_size / 6, self.psf_size // 2)[: self.psf_size]
            values = psf_models.outer_product([profile] * dims)
        else:
            values = psf_models.widefield_psf(dims, **{name: getattr(self, name) for name in _OPTICS_PARAMETERS})
        return values / values.sum()

    def wants_volume(self) -> bool:
        return self.blur == "given" and self.psf is not None and np.ndim(self.psf) == 3

    def lower_bound(self) -> float:
        return self.background

    def flux_sigma(self, noise: NoiseModel | None) -> float | None:
        """As wide as sees many photons. A blur keeps light; weights by noisy brightness lose some, and the lower bound makes some."""
        return None if noise is None else flux_width(noise.photons)

    def misfit(self, noise: NoiseModel | None) -> losses.Misfit:
        return losses.Misfit(losses.poisson if self.noise == "poisson" else losses.gaussian)

    def methods(self, evidence: Evidence) -> Sequence[Method]:
        unknown = self.blur == "unknown"
        because = "there is a blur to find out and to undo" if unknown else "there is a blur to undo"
        prior = DeepImagePrior(networks=UPSAMPLING, smoothing_sigma=1.0, muon=False, rule=_RULE, because=because)
        others = by_wish(UPSAMPLING, rule=_RULE)
        return (prior, *others) if unknown else (plug_and_play.PlugAndPlay(), prior, *others)

    def repeatable(self, plane: NDArray[np.generic] | None) -> bool:
        return self.blur != "unknown"

    def stages(
        self, observed: torch.Tensor, weight: torch.Tensor, model: ForwardModel, estimate: torch.Tensor | None
    ) -> DegradationStages | None:
        """Noise on the training images; the blur itself is undone between two passes of the denoising network."""
        if estimate is None or not isinstance(model, Blur):
            return None
        return plug_and_play.deconvolution_stages(estimate, *model.weighted(observed, weight), model.kernel)


def _check_psf(psf: NDArray[np.generic] | None, dims: int) -> None:
    if psf is None:
        raise ValueError("There is no PSF: give one as psf, or say where the blur is known from: optics or unknown.")
    shape = np.shape(psf)
    if len(shape) not in (2, dims) or 0 in shape:
        other = "; for one of (z, y, x) the image needs an axis Z" if dims == 2 else ", or (z, y, x)"
        raise ValueError(f"The PSF has shape {shape}: needs one plane (y, x){other}.")
    if not np.isfinite(psf).all():
        raise ValueError("The PSF holds pixels that are NaN or infinite: needs finite values.")
    if np.min(psf) < 0 or np.sum(psf) <= 0:
        raise ValueError(
            f"The PSF has a least value of {np.min(psf)} and a sum of {np.sum(psf)}: needs light, and nowhere less than 0."
        )
