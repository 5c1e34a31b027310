"""How the dock looks: a form that scrolls, and below it, always in sight, the buttons and the status."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_deep_prior._napari.rows import wrapped

_NARROW = 300
"""Pixels: narrower, the words would break at every other word."""


class Collapsible(QWidget):
    """A section that opens and closes, closed at first."""

    def __init__(self, title: str, tooltip: str, *content: QWidget) -> None:
        super().__init__()
        self._title = title
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setToolTip(wrapped(tooltip))
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._content = column(*content)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.button)
        rows.addWidget(self._content)
        self.button.toggled.connect(self._show)
        self._show(False)

    def note(self, words: str) -> None:
        """Add to the title what is worth opening it for."""
        title = " · ".join(filter(None, (self._title, words)))
        self.button.setText(title)
        self.button.setAccessibleName(title)

    def _show(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._content.setVisible(opened)


class Buttons(QWidget):
    """Run, Stop and Resume: what may be pressed follows from the state of the run."""

    def __init__(
        self,
        run: Callable[[], None],
        stop: Callable[[], None],
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
        self.run = self._button(row, "Run", "Restore the chosen image into a new layer.", run)
        self.stop = self._button(row, "Stop", "End the run and keep the best result so far.", stop)
        self.resume = self._button(
            row, "Resume", "Go on where the last run ended, in the same layer, with the same budget again.", resume
        )
        self.idle(resumable=False)

    def join(self, button: QPushButton) -> None:
        """One more that is to be in sight always."""
        self._beside.addWidget(button)

    @property
    def keys(self) -> dict[str, QPushButton]:
        """Which keys press which of them."""
        return {"Ctrl+Return": self.run, "Esc": self.stop, "Ctrl+Shift+Return": self.resume}

    def idle(self, *, resumable: bool) -> None:
        """Nothing runs."""
        self._set(run=True, stop=False, resume=resumable)

    def running(self) -> None:
        """A run goes on."""
        self._set(run=False, stop=True, resume=False)

    def ending(self) -> None:
        """Stop was pressed; the step under way is still to end."""
        self._set(run=False, stop=False, resume=False)
        self.stop.setText("Stopping…")

    def _set(self, *, run: bool, stop: bool, resume: bool) -> None:
        self.stop.setText("Stop")
        for button, enabled in ((self.run, run), (self.stop, stop), (self.resume, resume), (self.try_view, run)):
            button.setEnabled(enabled)

    @staticmethod
    def _button(row: QBoxLayout, text: str, tooltip: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(wrapped(tooltip))
        button.clicked.connect(lambda: pressed())
        row.addWidget(button)
        return button


def row(*widgets: QWidget) -> QWidget:
    """Widgets side by side, no wider than they need."""
    holder = QWidget()
    columns = QHBoxLayout(holder)
    columns.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        columns.addWidget(widget)
    columns.addStretch(1)
    return holder


def column(*widgets: QWidget) -> QWidget:
    """Widgets one below the other."""
    holder = QWidget()
    rows = QVBoxLayout(holder)
    rows.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        rows.addWidget(widget)
    return holder


class Scrolling(QScrollArea):
    """Widgets one below the other that scroll where the screen is too low; as wide as their letters need, whatever their size."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        inner = column(*widgets)
        inner.layout().setContentsMargins(2, 2, 8, 2)
        inner.layout().addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to whatever Tab reaches
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._widen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is inside needs another width: other letters, or a field more."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._widen()
        return bool(super().eventFilter(watched, event))

    def _widen(self) -> None:
        inner = self.widget()
        if inner is not None:
            needed = inner.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
            self.setMinimumWidth(max(_NARROW, needed))


def text(words: str = "") -> QLabel:
    """A line of text that wraps and can be copied."""
    label = QLabel(words)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
