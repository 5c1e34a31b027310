"""Rows of a form: labels, fields and tooltips, laid out alike in the whole panel."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFormLayout, QLabel, QSizePolicy, QWidget


class WheelGuard(QObject):
    """Event filter: the wheel scrolls the panel and changes a value only in the widget with the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stop wheel events of widgets without the keyboard focus."""
        if event.type() == QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        return False


def form_layout(widget: QWidget) -> QFormLayout:
    """A form layout whose fields take the full width."""
    rows = QFormLayout(widget)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return rows


def add_row(rows: QFormLayout, name: str, field: QWidget, doc: str) -> QLabel:
    """A labelled row with the same tooltip on the label and on the field."""
    label = QLabel(spoken(name))
    label.setMinimumWidth(
        label.fontMetrics().horizontalAdvance("Learning rate")
    )  # forms below each other share a column
    for widget in (label, field):
        widget.setToolTip(wrapped(doc))
    rows.addRow(label, field)
    return label


def shrinkable(native: QWidget) -> None:
    """Let a field shrink: a long layer name or a large bound must not widen the dock."""
    native.setMinimumWidth(40)
    native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


_SPOKEN = {"dtype": "Number type"}
"""Names that are no words."""


def spoken(name: str) -> str:
    """A parameter's name as a label: "learning_rate" -> "Learning rate", "psf" -> "PSF"."""
    if name in _SPOKEN:
        return _SPOKEN[name]
    words = " ".join(word if set(word) & set("aeiouy") else word.upper() for word in name.split("_"))  # TV, PSF
    return words[:1].upper() + words[1:]


def wrapped(doc: str) -> str:
    """A tooltip as rich text, because Qt wraps the lines of no other."""
    return f"<qt>{doc}</qt>" if doc else ""
