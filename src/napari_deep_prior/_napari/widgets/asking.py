"""A question before something that cannot be taken back, or takes long."""

from __future__ import annotations

from qtpy.QtWidgets import QMessageBox, QWidget


def agreed(parent: QWidget, title: str, question: str) -> bool:
    """Whether the user says yes; No is what Return answers."""
    buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No
    answer = QMessageBox.question(parent, title, question, buttons, QMessageBox.StandardButton.No)
    return bool(answer == QMessageBox.StandardButton.Yes)
