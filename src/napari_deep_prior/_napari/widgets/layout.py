"""How the dock looks: a form that scrolls, and below it, always in sight, the buttons and the status."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_deep_prior._napari.widgets.rows import wrapped

_NARROW = 300
"""Pixels: narrower, the words would break at every other word."""

_SETTLES = 100
"""Milliseconds in which everything inside has found its place."""


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
        self._letters = QLabel(
            self
        )  # never seen: has the letters that napari wants, which it does not give to tool buttons
        self._letters.hide()
        self._letters.installEventFilter(self)
        self.button.toggled.connect(self._show)
        self.button.clicked.connect(self._reveal)
        self._show(False)

    def note(self, words: str) -> None:
        """Add to the title what is worth opening it for."""
        title = " · ".join(filter(None, (self._title, words)))
        self.button.setText(title)
        self.button.setAccessibleName(title)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Napari changes the size of letters by the style sheet of the window."""
        if event.type() == QEvent.Type.FontChange:
            self.button.setFont(self._letters.font())
        return bool(super().eventFilter(watched, event))

    def showEvent(self, event: QEvent) -> None:
        """Only now it is in a window that has a style sheet."""
        super().showEvent(event)
        self._letters.ensurePolished()
        self.button.setFont(self._letters.font())

    def _reveal(self) -> None:
        """Somebody has opened it to look into it."""
        holder = self.parentWidget()
        while holder is not None and not isinstance(holder, Scrolling):
            holder = holder.parentWidget()
        if holder is not None and self.button.isChecked():
            holder.reveal(self)

    def _show(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._content.setVisible(opened)


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
        self._wanted: QWidget | None = None  # what is to be in sight
        self._down_to: QWidget | None = None
        self._to_its_top = True
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLES)
        self._settled.timeout.connect(self._scroll)
        inner = column(*widgets)
        inner.layout().setContentsMargins(2, 2, 8, 2)
        inner.layout().addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to whatever Tab reaches
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(lambda *_: self._scroll())  # what is above or in it may get higher later
        bar.actionTriggered.connect(lambda *_: self._leave())
        self._widen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is inside needs another width: other letters, or a field more."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._widen()
        return bool(super().eventFilter(watched, event))

    def bring_up(self, part: QWidget, down_to: QWidget | None = None) -> None:
        """Keep this part at the top, or as far up as that goes, until somebody scrolls; later, when all has found its place.

        What it has in `down_to` is in sight all the same, where its top and that are further apart than the screen is high.
        """
        self._wanted, self._down_to, self._to_its_top = part, down_to, True
        self._settled.start()

    def reveal(self, part: QWidget) -> None:
        """Scroll just as far as it takes to see all of this part, or from its top on where it is too high."""
        self._wanted, self._to_its_top = part, False
        self._settled.start()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab scrolls to whatever it reaches."""
        self._leave()
        return bool(super().focusNextPrevChild(forward))

    def _leave(self) -> None:
        """Somebody wants to see something else."""
        self._wanted = None

    def _scroll(self) -> None:
        if self._wanted is None or self.widget() is None or self._settled.isActive():
            return
        bar, top = self.verticalScrollBar(), self._wanted.mapTo(self.widget(), QPoint()).y()
        if self._to_its_top:
            bar.setValue(top if self._down_to is None else max(top, self._least(self._down_to)))
        else:
            bar.setValue(min(top, max(bar.value(), self._least(self._wanted))))
        if not self._to_its_top:
            self._wanted = None

    def _least(self, part: QWidget) -> int:
        """How far to scroll down at least until the lower edge of this part is in sight."""
        lower: int = part.mapTo(self.widget(), QPoint(0, part.height())).y() - self.viewport().height()
        return lower

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


def dock_of(widget: QWidget) -> QDockWidget | None:
    """The dock that holds a widget; None where none does."""
    holder = widget.parentWidget()
    while holder is not None and not isinstance(holder, QDockWidget):
        holder = holder.parentWidget()
    return holder


def bring_to_front(widget: QWidget) -> None:
    """Show the dock that holds a widget, in front of those it shares its place with."""
    dock = dock_of(widget)
    if dock is not None:
        dock.show()
        dock.raise_()


def outermost(widget: QWidget) -> QWidget:
    """The window all is in; a dock that floats is a window of its own to Qt, and goes before that."""
    while (holder := widget.parentWidget()) is not None:
        widget = holder
    return widget
