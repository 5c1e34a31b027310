"""Denoise: every pixel was observed, with noise."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

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
