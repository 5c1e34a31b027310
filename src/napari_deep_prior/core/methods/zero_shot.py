"""ZeroShot: the image is degraded once more; what undoes that undoes the degradation of the image itself."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from napari_deep_prior.core.methods._base import Evidence
from napari_deep_prior.core.methods._stages import StageMethod

REFRESH_FRACTION = 0.1
"""For a degradation after which the estimate is finer than the image, so that the next lesson is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShot(StageMethod):
    """Zero-shot learning from the image alone (Shocher et al., "Zero-shot" super-resolution, CVPR 2018); see `StageSampler`."""

    name: ClassVar[str] = "zero-shot"
    summary: ClassVar[str] = (
        "the image after the same loss once more (smaller still, compressed again), from which it must give back the image; "
        "for finer pixels and blocks."
    )
    order: ClassVar[int] = 30
    citation: ClassVar[str] = (
        'Shocher, A., Cohen, N. & Irani, M. "Zero-Shot" Super-Resolution using Deep Internal Learning. IEEE/CVF CVPR, 3118-3126 (2018).'
    )
    uncertainty: ClassVar[str] = "How much the late outputs of the network differ; not a confidence interval."

    def suits(self, evidence: Evidence) -> str | None:
        return f"{self.because}, and what was lost can be lost once more to learn from"
