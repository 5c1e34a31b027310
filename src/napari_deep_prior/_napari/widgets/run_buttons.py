"""Run, Stop, Cancel, Resume, Try."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_deep_prior._napari.widgets.rows import wrapped


class Buttons(QWidget):
    """Run, Stop, Cancel and Resume: what may be pressed follows from the state of the run."""

    def __init__(
        self,
        run: Callable[[], None],
        stop: Callable[[], None],
        cancel: Callable[[], None],
        resume: Callable[[], None],
        try_view: Callable[[], None],
    ) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self._beside = QHBoxLayout()
        rows.addLayout(self._beside)
        self.try_view = self._button(
            self._beside,
            "Try on what I see",
            "Restore the part of the image in view for a few seconds, in a layer of its own.",
            try_view,
        )
        row = QHBoxLayout()
        rows.addLayout(row)
        self.run = self._button(
            row,
            "Run",
            "Restore the chosen image into a new layer; where several images are selected in the list, one after the other.",
            run,
        )
        self.stop = self._button(row, "Stop", "End the run and keep the best result so far.", stop)
        self.cancel = self._button(
            row, "Cancel", "End the run and throw away what it did: all is as it was before.", cancel
        )
        self.resume = self._button(
            row,
            "Resume",
            "Go on where the last run ended, in the same layer, with the same budget again; then with the layers that waited for it.",
            resume,
        )
        self.idle(resumable=False)

    def join(self, *buttons: QPushButton) -> None:
        """More that are to be in sight always."""
        for button in buttons:
            self._beside.addWidget(button)

    @property
    def keys(self) -> dict[str, QPushButton]:
        """Which keys press which of them."""
        return {"Ctrl+Return": self.run, "Esc": self.stop, "Ctrl+Shift+Return": self.resume}

    def idle(self, *, resumable: bool, extends: str = "") -> None:
        """Nothing runs; `extends` names what Resume would go on with where that is not all."""
        self._set(run=True, stop=False, resume=resumable)
        self.resume.setText(f"Resume {extends}".strip())

    def offer(self, layers: int) -> None:
        """Say on how many layers Run would work."""
        self.run.setText("Run" if layers < 2 else f"Run on {layers} layers")

    def running(self) -> None:
        """A run goes on."""
        self._set(run=False, stop=True, resume=False)

    def ending(self) -> None:
        """Stop was pressed; the step under way is still to end."""
        self._set(run=False, stop=False, resume=False)
        self.stop.setText("Stopping…")

    def _set(self, *, run: bool, stop: bool, resume: bool) -> None:
        self.stop.setText("Stop")
        enabled = {self.run: run, self.stop: stop, self.cancel: stop, self.resume: resume, self.try_view: run}
        for button, wanted in enabled.items():
            button.setEnabled(wanted)

    @staticmethod
    def _button(row: QBoxLayout, text: str, tooltip: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(wrapped(tooltip))
        button.clicked.connect(lambda: pressed())
        row.addWidget(button)
        return button
