"""Recipe: how one plane of an image was restored, to do the same to another picture in its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.residual import plane_residual
from napari_deep_prior.core.noise.differing import measure_differing
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.results import Record, Snapshot
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask

Image = NDArray[np.float32]
Watch = Callable[[Fit], Iterable[Snapshot]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """Task, settings and companions of one plane.

    Attributes
    ----------
    observed
        The plane as it was measured, (c, [z,] y, x).
    task
        With its companions cut out for the plane.
    settings
        How it is fitted.
    axes
        Of the plane.
    noise
        Of the plane, by what the task knows of it.
    network
        The kept network that drew it, if one did.
    """

    observed: NDArray[np.generic]
    task: AbstractTask
    settings: Settings
    axes: Axes
    noise: NoiseEstimate
    network: KeptNetwork | None = None

    @classmethod
    def of_plane(cls, image: Any, task: AbstractTask, settings: Settings, axes: Axes, number: int = 0) -> Recipe:
        """For plane `number`, from 0, of an image.

        Raises
        ------
        ValueError
            If there is no such plane, or no noise can be measured in it.
        """
        places = axes.planes(image.shape)
        if not 0 <= number < len(places):
            raise ValueError(f"There is no plane {number + 1}: the image has {len(places)}.")
        own = task.for_plane(axes, tuple(image.shape), places[number])
        observed = axes.to_cyx(np.asarray(image[places[number]]))
        masks = own.masks(observed)
        masks = own.noise_masks(observed, masks)
        found = measure_differing(observed, masks.known & masks.noisy, masks.strength)
        noise = own.adjust_noise(found, observed, masks)
        if noise.sigma == 0:
            raise ValueError("No noise could be measured in this plane: there is nothing to test with.")
        letters = "C" if "S" not in axes.letters else "S"
        depth = (axes.depth or "Z") if observed.ndim > 3 else ""
        named = Axes(f"{letters}{depth}YX", volume=axes.volume and observed.ndim > 3)
        return cls(observed=observed, task=own, settings=settings, axes=named, noise=noise)

    def restore(self, plane: NDArray[np.floating[Any]], watch: Watch = iter) -> tuple[Image, Image]:
        """The same done to another picture (c, [z,] y, x) in the plane's place.

        Returns
        -------
        tuple of ndarray
            The restored picture, and what the instrument would have seen of it, (c, [z,] y, x) each.

        Raises
        ------
        RunError, ValueError
            As `Fit`.
        """
        image = plane.astype(np.float32)
        fit = Fit(image, self.task, self.settings, axes=self.axes.letters).drawn_by(self.network)
        for _ in watch(fit):
            pass
        restored, (index, *_) = fit.result.image, self.axes.planes(plane.shape)
        left = plane_residual(plane, restored, self.task, self.axes, index)
        return restored, (plane - left).astype(np.float32)


def repeated(settings: Settings, record: Record) -> Settings:
    """The settings of a record with its method and its number of steps, however a run on another picture would choose them."""
    fitted = [plane for plane in record.planes if plane.iterations > 0]
    if not fitted:
        return settings
    return dataclasses.replace(settings, method=fitted[0].method, iterations=fitted[0].iterations, seconds="never")
