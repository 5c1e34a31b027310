"""The planes of a stack in a strip, as a slider has them: restored, under way, or original; a click shows one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtCore import QEvent, QPointF, QRectF, Qt
from qtpy.QtGui import QMouseEvent, QPainter, QPaintEvent, QPolygonF
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_deep_prior._napari.layers.neighbours import plane_index, plane_number, show_plane
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior.core.diagnostics.course import restored_of

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Layer
    from napari_deep_prior.core.results import Snapshot

_HEIGHT, _LOW, _MARK = 18, 4, 5
"""Pixels: of the strip, of a plane that is still the original, of the mark of the plane in view."""


class PlaneStrip(QWidget):
    """Which planes are restored, which one is under way, and which one is looked at. Out of sight for a single image.

    Parameters
    ----------
    viewer
        Its theme gives the colours.
    layer
        The layer that is drawn; None where it is gone.
    """

    def __init__(self, viewer: Viewer, layer: Callable[[], Layer | None]) -> None:
        super().__init__()
        self._viewer, self._layer = viewer, layer
        self._like: tuple[int | slice, ...] = ()  # the index of any one of the planes
        self.planes, self.restored, self.now = 0, frozenset[int](), None  # type: int, frozenset[int], int | None
        self.bar = QWidget()
        self.bar.setFixedHeight(_HEIGHT)
        self.bar.installEventFilter(self)
        self.bar.setAccessibleName("Planes")
        self.bar.setToolTip(
            wrapped("Planes of the stack: high ones are restored, low ones are the original. Click to look at one.")
        )
        self.show_now = QPushButton("Show it")
        self.show_now.setToolTip(wrapped("Move the viewer to the plane that is drawn now."))
        self.show_now.clicked.connect(lambda: self._go(self.now))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, stretch=1)
        row.addWidget(self.show_now)
        moved, look = viewer.dims.events.current_step, self._look
        moved.connect(look)
        self.destroyed.connect(lambda: moved.disconnect(look))  # napari would go on calling what Qt has deleted
        self.forget()

    def forget(self) -> None:
        """Nothing is known yet."""
        self._put(self.planes, (), None)

    def progress(self, snapshot: Snapshot) -> None:
        """Where the run is: planes have their turns one after the other."""
        first = snapshot.plane - snapshot.turn
        done = {number % snapshot.planes for number in range(first, snapshot.plane)}
        self._like = snapshot.index
        self._put(snapshot.planes, done, snapshot.plane)

    def end(self, restored: Collection[int]) -> None:
        """The run is over, and these planes are restored."""
        self._put(self.planes, restored, None)

    def _put(self, planes: int, restored: Collection[int], now: int | None) -> None:
        self.planes, self.restored, self.now = planes, frozenset(restored), now
        self.setVisible(planes > 1 and (now is not None or bool(restored)))
        self.bar.setAccessibleDescription(f"{restored_of(len(self.restored), planes, 'planes')}.")
        self._look()

    def _look(self, _: object = None) -> None:
        self.show_now.setVisible(self.now is not None and self.now != self._in_view())
        self.bar.update()

    def _in_view(self) -> int | None:
        layer = self._layer()
        return None if layer is None or self.planes < 2 else plane_number(self._viewer, layer, self._like)

    def _go(self, number: int | None) -> None:
        layer = self._layer()
        if number is not None and layer is not None:
            show_plane(self._viewer, layer, plane_index(number, self._like, layer.data.shape))

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        """Paint the strip; a click on it shows a plane."""
        if isinstance(event, QPaintEvent):
            self._paint()
            return True
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            place = event.position().x() / max(1, self.bar.width())
            self._go(min(max(int(place * self.planes), 0), self.planes - 1))
            return True
        return bool(super().eventFilter(watched, event))

    def _paint(self) -> None:
        from napari.utils.theme import get_theme

        theme, painter = get_theme(self._viewer.theme), QPainter(self.bar)
        painter.setPen(Qt.PenStyle.NoPen)
        floor, in_view = _HEIGHT - _MARK - 1, self._in_view()
        for number in range(self.planes):
            colour, high = theme.secondary, _LOW
            if number in self.restored:
                colour, high = theme.highlight, floor
            if number == self.now:
                colour, high = theme.current, floor
            painter.setBrush(pg.mkBrush(colour.as_rgb_tuple()))
            painter.drawRect(QRectF(self._left(number), floor - high, self._width, high))
        if in_view is not None:
            painter.setBrush(pg.mkBrush(theme.text.as_rgb_tuple()))
            middle = self._left(in_view) + self._width / 2
            corners = [(middle, floor + 1), (middle - _MARK, _HEIGHT), (middle + _MARK, _HEIGHT)]
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.end()

    @property
    def _width(self) -> float:
        """Pixels of one plane; a gap is left where there is room for it."""
        each = float(self.bar.width()) / max(1, self.planes)
        return each - 1 if each > 3 else each

    def _left(self, number: int) -> float:
        return number * float(self.bar.width()) / max(1, self.planes)
