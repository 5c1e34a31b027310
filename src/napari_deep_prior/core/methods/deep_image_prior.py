"""Fixed code; published numbers."""

from __future__ import annotations

import torch

from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.sampling.sample import Sample

CODE_AMPLITUDE = 0.1
"""The fixed code is uniform on [0, 0.1], as in the paper."""


class FixedCode:
    """A fixed random code plus fresh Gaussian jitter at each step (Ulyanov et al. 2018, supplement)."""

    def __init__(
        self,
        observed: torch.Tensor,
        weight: torch.Tensor,
        drawn: tuple[int, ...],
        start: torch.Generator,
        *,
        channels: int,
        jitter: float,
        base: torch.Tensor | float,
        draws: torch.Generator,
        beside: torch.Tensor | None = None,
    ) -> None:
        self._beside = () if beside is None else (beside,)
        self.channels, self.crops = channels + len(self._beside), None
        self._observed, self._weight, self._base = observed, weight, base
        self._jitter, self._draws = jitter, draws
        self._code = (torch.rand((1, channels, *drawn), generator=start) * CODE_AMPLITUDE).to(weight.device)

    def draw(self) -> Sample:
        """The code, with fresh noise where that was asked for, and the whole observed image as its target."""
        code = self._code
        if self._jitter:
            noise = torch.empty_like(code).normal_(generator=self._draws)
            code = torch.add(code, noise, alpha=self._jitter)
        shown = torch.cat([code, *self._beside], 1)
        return Sample(input=shown, undo=identity, base=self._base, target=self._observed, weight=self._weight)

    def whole(self) -> tuple[Sample, ...]:
        """The same: each sample is of the full image."""
        return (self.draw(),)

    def learn(self, result: torch.Tensor | None) -> None:
        """Nothing: the code is fixed."""
