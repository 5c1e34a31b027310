"""Presentation: what a plane's fit shows of itself, in the caller's units and axis order."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.methods import Method
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.recovery import BestResult
from napari_deep_prior.core.solver.ensemble import Ensemble

Picture = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Image and uncertainty of a plane, in the caller's units and axis order."""


def in_units(
    plane: PreparedPlane,
    method: Method,
    image: torch.Tensor,
    spread: torch.Tensor,
    unmeasured: NDArray[np.float32] | None = None,
    error: ErrorFound | None = None,
) -> Picture:
    """Image and uncertainty of a plane from tensors (1, c, [z,] y, x), what is returned as it was put back.

    `unmeasured` as for `Presentation`. Where the `error` of the whole is known, the uncertainty has its mean square.
    """
    restored, deviation = _possible(plane, plane.scaling.to_units(image)), plane.scaling.deviation_to_units(spread)
    if method.leaves_noise and plane.same_grid and plane.noise:
        deviation = plane.noise.total_std(restored, deviation)
        if error is not None:
            deviation = plane.noise.with_mean_square(
                deviation, error.relative, restored, plane.masks.known & plane.masks.noisy
            )
    if unmeasured is not None:
        deviation = np.maximum(deviation, unmeasured)
    if plane.masks.kept.any():  # never where the result's grid is another
        restored = np.where(plane.masks.kept, plane.pixels, restored).astype(np.float32)
        deviation = np.where(plane.masks.kept, np.float32(0), deviation)
    restored, deviation = plane.in_plane(restored, value=True), plane.in_plane(deviation, value=False)
    restored, deviation = plane.with_flat(restored, value=True), plane.with_flat(deviation, value=False)
    picture = plane.axes.from_cyx(restored), plane.axes.from_cyx(deviation)
    for array in picture:
        array.flags.writeable = False  # what is shown is kept: nobody who looks at it may change it
    return picture


def _possible(plane: PreparedPlane, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Not below 0 where no pixel that was measured is: counts of light have no negative values."""
    measured = plane.pixels[:, plane.masks.known]
    return np.maximum(image, np.float32(0)) if measured.min(initial=0) >= 0 else image


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
        invented: NDArray[np.bool_] = (~plane.masks.known | self.solver.hold_out.invented) & ~plane.masks.kept
        if plane.around is None:
            return invented
        whole = np.zeros(plane.around.shape[1:], np.bool_)
        whole[plane.place] = invented
        return whole

    def picture(self, result: BestResult) -> Picture:
        """Image and uncertainty of a state of the fit."""
        return in_units(self.plane, self.method, result.image, self._spread(result), self.unmeasured, result.error)

    def _spread(self, result: BestResult) -> torch.Tensor:
        if not result.iteration:
            # The starting estimate has no spread of its own: how far the network's output lies from it shows where it is uncertain.
            return (self.solver.image - result.image).abs()
        estimate = self.solver.full_estimate() if self.solver.has_estimate else None
        return self.method.spread(result.deviation, result.image, estimate)
