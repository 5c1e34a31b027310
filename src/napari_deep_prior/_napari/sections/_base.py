"""A section that says what will be in it, until it is."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_deep_prior._napari.widgets.layout import text


class Awaiting(QWidget):
    """One of two in sight: words, or what they promise.

    Parameters
    ----------
    words
        What will be here, and when.
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self.empty = text(words)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.empty)

    def contain(self, content: QWidget) -> None:
        """Lay out what the words promise; not there yet."""
        self._content = content
        self._rows.addWidget(content)
        self.show_content(False)

    def show_content(self, there: bool) -> None:
        """Whether it is there now."""
        self.empty.setVisible(not there)
        self._content.setVisible(there)
