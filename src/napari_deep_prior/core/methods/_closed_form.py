"""ClosedFormMethod: base of the methods that compute their result at once, with no network and nothing to fit."""

from __future__ import annotations

import abc
import dataclasses
from typing import ClassVar, Self

import torch

from napari_deep_prior.core.methods._base import Config, Evidence, Method
from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping import Criterion, NoHoldOut


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClosedFormConfig(Config):
    """One step, whatever the settings say of steps and fits."""

    done: ClassVar[StopReason] = StopReason.COMPUTED

    iterations: int = 1
    anneal: bool = False

    def overridden_by(self, settings: object) -> Self:
        return self


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClosedFormMethod(Method):
    """The result is a function of the observed image."""

    is_instant: ClassVar[bool] = True

    @abc.abstractmethod
    def estimate(self, observation: Observation) -> tuple[torch.Tensor, torch.Tensor]:
        """The result and its standard deviation, (1, c, y, x) each, in tensor units."""

    def quick(self) -> Self:
        """The same with fewer computations, for planes of a stack whose result it has a part in; itself where there is none."""
        return self

    def config(self, evidence: Evidence) -> Config:
        return ClosedFormConfig()

    def criterion(self, stopping: str, evidence: Evidence) -> Criterion:
        return NoHoldOut()
