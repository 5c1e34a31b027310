"""Settings: how to fit. What was lost is the task's business."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt
from typing_extensions import Doc

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.methods import METHODS
from napari_deep_prior.core.networks.catalogue import Preset
from napari_deep_prior.core.parameters import FilePath, Parameters, Typical
from napari_deep_prior.core.stopping import STOPPING

if TYPE_CHECKING:
    MethodName = str
    StoppingName = str
else:  # what is in the rooms of methods and criteria
    MethodName = Literal[(*(method.name for method in METHODS), "auto")]
    StoppingName = Literal[("auto", *STOPPING)]

_METHOD_HELP = (
    "What the network looks at. "
    + " ".join(f"{method.name}: {method.summary}" for method in METHODS)
    + " auto: by the task and the noise measured in the image."
)

_STOPPING_HELP = "When to stop by itself. " + " ".join(f"{choice.name}: {choice.help}" for choice in STOPPING.values())

_SECONDS: Mapping[Preset, float] = {
    "instant": math.inf,
    "fast": 20.0,
    "balanced": 180.0,
    "best": 900.0,
    "paper": math.inf,
}

_PLANES_OF_A_VOLUME = 5
"""A volume may take as long as so many planes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settings(Parameters):
    """How to fit; ``"auto"`` means what the preset and the task say.

    Raises
    ------
    ValueError
        If a value is out of its bounds.
    """

    preset: Annotated[
        Preset,
        Doc(
            "instant: no network, a result in a few seconds; for denoising planes alone. fast: a first look in seconds. "
            "balanced: the default. best: a larger network, given longer. "
            "paper: the published recipe (Ulyanov et al. 2018) unchanged, for comparison; slow, and it does not stop by itself."
        ),
    ] = "balanced"
    volume: Annotated[
        bool,
        Doc(
            "Restore a z-stack as a whole with a network in 3D, not plane by plane. Better where neighbouring planes show "
            "the same things; it takes longer and more memory."
        ),
    ] = False
    each_channel: Annotated[
        bool,
        Doc(
            "Restore every channel of an image, along axis C, as a plane of its own, not all of them as one. For channels that show "
            "quite different things."
        ),
    ] = False
    seconds: Annotated[
        float | Literal["auto", "never"],
        Typical(60),
        Gt(0),
        Doc("Time budget in seconds per plane; it may end sooner when nothing more is to be gained. never: no limit."),
    ] = "auto"
    iterations: Annotated[
        int | Literal["auto"],
        Typical(2000),
        Ge(1),
        Doc(
            "Most optimisation steps per plane. Give a number, with seconds never, for a run that repeats bit for bit."
        ),
    ] = "auto"
    seed: Annotated[
        int, Ge(0), Le(2**31 - 1), Doc("Number the random start is drawn from; the same seed gives the same result.")
    ] = 0
    ensemble_size: Annotated[
        int,
        Ge(1),
        Le(64),
        Doc(
            "Number of fits from as many random starts, of which the mean is the result: cleaner, but each step takes so "
            "many times as long. What they do not agree on counts in the uncertainty."
        ),
    ] = 1
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"],
        Doc("Where to compute. auto: an NVIDIA graphics card where PyTorch can use one, otherwise the processor."),
    ] = "auto"
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Doc(
            "Numbers in the convolutions. auto: bfloat16 where the processor or card is built for it; sums and the picture stay float32."
        ),
    ] = "auto"
    method: Annotated[
        MethodName,
        Doc(_METHOD_HELP),
    ] = "auto"
    stopping: Annotated[
        StoppingName,
        Doc(_STOPPING_HELP),
    ] = "auto"
    network: Annotated[
        Literal["auto", "each", "shared"] | str,
        FilePath(".safetensors"),
        Doc(
            "For stacks. shared: one network learns from patches of many planes and then draws each of them in seconds. each: every "
            "plane has a fit of its own. auto: shared where the method's network is shown the image, which is the same everywhere. "
            "A file: the network kept in it draws the image, with nothing to fit."
        ),
    ] = "auto"
    context: Annotated[
        int | Literal["auto"],
        Typical(2),
        Ge(0),
        Le(5),
        Doc(
            "For stacks with a shared network: neighbouring planes on each side, along time or else depth, that the network is shown "
            "beside each plane. auto: 2 along time and 1 along depth, where their noise is independent and they help."
        ),
    ] = "auto"
    context_axis: Annotated[
        Literal["auto", "T", "Z"],
        Doc(
            "Along which axis the neighbouring planes lie that are shown. T: time. Z: depth. auto: time where there is one."
        ),
    ] = "auto"
    adapt: Annotated[
        int,
        Typical(100),
        Ge(0),
        Le(10000),
        Doc(
            "For stacks with a shared network, and images that a kept one draws: steps in which the network learns on from each plane "
            "before it draws that plane. 0: it draws all planes as it is."
        ),
    ] = 0
    learning_rate: Annotated[
        float | Literal["auto"],
        Typical(0.01),
        Gt(0),
        Le(1),
        Doc("Step size of the optimiser. Lower it if the curve jumps."),
    ] = "auto"
    input_noise: Annotated[
        float | Literal["auto"],
        Typical(0.03),
        Ge(0),
        Le(1),
        Doc(
            "Standard deviation of the noise added to the network's input at each step; more fits more slowly and "
            "smoother. For method deep-image-prior alone."
        ),
    ] = "auto"
    tv_weight: Annotated[
        float | Literal["auto"],
        Typical(0.01),
        Ge(0),
        Le(10),
        Doc("Weight of the total variation, which makes flat regions flatter and, in excess, cartoons of textures."),
    ] = "auto"
    averaging: Annotated[
        float | Literal["auto"],
        Typical(0.99),
        Ge(0),
        Lt(1),
        Doc(
            "Decay of the running mean that is the result: 0.99 averages about the last hundred outputs, 0 shows the last one alone."
        ),
    ] = "auto"

    def cut(self, axes: Axes) -> Axes:
        """The same axes, cut into planes or into volumes, of all channels or of each.

        Raises
        ------
        ValueError
            If there is nothing to make volumes of.
        """
        return dataclasses.replace(axes, volume=self.volume, apart=self.each_channel)

    @property
    def may_share(self) -> bool:
        """Whether one network may learn for all planes of a stack."""
        return self.network != "each" and self.preset != "paper"

    @property
    def network_file(self) -> str | None:
        """The file of a kept network that is to draw; None: one learns."""
        return None if self.network in ("auto", "each", "shared") else self.network

    @property
    def seconds_per_plane(self) -> float:
        """The longest a plane or volume may take, known before anything is measured; infinite where there is no limit."""
        if self.seconds == "never":
            return math.inf
        if self.seconds == "auto":
            return _SECONDS[self.preset] * (_PLANES_OF_A_VOLUME if self.volume else 1)
        return self.seconds

    @property
    def is_instant(self) -> bool:
        """Whether the preset asks for a result in one step."""
        return self.preset == "instant"

    @property
    def convolution_precision(self) -> str:
        """The precision asked for; the paper's numbers are float32 unless it is asked otherwise."""
        published = self.preset == "paper" and self.precision == "auto"
        return "float32" if published else self.precision
