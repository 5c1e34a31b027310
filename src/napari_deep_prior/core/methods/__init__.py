"""Methods: how a network is fitted to one image. Collected by themselves: each module defines one final subclass of Method."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from napari_deep_prior.core.methods._base import Config, Evidence, Method


def _collect() -> tuple[type[Method], ...]:
    methods: list[type[Method]] = []
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name.startswith("_") or module_info.name == "choice":
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        classes = inspect.getmembers(module, inspect.isclass)
        methods += [c for _, c in classes if issubclass(c, Method) and c.__module__ == module.__name__]
    return tuple(sorted(methods, key=lambda method: method.order))


__all__ = ["METHODS", "Config", "Evidence", "Method"]

METHODS: tuple[type[Method], ...] = _collect()
"""The method classes, in the order in which they are shown."""
