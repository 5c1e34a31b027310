"""SplitRisk: pixels of a split image are kept out of the loss, and an unbiased risk on them judges the fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.optimisation.averaging import RunningMean
from napari_deep_prior.core.optimisation.losses import weighted_mean
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping._base import HoldOut, Judged, StepOutput
from napari_deep_prior.core.stopping.pixels import BlocksHeldOut, PixelBlocks


def unbiased_risk(
    degraded: torch.Tensor, observed: torch.Tensor, target: torch.Tensor, before: torch.Tensor, where: torch.Tensor
) -> torch.Tensor:
    """Squared error to the other half of a split image, less the known noise in that: unbiased, as the half was not fitted.

    ``(f - y2)^2`` with y2 = y - n / a, without the terms that do not depend on f, and f measured from the result `before`,
    which knows nothing of this step's n: the same mean, far less variance. Less still in the mean over n and -n.
    """
    noise = observed - target
    return weighted_mean((degraded - observed).square() + 2 * (degraded - before) * noise, where)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SplitRisk(PixelBlocks):
    """The unbiased risk on blocks of pixels that the network is shown, as they carry fresh noise, but not fitted to.

    `decay` is that of the running mean of the risk over the full-image passes.
    """

    hides_pixels: ClassVar[bool] = False

    decay: float

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return _RiskOnBlocks(observation, self, generator)


class _RiskOnBlocks(BlocksHeldOut):
    verb = "loss"
    hidden = False

    def __init__(self, observation: Observation, criterion: SplitRisk, generator: torch.Generator) -> None:
        super().__init__(observation, criterion, generator)
        self._risk = RunningMean(torch.zeros((), device=observation.image.device), criterion.decay)

    @property
    def invented(self) -> NDArray[np.bool_]:
        return np.zeros_like(self.pixels)

    def add(self, outputs: Sequence[StepOutput], fit: Judged) -> None:
        if self._held is None:
            return
        before, observed = fit.degraded_mean(), self.observation.image
        risks = [
            unbiased_risk(output.degraded, observed, output.sample.target, before, self._held) for output in outputs
        ]
        self._risk.add(torch.stack(risks).mean())

    def error(self, fit: Judged) -> float | None:
        return None if self._held is None else float(self._risk.mean)

    def state_dict(self) -> dict[str, Any]:
        return {"risk": self._risk.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._risk.load_state_dict(state["risk"])
