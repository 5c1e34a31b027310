"""Deconvolve: the optics have spread each point of light; the sharp image is drawn that they would have spread so."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray
from torch import nn
from typing_extensions import Doc

from napari_deep_prior.core import losses, operators
from napari_deep_prior.core.instrument import Instrument
from napari_deep_prior.core.parameters import Companion, FromLayer
from napari_deep_prior.core.tasks._base import AbstractTask, Need

_WIDTH = 0.21
"""Standard deviation of a focus in wavelengths over NA (Zhang, Zerubia, Olivo-Marin, Applied Optics 46, 2007: wide field)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deconvolve(AbstractTask):
    """Undo a blur that is the same everywhere: the network draws the sharp image, whose blurred version is fitted.

    With an unknown blur, its kernel is fitted beside the network, as values of 0 or more that sum to 1 (Ren et al.,
    SelfDeblur, CVPR 2020, with a plain table of values in place of their second network).

    Convention: the middle pixel of the PSF, ``size // 2``, is where a point stays; its sum is brought to 1. Light from
    beyond the edges is drawn as well, and cut off the result.
    """

    title: ClassVar[str] = "Deconvolve"
    summary: ClassVar[str] = "Sharpens an image that the optics or a movement have blurred alike everywhere."
    order: ClassVar[int] = 30

    psf: Annotated[
        Companion | None,
        FromLayer("image", own_grid=True),
        Doc("Image (y, x) of a single point, the point-spread function, with the image's pixel size; for blur given."),
    ] = None
    blur: Annotated[
        Literal["given", "optics", "unknown"],
        Doc(
            "Where the blur is known from. given: from psf. optics: a Gaussian from numerical aperture, wavelength and pixel "
            "size. unknown: it is estimated too; look twice at the result."
        ),
    ] = "given"
    numerical_aperture: Annotated[float, Gt(0), Le(1.7), Doc("Of the objective; for blur optics.")] = 1.0
    wavelength: Annotated[float, Gt(0), Doc("Of the light, in nanometres; for blur optics.")] = 520.0
    pixel_size: Annotated[float, Gt(0), Doc("Side of a pixel in the sample, in nanometres; for blur optics.")] = 100.0
    psf_size: Annotated[int, Ge(3), Le(255), Doc("Side of the kernel to estimate, in pixels; for blur unknown.")] = 15
    noise: Annotated[
        Literal["gaussian", "poisson"],
        Doc(
            "What kind of noise to expect. gaussian: alike in dark and bright parts. poisson: that of few photons; subtract "
            "the camera's offset with background."
        ),
    ] = "gaussian"
    background: Annotated[
        float, Doc("Value of a pixel without light, such as the camera's offset; the result never falls below it.")
    ] = 0.0

    @property
    def kernel(self) -> torch.Tensor:
        """The known PSF, or where the estimate of an unknown one starts: values of sum 1, float64."""
        if self.blur == "given":
            values = torch.from_numpy(np.array(self.psf, np.float64))
        elif self.blur == "unknown":
            values = _gaussian(self.psf_size / 6, self.psf_size // 2)[: self.psf_size, : self.psf_size]
        else:
            sigma = _WIDTH * self.wavelength / self.numerical_aperture / self.pixel_size
            values = _gaussian(sigma, max(1, math.ceil(4 * sigma)))
        return values / values.sum()

    def degrade(self, x: torch.Tensor) -> torch.Tensor:
        return operators.convolve(x, self.kernel)

    def instrument(self, observed: torch.Tensor) -> Instrument:
        return _UnknownBlur(self.kernel) if self.blur == "unknown" else _Blur(self.kernel)

    def margin(self) -> tuple[int, int]:
        rows, columns = operators.margin(self.kernel.shape)
        return rows, columns

    def lift(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = self.margin()
        return F.pad(x, (columns, columns, rows, rows), mode="replicate")

    def misfit(self, degraded: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        measure = losses.poisson if self.noise == "poisson" else losses.gaussian
        return measure(degraded, observed, weight)

    def need(self, plane: NDArray[np.generic]) -> Need:
        return "sharpness"

    def floor(self) -> float:
        return self.background

    def check(self, observed: tuple[int, ...]) -> None:
        if self.blur == "given":
            _check_psf(self.psf)
        large = tuple(self.kernel.shape)
        if any(n > size for n, size in zip(large, observed, strict=True)):
            raise ValueError(
                f"The PSF has {large} pixels, more than the image's {observed}: crop it to the light in it."
            )


class _Blur(Instrument):
    def __init__(self, kernel: torch.Tensor) -> None:
        super().__init__(lambda x: operators.convolve(x, self.kernel))
        self.kernel: torch.Tensor
        self.register_buffer("kernel", kernel.float())


class _UnknownBlur(Instrument):
    """Values that stay positive and of sum 1 whatever is added to their logarithms."""

    def __init__(self, start: torch.Tensor) -> None:
        super().__init__(lambda x: operators.convolve(x, self.logarithms.flatten().softmax(0).view_as(self.logarithms)))
        self.logarithms = nn.Parameter(start.clamp(min=1e-6).log().float())


def _gaussian(sigma: float, reach: int) -> torch.Tensor:
    distance = torch.arange(-reach, reach + 1, dtype=torch.float64)
    profile = torch.exp(-0.5 * (distance / sigma).square())
    return torch.outer(profile, profile)


def _check_psf(psf: NDArray[np.generic] | None) -> None:
    if psf is None:
        raise ValueError("There is no PSF: give one as psf, or say where the blur is known from: optics or unknown.")
    shape = np.shape(psf)
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"The PSF has shape {shape}: needs one plane (y, x).")
    if not np.isfinite(psf).all():
        raise ValueError("The PSF holds pixels that are NaN or infinite: needs finite values.")
    if np.min(psf) < 0 or np.sum(psf) <= 0:
        raise ValueError(
            f"The PSF has a least value of {np.min(psf)} and a sum of {np.sum(psf)}: needs light, and nowhere less than 0."
        )
