"""When a fit ends: criteria that keep something out of it, and the rules that judge it. Choices are collected by themselves."""

from __future__ import annotations

import importlib
import pkgutil

from napari_deep_prior.core.stopping._base import Choice, Criterion, HoldOut, Judged, NoHoldOut, StepOutput


def _collect() -> dict[str, Choice]:
    names = [info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    choices = [module.CHOICE for module in modules if hasattr(module, "CHOICE")]
    return {choice.name: choice for choice in sorted(choices, key=lambda choice: choice.order)}


__all__ = ["STOPPING", "Choice", "Criterion", "HoldOut", "Judged", "NoHoldOut", "StepOutput"]

STOPPING: dict[str, Choice] = _collect()
"""What the user may type -> what it means, in the order in which it is shown."""
