"""Denoise: every pixel was observed, with noise."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import torch

from napari_deep_prior.core.tasks import _guide
from napari_deep_prior.core.tasks._base import AbstractTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Denoise(AbstractTask):
    """Take the noise away. The observed image is the wanted one plus noise.

    References
    ----------
    Ulyanov, Vedaldi, Lempitsky: Deep Image Prior, CVPR 2018, section 3.1.
    """

    title: ClassVar[str] = "Denoise"
    summary: ClassVar[str] = "Takes the noise away. For any image in which the noise is finer than what you look for."
    order: ClassVar[int] = 0

    guide: _guide.Guide = None

    def beside(self) -> torch.Tensor | None:
        return _guide.shown(self.guide)

    def check(self, observed: tuple[int, ...]) -> None:
        _guide.check(self.guide)
