"""Criterion: what is kept out of a fit to judge it by, and the rule that ends it. One room a criterion."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.optimisation.losses import Loss
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.stopping.rules import NeverStop, StoppingRule


class StepOutput(NamedTuple):
    """What a step asked for, the network's output, and what the forward model makes of that."""

    sample: Sample
    image: torch.Tensor
    degraded: torch.Tensor


class Judged(Protocol):
    """A fit, as far as a criterion looks at it. Each method waits for the device."""

    def degraded_mean(self) -> torch.Tensor:
        """What the forward model makes of the result so far, (1, c, [z,] y, x)."""
        ...

    def loss(self) -> float:
        """Running mean of the misfit on the fitted pixels."""
        ...

    def output_variance(self) -> float:
        """Running variance of the output, averaged over its pixels."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Criterion(abc.ABC):
    """A policy of judging a fit: plain numbers, no state.

    Class attributes
    ----------------
    hides_pixels
        Whether pixels are hidden from a network that would otherwise be fitted to all of them, so that another criterion may
        keep out something else in their place.
    """

    hides_pixels: ClassVar[bool] = False

    rule: StoppingRule = dataclasses.field(default_factory=NeverStop)

    @property
    def allows_annealing(self) -> bool:
        """Whether the learning rate may fall: not where what is watched falls with it."""
        return self.rule.allows_annealing

    @abc.abstractmethod
    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        """The policy at work on one fit; what is kept out is drawn from `generator`, on the CPU."""

    def judging_nothing(self, rule: StoppingRule) -> Criterion:
        """The same fit ended by another rule that needs nothing kept out of it."""
        return NoHoldOut(rule=rule)

    def notes(self) -> Iterator[str]:
        """What is kept out whatever the image, in words for the record."""
        yield from ()


class HoldOut:
    """What a criterion keeps out of one fit. Here nothing."""

    verb: ClassVar[str] = "fit"

    def __init__(self, observation: Observation, rule: StoppingRule) -> None:
        self.observation, self.rule = observation, rule
        self.pixels: NDArray[np.bool_] = np.zeros(observation.shape, np.bool_)

    @property
    def invented(self) -> NDArray[np.bool_]:
        """The known pixels, ([z,] y, x), that the network was neither shown nor fitted to."""
        return self.pixels

    def fitted_misfit(self, misfit: Loss) -> Loss:
        """The misfit without what is kept out of it."""
        return misfit

    def add(self, outputs: Sequence[StepOutput], fit: Judged) -> None:
        """Take in outputs, before they enter the running mean."""

    def error(self, fit: Judged) -> float | None:
        """Error on what is kept out; None where nothing is."""
        return None

    def watched(self, fit: Judged) -> float:
        """The number that the rule judges."""
        return self.rule.watched(fit, self.error(fit))

    def notes(self) -> Iterator[str]:
        """What was kept out of this fit, in words for the record."""
        yield from ()

    def state_dict(self) -> dict[str, Any]:
        """A copy of what changes during a fit."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy."""


class Chosen(Protocol):
    """What a choice of the setting makes of a method's own criterion."""

    def __call__(self, own: Criterion, all_known: bool, autocorrelation: Autocorrelation) -> Criterion:
        """The criterion of a fit to an image of which all is known or not, with noise of this autocorrelation."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of the setting *stopping*. Each room of this folder that defines a `CHOICE` offers it.

    Attributes
    ----------
    name
        What the user types.
    order
        Position among the choices.
    help
        One sentence.
    chosen
        What it makes of a method's own criterion.
    """

    name: str
    order: int
    help: str
    chosen: Chosen


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoHoldOut(Criterion):
    """Nothing is kept out of the fit."""

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return HoldOut(observation, self.rule)
