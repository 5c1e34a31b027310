"""The engine as the window sees it, loaded late: torch may be slow to import, missing, or broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any


class EngineMissing(Exception):
    """PyTorch, and with it the engine, could not be loaded; the text says what to do about it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the window uses of `core`: the tasks, the settings, the fit and the choice of device."""

    tasks: Mapping[str, Any]
    settings: type[Any]
    fit: Callable[..., Any]
    choose_device: Callable[..., Any]


def load() -> Engine:
    """Import the engine.

    Raises
    ------
    EngineMissing
        If PyTorch does not load.
    """
    try:
        from napari_deep_prior.core.compute.device import choose
        from napari_deep_prior.core.run.fit import Fit
        from napari_deep_prior.core.settings import Settings
        from napari_deep_prior.core.tasks import TASKS
    except (ImportError, OSError) as error:
        raise EngineMissing(explained(error)) from error
    return Engine(tasks=TASKS, settings=Settings, fit=Fit, choose_device=choose)


def explained(error: ImportError | OSError) -> str:
    """What to do about an import that failed, in words."""
    if isinstance(error, ModuleNotFoundError):
        cure = f"Install it into napari's environment:\npip install {error.name or 'torch'}\nThen restart napari."
    elif getattr(error, "winerror", None) in (1114, 126):
        # Windows, PyTorch 2.9 and later: its libraries do not load once Qt has loaded its own (pytorch issue 166628).
        cure = (
            "On Windows PyTorch must be loaded before the window. Close napari and start it with\n"
            "napari-deep-prior gui\n"
            "If that does not help, install the Microsoft Visual C++ Redistributable and restart."
        )
    else:
        cure = "Reinstall PyTorch for your system (pytorch.org, Get started), then restart napari."
    return f"PyTorch does not load, so nothing can be restored yet.\n\n{cure}\n\nWhat the system says: {error}"
