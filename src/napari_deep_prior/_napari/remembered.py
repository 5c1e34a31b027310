"""What the panel remembers from one day to the next: one small JSON file beside napari's own settings."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

NAME = "napari-deep-prior.json"


def folder() -> Path | None:
    """Where napari keeps its settings, or None where it keeps none."""
    from napari.settings import get_settings

    path = getattr(get_settings(), "config_path", None)
    return Path(path).parent if isinstance(path, (str, Path)) else None


class Store:
    """Remembers by name; without a folder only as long as it lives. A file that is broken counts as empty."""

    def __init__(self, place: Path | None) -> None:
        self._path = None if place is None else place / NAME
        self._values = self._read()

    def get(self, *names: str) -> dict[str, Any]:
        """What is remembered under these names, one inside the other; empty where there is nothing."""
        values: Any = self._values
        for name in names:
            values = values.get(name, {}) if isinstance(values, dict) else {}
        return dict(values) if isinstance(values, dict) else {}

    def keep(self, *names: str, values: dict[str, Any]) -> None:
        """Remember plain values under these names."""
        inner = self._values
        for name in names[:-1]:
            inner = inner.setdefault(name, {})
        inner[names[-1]] = values
        self._write()

    def forget(self, *names: str) -> None:
        """Remember nothing under these names any more."""
        inner: Any = self._values
        for name in names[:-1]:
            inner = inner.get(name, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict) and inner.pop(names[-1], None) is not None:
            self._write()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8")) if self._path is not None else {}
        except (OSError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}

    def _write(self) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._values, indent=1), encoding="utf-8")
        except OSError as error:  # a full or closed disk must not end a run
            logging.getLogger(__name__).warning("The last settings could not be saved: %s", error)
