"""What the panel says of a run: progress bar, iteration, speed, times, and why it ended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from napari_deep_prior._napari.widgets.plane_strip import PlaneStrip
    from napari_deep_prior.core.results import Snapshot
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior._napari.widgets.wording import duration, fraction_done, steps_text, times_text

_BAR = (
    "While it runs, how much of the budget is used up: it may end sooner, when nothing more is to be gained. Once it has ended, how "
    "much of the image is restored: of a stack the share of its planes, of one plane that you stopped how far it came."
)


class StatusPanel(QWidget):
    """A progress bar over three lines of text, and under the strip of planes; they stay when the run is over.

    Where nothing is known the bar is empty, and the words tell. A busy one would be drawn anew thirty times a second, the whole window
    with it, which takes a processor from the fit where there is no graphics card.
    """

    def __init__(self, strip: PlaneStrip) -> None:
        super().__init__()
        self.strip = strip
        self._started, self._spoken, self._running = time.monotonic(), False, False
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setToolTip(wrapped(_BAR))
        self.steps, self.times, self.message = QLabel(), QLabel(), QLabel()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for widget in (strip, self.bar, self.steps, self.times, self.message):
            rows.addWidget(widget)
        for label, name in ((self.steps, "Iteration"), (self.times, "Time"), (self.message, "Status")):
            label.setWordWrap(True)
            label.setAccessibleName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def greet(self, *, image: bool) -> None:
        """What to begin with, as long as nothing else has been said."""
        if not self._spoken:
            self._show("", "", "Press Run." if image else "Open an image, then press Run.")

    def forget(self, *, image: bool) -> None:
        """What was said belongs to another image; `image` says whether there is any now."""
        self._spoken = False
        with self._drawn_at_once():
            self.strip.hide()
            self.bar.setValue(0)
            self.greet(image=image)

    def say(self, words: str) -> None:
        """One message, for as long as nothing else is to be said. Beside it stands how a run goes, but not how long another took."""
        self._spoken = True
        steps, times = (self.steps.text(), self.times.text()) if self._running else ("", "")
        self._show(steps, times, words)

    def start(self, elapsed: float = 0.0) -> None:
        """A run begins, or goes on after so many seconds."""
        self._spoken = self._running = True
        self._started = time.monotonic() - elapsed
        with self._drawn_at_once():
            self.strip.forget()
            self.bar.setValue(0)
            self._show("Preparing…", "", "")

    def show_progress(self, snapshot: Snapshot, place: str = "", of: str = "") -> None:
        """Where the fit is now; `place` says where its plane lies in a stack, `of` which of several layers it is."""
        done = fraction_done(snapshot)
        with self._drawn_at_once():
            self.bar.setValue(round(1000 * (done or 0.0)))
            self.strip.progress(snapshot)
            self._show(steps_text(snapshot, place), times_text(snapshot, time.monotonic() - self._started), of)

    def end(self, words: str, *, done: float | None, restored: Collection[int] = ()) -> None:
        """The run is over; `done` is how much of the image is restored, None where there is no result.

        What the run did is in the words; the steps it was thought to take have no meaning any more.
        """
        self._running = False
        with self._drawn_at_once():
            self.strip.end(restored)
            self.bar.setValue(round(1000 * (done or 0.0)))
            self._show("", "" if done is None else self._elapsed(), words)

    @contextlib.contextmanager
    def _drawn_at_once(self) -> Iterator[None]:
        """A progress bar repaints at each change, and with it the whole window and its canvas. Held back, all is drawn in one go."""
        self.setUpdatesEnabled(False)
        try:
            yield
        finally:  # a panel that is never drawn again would show the past for ever
            self.setUpdatesEnabled(True)

    def _elapsed(self) -> str:
        return f"Elapsed {duration(time.monotonic() - self._started)}"

    def _show(self, steps: str, times: str, message: str) -> None:
        for label, words in ((self.steps, steps), (self.times, times), (self.message, message)):
            label.setText(words)
            label.setVisible(bool(words))
