"""AbstractTask: what was lost. A task says how the observed image came from the wanted one; nothing else does."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core import losses
from napari_deep_prior.core.arrays import Axes, Index
from napari_deep_prior.core.parameters import Parameters, parameters_of


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AbstractTask(Parameters):
    """Base of all tasks. A new task is one new file beside this one; nothing else is edited.

    Class attributes
    ----------------
    title
        Its name in the window; the command is the same in lower case with hyphens.
    summary
        One line: what it does and when to use it.
    order
        Position among the tasks.
    fills
        Whether it has pixels to fill in, which needs a network that draws sharply from far away.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int] = 100
    fills: ClassVar[bool] = False

    @classmethod
    def command(cls) -> str:
        """The name on the command line and in a record."""
        return cls.title.lower().replace(" ", "-")

    def degrade(self, x: torch.Tensor) -> torch.Tensor:
        """Wanted image (1, c, *spatial) -> what the instrument would have observed of it. The identity unless overridden."""
        return x

    def wanted_shape(self, observed: tuple[int, ...]) -> tuple[int, ...]:
        """Spatial shape of the wanted image for an observed one."""
        return observed

    def known(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Which pixels of a (c, y, x) plane were observed: (y, x), True = known."""
        return np.ones(plane.shape[-2:], bool)

    def misfit(self, degraded: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """How far the degraded output is from the observation on the weighted pixels; a scalar tensor."""
        return losses.gaussian(degraded, observed, weight)

    def untouched(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Which pixels of a (c, y, x) plane are returned as they were: (y, x); none unless overridden."""
        return np.zeros(plane.shape[-2:], bool)

    def companions(self) -> dict[str, NDArray[Any]]:
        """The arrays that go with the image, by field name."""
        return {p.name: getattr(self, p.name) for p in parameters_of(type(self)) if p.layer is not None}

    def for_plane(self, axes: Axes, shape: tuple[int, ...], index: Index) -> AbstractTask:
        """The same task with its companions cut out for the plane at `index`.

        Raises
        ------
        ValueError
            If a companion's shape does not go with the image's.
        """
        cut = {}
        for name, array in self.companions().items():
            try:
                cut[name] = axes.companion(np.asarray(array), shape, index)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        return dataclasses.replace(self, **cut)
