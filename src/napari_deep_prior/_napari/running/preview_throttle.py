"""How often a preview is drawn: as often as it is cheap. Without a graphics card one may cost a tenth of a second on all cores."""

from __future__ import annotations

import time

SHARE = 0.025
"""Share of the time that may go into drawing previews, so that a fit is as good as undisturbed."""

SETTLE = 20
"""Milliseconds until a preview is on its way to the screen: Qt gathers what is to be drawn for some 5 ms."""

LONGEST = 3.0
"""Seconds after which one comes all the same."""


class PreviewThrottle:
    """Says how long to wait until the next preview, from how long the last one took to draw.

    Parameters
    ----------
    least
        Milliseconds to wait at least; napari's Preferences say it.
    """

    def __init__(self, least: int = 0) -> None:
        self._least = least
        self._began = 0.0

    def begin(self) -> None:
        """A preview has come."""
        self._began = time.perf_counter()

    def pause(self) -> int:
        """To be called `SETTLE` after the preview came, later where drawing it took longer; milliseconds until the next."""
        took = max(0.0, time.perf_counter() - self._began - SETTLE / 1000)
        return max(self._least, round(1000 * min(LONGEST, took / SHARE - took)))
