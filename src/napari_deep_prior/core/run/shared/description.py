"""Description: what a kept network is, what it needs and what it learnt on, as plain values."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.methods import METHODS
from napari_deep_prior.core.methods._image import ImageConfig
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.noise.estimate import Autocorrelation, NoiseEstimate
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import SCHEMA as RECORD_SCHEMA
from napari_deep_prior.core.results import Fingerprint
from napari_deep_prior.core.run.mixing.common_share import CommonShare
from napari_deep_prior.core.run.provenance import Origin, versions
from napari_deep_prior.core.sampling.image_sampler import ImageSampling
from napari_deep_prior.core.solver.trained import TrainedNetwork
from napari_deep_prior.core.tasks import AbstractTask

SCHEMA = 1
"""Version of a description. It is raised whenever a key gets another name or another meaning."""

_SCALES, _WIDTH, _CHANNELS, _MEMBERS, _REACH, _SIDE = 8, 1024, 1024, 64, 64, 16
"""The most scales and channels of a network, channels of an image, members of an ensemble, neighbours or lags, pixels of a radius."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeptContext:
    """The neighbours that a network has a place for; `shown` says whether they made it better. See `Context`."""

    letter: str = ""
    reach: int = 0
    planes: int = 0
    shown: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LearntOn:
    """The data of a network: `planes` of them were learnt from; `range` holds the grey values of 0 and 1 of each channel."""

    name: str
    input: Fingerprint
    axes: str
    planes: int
    range: tuple[tuple[float, ...], ...]
    record_schema: int
    versions: dict[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is known of a network beside its weights.

    Attributes
    ----------
    task, companions
        What was lost, as in a record; with the fingerprints of what went with it and does not lie over the image.
    method, architecture, channels, guided, members
        How it was fitted, its shape, the channels of its image, whether it is shown a guide, and how many networks draw in turns.
    sampling, autocorrelation
        How an image is shown to it.
    context
        Its neighbours.
    noise
        Of the plane with the median noise, in grey values.
    hidden_error
        Error on data hidden from it, in its own data, over what noise alone makes; None where that is not known.
    steps
        In which it learnt.
    learnt_on
        What from.
    partner, share
        The method without a network with whose result its drawings are mixed, and their weight; None: they are not.
    student, distilled
        Shape of the network that was distilled from both, and its steps; None and 0: there is none.
    """

    schema: int
    task: dict[str, Any]
    companions: dict[str, Fingerprint]
    method: str
    architecture: Architecture
    channels: int
    guided: bool
    members: int
    sampling: ImageSampling
    autocorrelation: Autocorrelation
    context: KeptContext
    noise: NoiseEstimate
    hidden_error: float | None
    steps: int
    learnt_on: LearntOn
    partner: str | None = None
    share: float | None = None
    student: Architecture | None = None
    distilled: int = 0

    @property
    def channels_in(self) -> int:
        """Channels of the network's input: the image, what is shown of it, a guide, its neighbours and whether they are shown."""
        beside = self.context.planes * self.channels + 1 if self.context.planes else 0
        return self.channels + 1 + self.guided + beside

    def as_dict(self) -> dict[str, Any]:
        """Nested plain dictionary, as JSON gives it back."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), default=lambda number: number.item()))
        return values

    @classmethod
    def from_dict(cls, values: object) -> Description:
        """The inverse of `as_dict`, also after a round trip through JSON.

        Raises
        ------
        ValueError
            If something is missing, of a wrong type or of impossible size, or of another schema.
        """
        schema = values.get("schema") if isinstance(values, Mapping) else None
        if schema != SCHEMA:
            raise ValueError(f"it describes no network that this version can read: schema {schema!r}, needs {SCHEMA}.")
        found = from_plain(cls, values)
        if wrong := next(found._impossible(), None):
            raise ValueError(f"what it says of {wrong} is impossible, or more than this version draws with.")
        return found

    def _impossible(self) -> Iterator[str]:
        """Names of what no network of ours has."""
        context = self.context
        counts = [(self.channels, _CHANNELS), (self.members, _MEMBERS), (self.steps, 10**9)]
        possible = {
            "architecture": _is_architecture(self.architecture),
            f"method {self.method!r}": self.method in {method.name for method in METHODS},
            "channels, members or steps": all(1 <= count <= most for count, most in counts),
            "context": 0 <= context.reach <= context.planes <= _REACH and len(context.letter) <= 1,
            "sampling": _is_sampling(self.sampling),
            "share": self.share is None or 0 <= self.share <= 1,
            "student": self._has_possible_student(),
            "autocorrelation": _is_correlation(self.autocorrelation),
            "hidden_error": self.hidden_error is None or math.isfinite(self.hidden_error),
        }
        yield from (name for name, may_be in possible.items() if not may_be)

    def _has_possible_student(self) -> bool:
        if self.student is None:
            return self.distilled == 0
        return _is_architecture(self.student) and self.student.dims == 2 and 1 <= self.distilled <= 10**9


def describe(
    trained: TrainedNetwork,
    origin: Origin,
    *,
    context: KeptContext,
    noise: NoiseEstimate,
    hidden_error: float | None,
    steps: int,
    learnt_on: LearntOn,
    mixture: CommonShare | None,
) -> Description:
    """Of a network that draws; parameters as the attributes of `Description`."""
    config, task = trained.config, origin.task
    assert isinstance(config, ImageConfig)
    own_grid = {p.name for p in parameters_of(type(task)) if p.layer is not None and p.layer.own_grid}
    return Description(
        schema=SCHEMA,
        task={"name": task.command(), **plain_parameters(task)},
        companions={name: found for name, found in origin.companions.items() if name in own_grid},
        method=trained.method.name,
        architecture=trained.architecture,
        channels=len(learnt_on.range),
        guided=task.guide_image() is not None,
        members=len(trained.networks),
        sampling=config.sampling,
        autocorrelation=config.autocorrelation,
        context=context,
        noise=noise,
        hidden_error=hidden_error,
        steps=steps,
        learnt_on=learnt_on,
        partner=None if mixture is None else mixture.method.name,
        share=None if mixture is None else mixture.share,
    )


def learnt_on(origin: Origin, image: Fingerprint, scaling: Scaling, planes: int) -> LearntOn:
    """What a network learnt on: so many planes of an image, scaled like this."""
    low, high = scaling.offset.ravel(), (scaling.offset + scaling.gain).ravel()
    return LearntOn(
        name="",
        input=image,
        axes=origin.axes.letters,
        planes=planes,
        range=tuple(zip(low.tolist(), high.tolist(), strict=True)),
        record_schema=RECORD_SCHEMA,
        versions=versions(),
    )


def plain_parameters(task: AbstractTask) -> dict[str, Any]:
    """What a network depends on: the parameters that say nothing of one image."""
    of_image = {parameter.name for parameter in parameters_of(type(task)) if parameter.of_image}
    return {name: value for name, value in task.as_dict().items() if name not in of_image}


def _is_architecture(a: Architecture) -> bool:
    """Whether it is an hourglass of a size that is drawn with."""
    widths = (*a.channels, a.skip + 1)
    depth = 1 <= len(a.channels) <= _SCALES and 0 <= a.along_z <= len(a.channels)
    kind = a.shuffle in (1, 2, 4) and not a.chain and _positive(a.head_scale)
    return depth and kind and all(1 <= width <= _WIDTH for width in widths)


def _is_sampling(sampling: ImageSampling) -> bool:
    """Whether an image can be shown like this; of squares whose middles count, not so few that it would be drawn without end."""
    fractions, radius = list(sampling.mask_fraction), sampling.blind_spot_radius
    sizes = _positive(sampling.smoothing_sigma) and sampling.smoothing_sigma <= 100 and sampling.patch_size > 0
    hidden = len(fractions) == 2 and all(0 <= part <= 1 for part in fractions)
    return sizes and hidden and 0 <= radius <= _SIDE and (radius == 0 or fractions[0] >= 0.01)


def _positive(number: float) -> bool:
    return math.isfinite(number) and number > 0


def _is_correlation(table: Autocorrelation) -> bool:
    """Whether it is a square of odd side with 1 in its middle and no more around it."""
    side = len(table)
    square = side % 2 == 1 and side <= _REACH and all(len(row) == side for row in table)
    return square and table[side // 2][side // 2] == 1 and all(-1 <= rho <= 1 for row in table for rho in row)
