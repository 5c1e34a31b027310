"""What the form said when Run was pressed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typing_extensions import Doc

from napari_deep_prior.core.parameters import Parameters, parameters_of

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior.core.settings import Settings
    from napari_deep_prior.core.tasks import AbstractTask

BASIC = ("preset", "seconds")
"""Settings always in sight; all others are under Advanced."""

TRY = 5.0
"""Seconds a try may take."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunRequest:
    """An image, a task with its values and layers, settings and output: all that one run needs."""

    problem: Inputs
    settings: Settings
    output: Output

    @property
    def layers(self) -> dict[str, str]:
        """The names of the image and of what goes with it, by parameter."""
        companions = {key: layer.name for key, layer in self.problem.companions.items()}
        return {"image": self.problem.image.name, **companions}

    def for_preview(self) -> RunRequest:
        """The same, for a try of a few seconds."""
        seconds = self.settings.seconds
        limit = min(seconds, TRY) if isinstance(seconds, (int, float)) else TRY
        return dataclasses.replace(self, settings=dataclasses.replace(self.settings, seconds=limit))

    def as_values(self) -> dict[str, Any]:
        """All values that may be used for another image, by name: those that are no layers and say nothing of this one."""
        return reusable(self.problem.task, {**self.problem.values, **self.settings.as_dict(), **self.output.as_dict()})


def reusable(task: type[AbstractTask], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of these values those that may be used for another image: no layers, and none that say something of this one."""
    here = {parameter.name for parameter in parameters_of(task) if parameter.of_image}
    plain = {name: value for name, value in values.items() if isinstance(value, (str, bool, int, float))}
    return {name: value for name, value in plain.items() if name not in here}


class Incomplete(Exception):
    """Something is still to be chosen; the text says what."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """What was chosen: an image layer, a task class, its values, and its companion layers by parameter name."""

    image: Image
    task: type[AbstractTask]
    values: dict[str, Any]
    companions: dict[str, Layer]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Output(Parameters):
    """How the result is written into its layer."""

    dtype: Annotated[
        Literal["float32", "input"],
        Doc(
            "Number type of the result. float32: as computed, in the image's own units. "
            "input: the image's own type; whole numbers are rounded and clipped."
        ),
    ] = "float32"
