"""AbstractTask: what has happened to an image. A task says how the observed one came from the wanted one; nothing else does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, Index
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.methods import Evidence, Method
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.parameters import Parameters, parameters_of
from napari_deep_prior.core.physics.forward_model import ForwardModel, Identity
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.tasks._candidates import DENOISERS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AbstractTask(Parameters):
    """Base of all tasks. A new task is one new file beside this one; nothing else is edited.

    Class attributes
    ----------------
    title
        Its name in the window; the command is the same in lower case with hyphens.
    past
        What has become of the image afterwards, for names of layers and files: "denoised".
    menu
        The entry in napari's menu and command palette: "Denoise the selected image…".
    summary
        One line: what it does and when to use it.
    order
        Position among the tasks.
    citation
        The paper behind what it does beside its method, as in a list of references; empty where there is none.
    planes_only
        Whether the degradation is one of single planes, so that a stack is never restored as a volume.
    """

    title: ClassVar[str]
    past: ClassVar[str]
    menu: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int] = 100
    citation: ClassVar[str] = ""
    planes_only: ClassVar[bool] = False

    @classmethod
    def command(cls) -> str:
        """The name on the command line and in a record."""
        return cls.title.lower().replace(" ", "-")

    @classmethod
    def references(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """The papers to cite for a run with these parameters, beside that of the method."""
        return (cls.citation,) if cls.citation else ()

    def check(self, observed: tuple[int, ...]) -> None:
        """Refuse, before anything starts, parameters that do not go with a plane ([z,] y, x) of this shape.

        Raises
        ------
        ValueError
            In words: what was given and what is needed.
        """

    def notes(self, observed: tuple[int, ...]) -> tuple[str, ...]:
        """What a user should know of parameters that pass `check`, for a plane ([z,] y, x) of this shape; in whole sentences."""
        return ()

    def masks(self, plane: NDArray[np.generic]) -> Masks:
        """Which pixels of a (c, [z,] y, x) plane are known, noisy, and returned as they are. Asked once for each plane."""
        return Masks.of(plane)

    def nothing_marked(self) -> str:
        """Why the companions of a plane may mark no pixel, in words that go on a sentence; empty where nothing is to be said."""
        return ""

    def keeps_noise(self) -> str:
        """That the result has the image's noise on purpose, and what leaves it out, in a sentence; empty where it is taken away."""
        return ""

    def forward_model(self, observed: torch.Tensor, masks: Masks) -> ForwardModel:
        """How the wanted image becomes the observed one, (1, c, [z,] y, x), scaled to about [0, 1].

        A model may be estimated from the image, and may have parameters that are fitted together with the network.
        """
        return Identity()

    def output_shape(self, observed: tuple[int, ...]) -> tuple[int, ...]:
        """Spatial shape of the result for an observed plane of this shape; it covers the same field."""
        return observed

    def wants_volume(self) -> bool:
        """Whether the task itself asks for stacks to be restored as volumes, as `Settings.volume` does."""
        return False

    def lower_bound(self) -> float | None:
        """A value in the image's units that the wanted image never falls below; None: that of the darkest observed structure."""
        return None

    def guide_image(self) -> torch.Tensor | None:
        """Another image of the same place that the network is shown too, (1, 1, y, x) in about [0, 1]; None: there is none."""
        return None

    def adjust_noise(self, noise: NoiseEstimate, plane: NDArray[np.generic], masks: Masks) -> NoiseEstimate:
        """The noise of a (c, [z,] y, x) plane: as measured, unless the user knows it better."""
        return noise

    def noise_masks(self, plane: NDArray[np.generic], masks: Masks) -> Masks:
        """The masks of a (c, [z,] y, x) plane with where its noise is how strong, as the image shows it; it may be clean in places."""
        return masks

    def flux_sigma(self, noise: NoiseModel | None) -> float | None:
        """Width in pixels of the Gaussian over which the result has the mean of the observed image; None: it need not have it."""
        return None

    def misfit(self, noise: NoiseModel | None) -> losses.Misfit:
        """How far the degraded output is from the observation; `noise` is None where it could not be measured."""
        return losses.Misfit(losses.gaussian, shows_noise=True)

    def methods(self, evidence: Evidence) -> Sequence[Method]:
        """The methods it can be solved with, in order: the first that suits is taken. Those for noise unless overridden."""
        return DENOISERS

    def repeatable(self, plane: NDArray[np.generic] | None) -> bool:
        """Whether what happened to this (c, [z,] y, x) plane is known exactly, so that it can be applied once more.

        None stands for a plane that is not at hand; then, whether it may be known.
        """
        return False

    def stages(
        self, observed: torch.Tensor, weight: torch.Tensor, model: ForwardModel, estimate: torch.Tensor | None
    ) -> DegradationStages | None:
        """The degradation as stages that can be applied again, for zero-shot learning; None where that is impossible.

        `observed` is the scaled image, (1, c, [z,] y, x), of which pixels of weight 0 are not known; `estimate` is the initial
        one of the forward model, where it has any.
        """
        return None

    def finish(
        self, output: torch.Tensor, observed: torch.Tensor, masks: Masks, model: ForwardModel, *, fits_known: bool
    ) -> torch.Tensor:
        """The result, (1, c, [z,] y, x), from the network's output without the margin: the output itself unless overridden.

        `fits_known` says that the network was fitted to all known pixels, so that its output resembles them there.
        """
        return output

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
