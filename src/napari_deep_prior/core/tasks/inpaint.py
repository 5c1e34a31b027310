"""Inpaint: some pixels are missing; they are drawn from what surrounds them."""

from __future__ import annotations

import dataclasses
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.parameters import Companion, FromLayer
from napari_deep_prior.core.tasks._base import AbstractTask, Need


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inpaint(AbstractTask):
    """Fill in missing pixels: the network is fitted to the known ones only (Ulyanov et al. 2018, section 3.3).

    What stands in the holes is invented by the prior: do not measure intensities there.

    Convention: as in a labels layer, non-zero means missing.
    """

    title: ClassVar[str] = "Inpaint"
    summary: ClassVar[str] = (
        "Fills in the pixels under a mask: text, scratches, dead pixels. What it draws there is invented."
    )
    order: ClassVar[int] = 10

    mask: Annotated[
        Companion,
        FromLayer("labels"),
        Doc("Labels over the image: every pixel that is not 0 is missing and gets filled in."),
    ]
    keep_known: Annotated[bool, Doc("Return the known pixels untouched. Switch off to have them denoised as well.")] = (
        True
    )

    def known(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        return np.asarray(self.mask == 0)

    def need(self, plane: NDArray[np.generic]) -> Need:
        return "holes"

    def untouched(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        return self.known(plane) & self.keep_known
