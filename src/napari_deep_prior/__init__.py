"""Restoration of a single image without training data, by Deep Image Prior.

Importing the package loads neither torch nor Qt nor numpy; each public name is fetched at its first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_deep_prior.core.data.axes import Axes as Axes
    from napari_deep_prior.core.results import Record as Record
    from napari_deep_prior.core.results import Result as Result
    from napari_deep_prior.core.results import RunError as RunError
    from napari_deep_prior.core.results import Snapshot as Snapshot
    from napari_deep_prior.core.results import StopReason as StopReason
    from napari_deep_prior.core.run.fit import Fit as Fit
    from napari_deep_prior.core.run.reproduce import replay as replay
    from napari_deep_prior.core.run.restore import restore as restore
    from napari_deep_prior.core.settings import Settings as Settings
    from napari_deep_prior.core.tasks import TASKS as TASKS
    from napari_deep_prior.core.tasks.deconvolve import Deconvolve as Deconvolve
    from napari_deep_prior.core.tasks.denoise import Denoise as Denoise
    from napari_deep_prior.core.tasks.inpaint import Inpaint as Inpaint
    from napari_deep_prior.core.tasks.remove_artifacts import RemoveArtifacts as RemoveArtifacts
    from napari_deep_prior.core.tasks.super_resolve import SuperResolve as SuperResolve
    from napari_deep_prior.workflows.lazy.lazy_result import LazyResult as LazyResult
    from napari_deep_prior.workflows.lazy.lazy_result import restore_lazily as restore_lazily
    from napari_deep_prior.workflows.methods_section import methods_paragraph as methods_paragraph
    from napari_deep_prior.workflows.network_file import read_network as read_network
    from napari_deep_prior.workflows.network_file import write_network as write_network

__version__ = "0.1.0"

_HOMES = {
    "Axes": "core.data.axes",
    "Deconvolve": "core.tasks.deconvolve",
    "Denoise": "core.tasks.denoise",
    "Fit": "core.run.fit",
    "Inpaint": "core.tasks.inpaint",
    "LazyResult": "workflows.lazy.lazy_result",
    "Record": "core.results",
    "RemoveArtifacts": "core.tasks.remove_artifacts",
    "Result": "core.results",
    "RunError": "core.results",
    "Settings": "core.settings",
    "Snapshot": "core.results",
    "StopReason": "core.results",
    "SuperResolve": "core.tasks.super_resolve",
    "TASKS": "core.tasks",
    "methods_paragraph": "workflows.methods_section",
    "read_network": "workflows.network_file",
    "replay": "core.run.reproduce",
    "restore": "core.run.restore",
    "restore_lazily": "workflows.lazy.lazy_result",
    "write_network": "workflows.network_file",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif (value := _task(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def _task(name: str) -> Any:
    """A task that is not listed above is found all the same: it is one file in core/tasks."""
    if not name[0].isupper():
        return None
    tasks = importlib.import_module(f"{__name__}.core.tasks").TASKS
    return next((task for task in tasks.values() if task.__name__ == name), None)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
