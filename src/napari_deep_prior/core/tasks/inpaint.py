"""Inpaint: some pixels are missing; they are drawn from what surrounds them."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Le
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.imaging import blending
from napari_deep_prior.core.imaging import holes as gaps
from napari_deep_prior.core.parameters import Companion, FromLayer, Typical
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.tasks import _guide
from napari_deep_prior.core.tasks._base import AbstractTask, Need

WIDE = 8.0
"""Typical width of the holes in pixels from which they count as wide."""

_RIM = 1.0
"""Width in pixels of the Gaussian over the rim of a hole, whose mean difference is taken away."""

_COARSE = 1 / 6
"""Width of the Gaussian beyond which a surface tells what stands in a wide hole, in terms of the hole's."""


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
    label_number: Annotated[
        int | Literal["any"], Typical(1), Ge(0), Doc("Fill in the pixels of this label only. any: of all but 0.")
    ] = "any"
    invert_mask: Annotated[bool, Doc("Fill in the other pixels instead: the labels mark what is known.")] = False
    grow_by: Annotated[
        int, Ge(0), Le(100), Typical(1), Doc("Widen the holes by so many pixels, where their edges are spoilt as well.")
    ] = 0
    keep_known: Annotated[bool, Doc("Return the known pixels untouched. Switch off to have them denoised as well.")] = (
        True
    )
    hide_seams: Annotated[
        bool,
        Doc(
            "Shift the brightness of what is drawn so that it meets the known pixels around it, and in wide holes does not stray "
            "from theirs. Changes the filled in pixels only; not in volumes."
        ),
    ] = True

    guide: _guide.Guide = None

    def beside(self) -> torch.Tensor | None:
        return _guide.shown(self.guide)

    def check(self, observed: tuple[int, ...]) -> None:
        _guide.check(self.guide)

    def known(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        marked = self.mask != 0 if isinstance(self.label_number, str) else self.mask == self.label_number
        return ~_grown(np.asarray(marked != self.invert_mask), self.grow_by)

    def need(self, plane: NDArray[np.generic]) -> Need:
        if gaps.measure(self.known(plane)).typical_width >= WIDE:
            return "wide holes" if self.keep_known else "noisy wide holes"
        # Where the known pixels are noise to be left out, a network fitted to them draws it within tens of steps. The
        # denoisers do not, and fill narrow holes by the way.
        return "holes" if self.keep_known else "cleanness"

    def joined(self, drawn: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
        if drawn.ndim != 4:
            return drawn
        if not (self.keep_known and self.hide_seams):
            return drawn
        where = self.known(observed[0].cpu().numpy())
        known, width = torch.from_numpy(where).to(drawn)[None, None], gaps.measure(where).typical_width
        drawn = blending.match_coarse_level(drawn, observed, known, _COARSE * width) if width >= WIDE else drawn
        return blending.seamless_blend(drawn, observed, known, _RIM)

    def returned(self, drawn: torch.Tensor, observed: torch.Tensor, instrument: ForwardModel) -> torch.Tensor:
        if drawn.ndim != 4:
            return drawn
        known = torch.from_numpy(self.known(observed[0].cpu().numpy())).to(drawn)[None, None]
        # In the middle of a wide hole nothing holds the network, and colours may run away there.
        low = torch.where(known > 0, observed, math.inf).amin((2, 3), keepdim=True)
        high = torch.where(known > 0, observed, -math.inf).amax((2, 3), keepdim=True)
        return torch.where(known > 0, drawn, drawn.clamp(low, high))

    def untouched(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        return self.known(plane) & self.keep_known


def _grown(holes: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Wider by so many pixels in y and x: by squares and crosses in turn, which comes near to a circle."""
    for step in range(pixels):
        wide = np.pad(holes, [(0, 0)] * (holes.ndim - 2) + [(1, 1), (1, 1)])
        along_y = wide[..., :-2, :] | wide[..., 1:-1, :] | wide[..., 2:, :]
        beside = along_y if step % 2 else wide[..., 1:-1, :]
        holes = along_y[..., 1:-1] | beside[..., :-2] | beside[..., 2:]
    return holes
