"""First steps for a new user, with a sample to try them on. They disappear for good when a run has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from napari_deep_prior._napari import samples
from napari_deep_prior._napari.widgets.layout import text
from napari_deep_prior._napari.widgets.rows import wrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.remembered import Store

STEPS = (
    "Open an image: drop a file on the window, or try a sample.",
    "Press Run and watch. Stop when you like what you see: nothing is lost.",
    "Compare the new layer with the image, and save it with its record.",
)

THEN = "Now press Hold to compare, and Save… when you like it."
"""The third step, where one looks when a run has ended."""


class Welcome(QFrame):
    """A card with three steps; the next one is bold."""

    def __init__(self, viewer: Viewer, memory: Store, images: Callable[[], int]) -> None:
        super().__init__()
        self._viewer, self._memory, self._images = viewer, memory, images
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.steps = [text() for _ in STEPS]
        self.sample = QPushButton("Open a sample")
        self.sample.setToolTip(wrapped("Cells under a microscope with few photons. They come with the program."))
        self.sample.clicked.connect(lambda: self.open_sample())
        self.close_button = QPushButton("Do not show again")
        self.close_button.setToolTip(wrapped("All of this is in the README as well."))
        self.close_button.clicked.connect(lambda: self.done())
        rows, buttons = QVBoxLayout(self), QHBoxLayout()
        rows.setContentsMargins(6, 4, 6, 4)
        for step in self.steps:
            rows.addWidget(step)
        rows.addLayout(buttons)
        for button in (self.sample, self.close_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._settled = QTimer(self)  # the layer's controls come up after it and make the canvas smaller
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(viewer.reset_view)
        self.setVisible(not memory.get("welcome"))
        self.refresh()

    def refresh(self) -> None:
        """Layers came or went."""
        here = 1 if self._images() else 0
        for number, (label, words) in enumerate(zip(self.steps, STEPS, strict=True)):
            line = f"{number + 1}. {words}"
            label.setText(f"<b>{line}</b>" if number == here else line)

    def open_sample(self) -> None:
        """Add a noisy image to restore."""
        for data, meta, kind in samples.noisy_cells():
            getattr(self._viewer, f"add_{kind}")(data, **meta)
        self._settled.start()

    def done(self) -> str:
        """Hide the card, now and in later sessions; what is to be said of the third step, the first time only."""
        if not self.isVisibleTo(self.parentWidget()):
            return ""
        self.hide()
        self._memory.keep("welcome", values={"seen": True})
        return THEN
