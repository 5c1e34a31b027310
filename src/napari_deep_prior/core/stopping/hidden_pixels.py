"""HiddenPixels: pixels that are hidden at each step anyway judge the fit: all of them, or those that never count in the loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.optimisation.averaging import RunningMean
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping._base import Criterion, HoldOut, Judged, StepOutput
from napari_deep_prior.core.stopping.pixels import BlocksHeldOut, PixelBlocks
from napari_deep_prior.core.stopping.rules import StoppingRule

_PLAIN_SIGMA = 2.5
"""Width in pixels of the Gaussian mean that predictions are compared with."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HiddenPixels(Criterion):
    """The misfit of hidden pixels, which are predicted without being seen at that step.

    It falls for ever: each of them has been fitted to at other steps, and a small image is learnt by heart.
    """

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return _HiddenPixels(observation, self.rule)

    def judging_nothing(self, rule: StoppingRule) -> Criterion:
        return HiddenPixels(rule=rule)


class _HiddenPixels(HoldOut):
    def error(self, fit: Judged) -> float | None:
        return fit.loss()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UnfittedHiddenPixels(PixelBlocks):
    """The misfit, where they are hidden, of pixels that the network is shown as all others but never fitted to.

    `decay` is that of the running mean of what it predicts there over the full-image passes.
    """

    hides_pixels = False

    decay: float

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return _Unfitted(observation, self, generator)

    def judging_nothing(self, rule: StoppingRule) -> Criterion:
        return HiddenPixels(rule=rule)


class _Unfitted(BlocksHeldOut):
    verb = "loss"
    hidden = False

    def __init__(self, observation: Observation, criterion: UnfittedHiddenPixels, generator: torch.Generator) -> None:
        super().__init__(observation, criterion, generator)
        self._predicted = RunningMean(observation.image, criterion.decay)
        self._asked = torch.zeros_like(observation.known)  # 1 where a pixel has been hidden
        self._plain = smooth_estimate(observation.image, self.observation.fitted, _PLAIN_SIGMA)

    @property
    def invented(self) -> NDArray[np.bool_]:
        return np.zeros_like(self.pixels)

    def add(self, outputs: Sequence[StepOutput], fit: Judged) -> None:
        for output in outputs:
            hidden = output.sample.hidden
            if hidden is not None:
                self._predicted.add(output.degraded, hidden)
                self._asked = torch.maximum(self._asked, hidden)

    def error(self, fit: Judged) -> float | None:
        if self._held is None:
            return fit.loss()
        misfit, observed = self.observation.misfit, self.observation.image
        asked = self._held * self._asked
        # Not all have been hidden yet, and some are noisier than others: what a mean of neighbours has against them is no fault.
        gained = misfit(self._predicted.mean, observed, asked) - misfit(self._plain, observed, asked)
        return float(gained + misfit(self._plain, observed, self._held))

    def state_dict(self) -> dict[str, Any]:
        return {"predicted": self._predicted.state_dict(), "asked": self._asked.clone()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._predicted.load_state_dict(state["predicted"])
        self._asked = state["asked"].clone()
