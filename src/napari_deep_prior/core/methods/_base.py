"""Method: how one image is restored, by fitting a network to it or in closed form. A task lists those it may be solved with."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol, Self

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.imaging.holes import NO_HOLES, HoleStatistics
from napari_deep_prior.core.networks.catalogue import Preset
from napari_deep_prior.core.noise.estimate import Autocorrelation, NoiseEstimate
from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.stopping import Criterion

UNLIMITED = 10**9
"""Steps no run takes: stands for "until the time is up"."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of an image when a method is chosen.

    Attributes
    ----------
    preset
        The preset asked for.
    volume
        Whether stacks are restored as volumes.
    noise
        Measured noise.
    holes
        Widths of the holes between known pixels.
    pixels
        Of the image, in each channel.
    repeatable
        Whether the degradation is known exactly, so that it can be applied once more.
    """

    noise: NoiseEstimate
    preset: Preset = "balanced"
    volume: bool = False
    holes: HoleStatistics = NO_HOLES
    pixels: int = 0
    repeatable: bool = False

    @property
    def autocorrelation(self) -> Autocorrelation:
        """Of the noise; that of independent pixels where hardly any correlation was measured."""
        return self.noise.usable_autocorrelation


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The numbers that all methods have. Fields of the settings' names are those that a user may set.

    Class attributes
    ----------------
    done
        Why it ends when its iterations are.
    """

    done: ClassVar[StopReason] = StopReason.ITERATIONS

    iterations: int
    seconds: float = math.inf
    ensemble_size: int = 1
    anneal: bool = True

    def overridden_by(self, settings: object) -> Self:
        """The same with every number that the settings give: their fields of the same names, unless these are "auto"."""
        given = {field.name: getattr(settings, field.name, "auto") for field in dataclasses.fields(self)}
        numbers: dict[str, Any] = {
            name: math.inf if value == "never" else value for name, value in given.items() if value != "auto"
        }
        return dataclasses.replace(self, **numbers)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlaneShape:
    """Shapes of a plane, from which the memory of a fit is told.

    `image` and `drawn` are ([z,] y, x) of the observed image and of what the network draws; `guides` counts channels of a guide.
    """

    channels: int
    image: tuple[int, ...]
    drawn: tuple[int, ...]
    guides: int = 0


class Footprint(Protocol):
    """What a method takes of the memory."""

    def peak_bytes(self, device: Device) -> int:
        """Bytes at the peak."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Method(abc.ABC):
    """A way to restore one image, with what a task knows better than the method.

    Class attributes
    ----------------
    name
        What the user types, and what a record says.
    summary
        One sentence for the help.
    order
        Position among the methods.
    citation
        The paper it follows, as in a list of references.
    principle
        What is done, in words that follow "in which".
    requires
        What it needs, in words that follow its name.
    uncertainty
        What the uncertainty of its result means.
    is_published
        Whether it is the paper's, which the preset *paper* takes.
    is_instant
        Whether nothing is fitted, so that it takes seconds: what the preset *instant* takes.
    fits_known_pixels
        Whether its network is fitted to the known pixels as they are, so that its output resembles them.
    leaves_noise
        Whether part of the noise stays in all outputs alike, so that their spread does not show it.

    Attributes
    ----------
    because
        Why a task uses it, in words.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    order: ClassVar[int]
    citation: ClassVar[str]
    principle: ClassVar[str] = "a network is fitted to this image alone"
    requires: ClassVar[str] = ""
    uncertainty: ClassVar[str]
    is_published: ClassVar[bool] = False
    is_instant: ClassVar[bool] = False
    fits_known_pixels: ClassVar[bool] = False
    leaves_noise: ClassVar[bool] = False

    because: str = "there is noise to leave out"

    def refuses(self, evidence: Evidence) -> str | None:
        """Why it cannot be had here, in words that follow its name; None: it can."""
        return None

    @abc.abstractmethod
    def suits(self, evidence: Evidence) -> str | None:
        """Why it is the right one here, in words; None: another one is."""

    @abc.abstractmethod
    def config(self, evidence: Evidence) -> Config:
        """All its numbers."""

    @abc.abstractmethod
    def criterion(self, stopping: str, evidence: Evidence) -> Criterion:
        """What it is judged by, for the setting *stopping*."""

    @abc.abstractmethod
    def footprint(self, config: Config, plane: PlaneShape) -> Footprint:
        """What it takes of the memory."""

    def shared(self, config: Config) -> Config | None:
        """The numbers for a network that learns from several planes and draws all; None where it cannot draw what it has not seen."""
        return None

    def spread(self, std: torch.Tensor, image: torch.Tensor, estimate: torch.Tensor | None) -> torch.Tensor:
        """Standard deviation of the result, from that of the late outputs, the result and the estimate the fit started from."""
        return std

    def notes(self, evidence: Evidence) -> Iterator[str]:
        """What was decided, in words for the record."""
        yield from ()
