"""A ring around the widget with the keyboard focus, which napari's style sheet does not show."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QRectF, Qt
from qtpy.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QPen
from qtpy.QtWidgets import QWidget

_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
)
"""Reasons for which the ring is drawn. After a click none is needed: the user knows where the focus is."""


class FocusRings(QObject):
    """Draws a ring around whichever widget of a panel has the focus."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self.ring: FocusRing | None = None
        for widget in panel.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow focus changes, and resize the ring with its widget."""
        if isinstance(event, QFocusEvent) and isinstance(watched, QWidget):
            self._leave()
            if event.gotFocus() and event.reason() in _BY_KEY:
                self.ring = FocusRing(watched)
        elif event.type() == QEvent.Type.Resize and self.ring is not None and self.ring.parent() is watched:
            self.ring.fit()
        return False

    def _leave(self) -> None:
        if self.ring is not None:
            self.ring.hide()
            self.ring.deleteLater()
            self.ring = None


class FocusRing(QWidget):
    """A transparent child of the ringed widget, so that it moves and scrolls with it."""

    def __init__(self, about: QWidget) -> None:
        super().__init__(about)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.fit()
        self.show()
        self.raise_()

    def fit(self) -> None:
        """Take the size of the ringed widget."""
        self.setGeometry(self.parentWidget().rect())

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw the ring in the colour of the text, which has contrast in every theme; its width follows the font."""
        width = max(2.0, self.fontMetrics().height() / 10)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), width))
        inside = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.drawRoundedRect(inside, width, width)
        painter.end()
