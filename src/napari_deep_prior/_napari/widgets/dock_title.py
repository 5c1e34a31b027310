"""The title of the panel's dock, which napari makes of the names of widget and plugin: here they are the same."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QLabel, QWidget

from napari_deep_prior._napari.widgets.layout import dock_of


class ShortTitle(QObject):
    """Event filter of a panel: says the name once, where twice would be cut off. Each time it floats the dock has a new title bar."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        self._docked = QTimer(self)
        self._docked.setSingleShot(True)
        self._docked.timeout.connect(self._shorten)
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shown: napari makes the title bar before or after that."""
        if event.type() == QEvent.Type.Show:
            self._docked.start(0)
        return False

    def _shorten(self) -> None:
        dock = dock_of(self._panel)
        bar = None if dock is None else dock.titleBarWidget()
        for label in () if bar is None else bar.findChildren(QLabel):
            label.setText(label.text().split(" (")[0])
