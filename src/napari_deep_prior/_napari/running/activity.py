"""The run in napari's own activity dock, beside whatever else napari is busy with."""

from __future__ import annotations

from napari.utils import progress

_WHOLE = 1000
"""Parts the bar has."""


class Activity:
    """A bar in the activity dock, from `begin` to `end`. Window's thread only."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bar: progress | None = None

    def begin(self) -> None:
        """Something is going on."""
        self._bar = progress(total=_WHOLE, desc=self._name)

    def show(self, done: float | None) -> None:
        """How much of it is done; None where that cannot be told."""
        if self._bar is not None and done is not None:
            self._bar.update(max(0, round(_WHOLE * done) - self._bar.n))

    def end(self) -> None:
        """It is over."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None
