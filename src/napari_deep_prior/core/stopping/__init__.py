"""When a fit ends: criteria that keep something out of it, and the rules that judge it."""

from napari_deep_prior.core.stopping._base import Criterion, HoldOut, Judged, NoHoldOut, StepOutput

__all__ = ["Criterion", "HoldOut", "Judged", "NoHoldOut", "StepOutput"]
