"""Rows of a form: how every label, field and tooltip of the panel is laid out."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFormLayout, QLabel, QSizePolicy, QWidget


class WheelGuard(QObject):
    """Lets the wheel scroll the panel instead of changing a value that merely lies under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold back wheel events of widgets without the keyboard focus."""
        if event.type() == QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        return False


def form_layout(widget: QWidget) -> QFormLayout:
    """A form whose fields take the width there is; all our forms look alike."""
    rows = QFormLayout(widget)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return rows


def add_row(rows: QFormLayout, name: str, field: QWidget, doc: str) -> QLabel:
    """A labelled row with the same tooltip on the label and on the field."""
    label = QLabel(spoken(name))
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance("Learning rate"))  # labels of stacked forms in one line
    for widget in (label, field):
        widget.setToolTip(wrapped(doc))
    rows.addRow(label, field)
    return label


def shrinkable(native: QWidget) -> None:
    """As wide as there is room: neither a long layer name nor a far bound of a number may widen the dock."""
    native.setMinimumWidth(40)
    native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


def spoken(name: str) -> str:
    """A parameter's name as a label: "learning_rate" -> "Learning rate"."""
    words = " ".join(word if set(word) & set("aeiouy") else word.upper() for word in name.split("_"))  # TV, PSF
    return words[:1].upper() + words[1:]


def wrapped(doc: str) -> str:
    """A tooltip that breaks its lines: Qt does so for rich text only."""
    return f"<qt>{doc}</qt>" if doc else ""
