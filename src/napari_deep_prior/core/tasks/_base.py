"""AbstractTask: what was lost. A task says how the observed image came from the wanted one; nothing else does."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.parameters import Parameters, parameters_of
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.stages import DegradationStages

Need = Literal[
    "cleanness",
    "artifacts",
    "blocks",
    "holes",
    "wide holes",
    "noisy wide holes",
    "detail",
    "much detail",
    "sharpness",
    "unknown blur",
]
"""What the network must be good at: leave noise out, or what is no noise, or the blocks of a known compression; draw what is
missing, here and there or far and wide, or wide where noise is to be left out as well; draw finer pixels, or such as are many
times finer; draw sharper edges, with a blur that is known or has to be found too."""

HOLES: frozenset[Need] = frozenset({"holes", "wide holes", "noisy wide holes"})
"""Where pixels are missing and drawn."""

FINER: frozenset[Need] = frozenset({"detail", "much detail"})
"""Where finer pixels are drawn."""


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
    planes_only
        Whether what was lost belongs to single planes, so that a stack is never restored as a volume.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int] = 100
    planes_only: ClassVar[bool] = False

    @classmethod
    def command(cls) -> str:
        """The name on the command line and in a record."""
        return cls.title.lower().replace(" ", "-")

    def degrade(self, x: torch.Tensor) -> torch.Tensor:
        """What was drawn (1, c, *spatial) -> what the instrument would have observed of it. The identity unless overridden."""
        return x

    def wanted_shape(self, observed: tuple[int, ...]) -> tuple[int, ...]:
        """Spatial shape of the wanted image for an observed one; it covers the same field."""
        return observed

    def volume(self) -> bool:
        """Whether the task itself asks for stacks to be restored as volumes, as `Settings.volume` does."""
        return False

    def margin(self, dims: int = 2) -> tuple[int, ...]:
        """Pixels drawn beyond each edge of the wanted image, (y, x) or (z, y, x), because they have a part in what was observed."""
        return (0,) * dims

    def lift(self, x: torch.Tensor) -> torch.Tensor:
        """Observed grid -> grid of what is drawn, wanted image and margin: roughly the inverse of `degrade`."""
        return x

    def instrument(self, observed: torch.Tensor) -> ForwardModel:
        """`degrade`, or where more than the image is unknown, a module whose parameters are fitted too.

        `observed` is the scaled image, (1, c, y, x).
        """
        return ForwardModel(self.degrade)

    def returned(self, drawn: torch.Tensor, observed: torch.Tensor, instrument: ForwardModel) -> torch.Tensor:
        """The result, from the drawn image without its margin and the fitted instrument: what was drawn unless overridden."""
        return drawn

    def joined(self, drawn: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
        """What was drawn, made to meet what was observed; asked only where the network was fitted to all known pixels.

        Both (1, c, y, x). As it was drawn unless overridden.
        """
        return drawn

    def again(
        self, observed: torch.Tensor, weight: torch.Tensor, begun: torch.Tensor | None
    ) -> DegradationStages | None:
        """What was lost, ready to be lost once more, for method redegraded; None: that method cannot be had.

        `observed` is the scaled image, (1, c, [z,] y, x), of which pixels of weight 0 are not known; `begun` is the picture with
        which the fit begins, where the instrument has one.
        """
        return None

    def need(self, plane: NDArray[np.generic]) -> Need:
        """What the network must be good at for this (c, [z,] y, x) plane."""
        return "cleanness"

    def floor(self) -> float | None:
        """A value in the image's units that the wanted image never falls below; None: the observed one's darkest structure."""
        return None

    def check(self, observed: tuple[int, ...]) -> None:
        """Refuse, before anything starts, what does not go with a plane ([z,] y, x) of this shape.

        Raises
        ------
        ValueError
            In words: what was given and what is needed.
        """

    def beside(self) -> torch.Tensor | None:
        """Another picture of the same place that the network is shown too: (1, 1, y, x) in about [0, 1]; None: no other."""
        return None

    def known(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Which pixels of a (c, [z,] y, x) plane were observed: ([z,] y, x), True = known."""
        return np.ones(plane.shape[1:], bool)

    def misfit(self, degraded: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """How far the degraded output is from the observation on the weighted pixels; a scalar tensor."""
        return losses.gaussian(degraded, observed, weight)

    def misfit_given(self, variance: losses.Variance | None) -> losses.Misfit:
        """The misfit where the variance of the noise is known at each brightness; None: it could not be measured."""
        return self.misfit

    def assumed(self, noise: NoiseEstimate, plane: NDArray[np.generic]) -> NoiseEstimate:
        """The noise of a (c, y, x) plane: as measured, unless the user knows it better."""
        return noise

    def untouched(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Which pixels of a (c, [z,] y, x) plane are returned as they were: ([z,] y, x); none unless overridden."""
        return np.zeros(plane.shape[1:], bool)

    def noisy_pixels(self, plane: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Which pixels of a (c, [z,] y, x) plane have noise: ([z,] y, x); all unless overridden. The noise is measured in them alone."""
        return np.ones(plane.shape[1:], bool)

    def companions(self) -> dict[str, NDArray[Any]]:
        """The arrays that go with the image, by field name; without those that were left out."""
        arrays = {p.name: getattr(self, p.name) for p in parameters_of(type(self)) if p.layer is not None}
        return {name: array for name, array in arrays.items() if array is not None}

    def for_plane(self, axes: Axes, shape: tuple[int, ...], index: Index) -> AbstractTask:
        """The same task with its companions cut out for the plane at `index`.

        Raises
        ------
        ValueError
            If a companion's shape does not go with the image's.
        """
        cut = {}
        own = {p.name for p in parameters_of(type(self)) if p.layer is not None and p.layer.own_grid}
        for name, array in self.companions().items():
            if name in own:
                continue
            try:
                cut[name] = axes.companion(np.asarray(array), shape, index)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        return dataclasses.replace(self, **cut)
