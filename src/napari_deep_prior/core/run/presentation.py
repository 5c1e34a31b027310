"""Presentation: what a plane's fit shows of itself, in the caller's units and axis order."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.methods import Method
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.recovery import BestResult
from napari_deep_prior.core.solver.ensemble import Ensemble

Picture = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Image and uncertainty of a plane, in the caller's units and axis order."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Presentation:
    """From the tensors of a fit to the arrays of its plane.

    `unmeasured` is the least uncertainty of the result where nothing was measured, (c, [z,] y, x) in the caller's units: outputs
    that agree there have only the same prejudice. None: all was measured.
    """

    plane: PreparedPlane
    method: Method
    solver: Ensemble
    unmeasured: NDArray[np.float32] | None = None

    def invented(self) -> NDArray[np.bool_]:
        """Where no measurement stands behind the result, ([z,] y, x): in holes, held-out pixels, and all finer pixels."""
        plane = self.plane
        if not plane.same_grid:
            return np.ones(plane.output_shape, np.bool_)
        return (~plane.masks.known | self.solver.hold_out.invented) & ~plane.masks.kept

    def picture(self, result: BestResult) -> Picture:
        """Image and uncertainty of a state of the fit."""
        plane, spread = self.plane, self._spread(result)
        image, deviation = (
            self._possible(plane.scaling.to_units(result.image)),
            plane.scaling.deviation_to_units(spread),
        )
        if self.method.leaves_noise and plane.same_grid and plane.noise:
            deviation = plane.noise.total_std(image, deviation)
        if self.unmeasured is not None:
            deviation = np.maximum(deviation, self.unmeasured)
        if plane.masks.kept.any():  # never where the result's grid is another
            image = np.where(plane.masks.kept, plane.pixels, image).astype(np.float32)
            deviation = np.where(plane.masks.kept, np.float32(0), deviation)
        image, deviation = plane.with_flat(image, value=True), plane.with_flat(deviation, value=False)
        picture = plane.axes.from_cyx(image), plane.axes.from_cyx(deviation)
        for array in picture:
            array.flags.writeable = False  # what is shown is kept: nobody who looks at it may change it
        return picture

    def _possible(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Not below 0 where no pixel that was measured is: counts of light have no negative values."""
        measured = self.plane.pixels[:, self.plane.masks.known]
        return np.maximum(image, np.float32(0)) if measured.min(initial=0) >= 0 else image

    def _spread(self, result: BestResult) -> torch.Tensor:
        if not result.iteration:
            # The starting estimate has no spread of its own: how far the network's output lies from it shows where it is uncertain.
            return (self.solver.image - result.image).abs()
        estimate = self.solver.full_estimate() if self.solver.has_estimate else None
        return self.method.spread(result.deviation, result.image, estimate)
