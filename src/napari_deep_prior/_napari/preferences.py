"""Starting values from napari's Preferences (napari 0.9 and later); before that, from the panel's own file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_deep_prior._napari.remembered import Store

_PLUGIN = "napari-deep-prior"
RATE = "previews_per_second"


class Preferences:
    """What a form starts from, and how often previews are drawn."""

    def __init__(self, memory: Store) -> None:
        self._memory = memory
        self._kept = _napari_s()

    def values(self) -> dict[str, Any]:
        """By name; in napari before 0.9 what stands under "preferences" in the panel's file."""
        return self._memory.get("preferences") if self._kept is None else dict(self._kept.model_dump())

    @property
    def pause(self) -> int:
        """Milliseconds to wait after a preview has been drawn. The engine itself sends at most four per second."""
        rate = self.values().get(RATE)
        return max(0, round(1000 / rate) - 250) if isinstance(rate, (int, float)) and rate > 0 else 0

    def connect(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` when the user changes one; returns what ends that."""
        if self._kept is None:
            return lambda: None

        def on_event(_: object = None) -> None:
            changed()

        kept = self._kept
        kept.events.connect(on_event)
        return lambda: kept.events.disconnect(on_event)


def _napari_s() -> Any:
    """The section of our manifest as napari keeps it, or None where there is none."""
    try:
        from napari.settings import get_plugin_settings

        return get_plugin_settings(_PLUGIN).start
    except (ImportError, KeyError):  # before 0.9; or a plugin that napari does not know of, as in a notebook
        return None
