"""HiddenPixels: pixels that are hidden at each step anyway judge the fit; nothing more is kept out."""

from __future__ import annotations

import dataclasses

import torch

from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping._base import Criterion, HoldOut, Judged
from napari_deep_prior.core.stopping.rules import StoppingRule


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HiddenPixels(Criterion):
    """Hidden pixels are predicted without having been seen: their misfit is a held-out error already."""

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return _HiddenPixels(observation, self.rule)

    def judging_nothing(self, rule: StoppingRule) -> Criterion:
        return HiddenPixels(rule=rule)


class _HiddenPixels(HoldOut):
    def error(self, fit: Judged) -> float | None:
        return fit.loss()
