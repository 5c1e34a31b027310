"""The choice never to stop by itself."""

from __future__ import annotations

from napari_deep_prior.core.stopping._base import Choice
from napari_deep_prior.core.stopping.rules import NeverStop

CHOICE = Choice(
    name="never",
    order=3,
    help="use the whole budget.",
    chosen=lambda own, all_known, autocorrelation: own.judging_nothing(NeverStop()),
)
