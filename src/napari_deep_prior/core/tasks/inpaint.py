"""Inpaint: some pixels are missing; they are drawn from what surrounds them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Le
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.imaging import blending
from napari_deep_prior.core.methods import Evidence, Method
from napari_deep_prior.core.methods._network import Published
from napari_deep_prior.core.methods.deep_image_prior import DeepImagePrior
from napari_deep_prior.core.methods.hole_filling import HoleFilling
from napari_deep_prior.core.networks.catalogue import LARGE_HOLES, SMALL_HOLES
from napari_deep_prior.core.parameters import Companion, FromLayer, OfImage, Typical
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.tasks import _guide
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.core.tasks._candidates import DENOISERS, by_wish

WIDE = 8.0
"""Typical width of the holes, in pixels, from which on they count as wide."""

_RIM_SIGMA = 1.0
"""Sigma in pixels of the Gaussian by which differences along the rim of a hole are averaged before they are removed."""

_COARSE_SIGMA = 1 / 6
"""Sigma of the Gaussian above which the coarse level of a wide hole is a smooth surface, in units of the hole's width."""

_LISTED = 5
"""As many labels are named to somebody who asked for one that is not there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inpaint(AbstractTask):
    """Fill in missing pixels: the network is fitted to the known ones only (Ulyanov et al. 2018, section 3.3).

    What stands in the holes is invented by the prior: do not measure intensities there.

    Convention: as in a labels layer, non-zero means missing.
    """

    title: ClassVar[str] = "Inpaint"
    past: ClassVar[str] = "inpainted"
    menu: ClassVar[str] = "Inpaint the selected image…"
    summary: ClassVar[str] = (
        "Fills in the pixels under a mask: text, scratches, dead pixels. What it draws there is invented."
    )
    order: ClassVar[int] = 10

    mask: Annotated[
        Companion,
        FromLayer("labels"),
        Doc("Labels over the image: every pixel that is not 0 is missing and gets filled in."),
    ]
    label: Annotated[
        int | Literal["any"],
        Typical(1),
        Ge(0),
        OfImage(),
        Doc("Fill in the pixels of this label only. any: of all but 0."),
    ] = "any"
    invert_mask: Annotated[bool, OfImage(), Doc("Fill in the other pixels instead: the labels mark what is known.")] = (
        False
    )
    dilate_by: Annotated[
        int, Ge(0), Le(100), Typical(1), Doc("Widen the holes by so many pixels, where their edges are spoilt as well.")
    ] = 0
    keep_known: Annotated[bool, Doc("Return the known pixels untouched. Switch off to have them denoised as well.")] = (
        True
    )
    blend_seams: Annotated[
        bool,
        Doc(
            "Shift the brightness of what is drawn so that it meets the known pixels around it, and in wide holes does not stray "
            "from theirs. Changes the filled in pixels only; not in volumes."
        ),
    ] = True

    guide: _guide.Guide = None

    def guide_image(self) -> torch.Tensor | None:
        return _guide.shown(self.guide)

    def check(self, observed: tuple[int, ...]) -> None:
        _guide.check(self.guide)

    def masks(self, plane: NDArray[np.generic]) -> Masks:
        marked = self.mask != 0 if isinstance(self.label, str) else self.mask == self.label
        known = ~_dilated(np.asarray(marked != self.invert_mask), self.dilate_by)
        return Masks.of(plane, known=known, kept=known & self.keep_known)

    def nothing_marked(self) -> str:
        there = [str(label) for label in np.unique(self.mask) if label]
        if isinstance(self.label, str) or not there:
            return ""
        listed = there if len(there) <= _LISTED else [*there[:_LISTED], "others"]
        return f"no pixel has the label {self.label}; there {'are' if len(listed) > 1 else 'is'} {' and '.join(listed)}"

    def methods(self, evidence: Evidence) -> Sequence[Method]:
        wide = evidence.holes.typical_width >= WIDE
        if not (self.keep_known or wide):
            # A network fitted to noise that is to be left out draws it within tens of steps. The denoisers do not, and fill
            # narrow holes by the way.
            return DENOISERS
        networks, sigma = (LARGE_HOLES, 3.5) if wide else (SMALL_HOLES, 2.5)
        published = Published(iterations=5000 if wide else 6000, input_noise=0.03, averaging=0.0)
        prior = DeepImagePrior(
            networks=networks,
            smoothing_sigma=sigma,
            input_noise=0.02,
            code_channels=8,
            muon=wide,
            fills_holes=True,
            because=self._because(wide),
            published=published,
        )
        filling = HoleFilling(smoothing_sigma=sigma, biharmonic_base=self.keep_known)
        others = by_wish(networks, smoothing_sigma=sigma, fills_holes=True, published=published)
        return (filling, prior, *others) if self.keep_known else (prior, filling, *others)

    def _because(self, wide: bool) -> str:
        if not self.keep_known:
            return "there are wide holes to fill, and noise to leave out"
        return "there are wide holes to fill" if wide else "there are missing pixels to fill"

    def finish(
        self, output: torch.Tensor, observed: torch.Tensor, masks: Masks, model: ForwardModel, *, fits_known: bool
    ) -> torch.Tensor:
        if output.ndim != 4:
            return output
        known = torch.from_numpy(masks.known).to(output)[None, None]
        if fits_known and self.keep_known and self.blend_seams:
            output = self._blended(output, observed, known, masks.holes.typical_width)
        # In the middle of a wide hole nothing holds the network, and colours may run away there.
        low = torch.where(known > 0, observed, math.inf).amin((2, 3), keepdim=True)
        high = torch.where(known > 0, observed, -math.inf).amax((2, 3), keepdim=True)
        return torch.where(known > 0, output, output.clamp(low, high))

    def _blended(self, output: torch.Tensor, observed: torch.Tensor, known: torch.Tensor, width: float) -> torch.Tensor:
        """The output shifted so that it meets the known pixels around holes of this typical width."""
        if width >= WIDE:
            output = blending.match_coarse_level(output, observed, known, _COARSE_SIGMA * width)
        return blending.seamless_blend(output, observed, known, _RIM_SIGMA)


def _dilated(holes: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Holes ([z,] y, x) dilated by so many pixels in y and x, by squares and crosses in turn: nearly by a disk."""
    for step in range(pixels):
        padded = np.pad(holes, [(0, 0)] * (holes.ndim - 2) + [(1, 1), (1, 1)])
        along_y = padded[..., :-2, :] | padded[..., 1:-1, :] | padded[..., 2:, :]
        neighbours = along_y if step % 2 else padded[..., 1:-1, :]
        holes = along_y[..., 1:-1] | neighbours[..., :-2] | neighbours[..., 2:]
    return holes
