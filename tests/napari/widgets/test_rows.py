"""Rows of a form: labels, tooltips, and a wheel that scrolls."""

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QLabel, QSpinBox, QWidget

from napari_deep_prior._napari.widgets.rows import WheelGuard, add_row, form_layout, shrinkable, spoken, wrapped


@pytest.mark.parametrize(
    ("name", "label"),
    [("learning_rate", "Learning rate"), ("psf", "PSF"), ("tv_weight", "TV weight"), ("seed", "Seed")],
)
def test_a_parameter_s_name_is_spoken(name, label):
    assert spoken(name) == label


def test_a_tooltip_breaks_its_lines_and_nothing_has_none():
    assert wrapped("Long.") == "<qt>Long.</qt>"
    assert wrapped("") == ""


def test_label_and_field_have_the_same_tooltip(qtbot):
    holder, field = QWidget(), QSpinBox()
    qtbot.addWidget(holder)
    label = add_row(form_layout(holder), "learning_rate", field, "How fast.")
    assert isinstance(label, QLabel)
    assert label.text() == "Learning rate"
    assert label.toolTip() == field.toolTip() == "<qt>How fast.</qt>"


def test_a_far_bound_does_not_widen_the_dock(qtbot):
    box = QSpinBox()
    qtbot.addWidget(box)
    box.setRange(0, 10**9)
    holder = QWidget()
    qtbot.addWidget(holder)
    add_row(form_layout(holder), "n", box, "")
    wide = holder.minimumSizeHint().width()
    shrinkable(box)
    holder.layout().invalidate()
    assert holder.minimumSizeHint().width() < wide


def wheel(widget):
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at, QPointF(widget.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("guarded", [True, False])
def test_the_wheel_changes_a_value_only_without_the_guard(qtbot, guarded):
    holder = QWidget()
    qtbot.addWidget(holder)
    box = QSpinBox(holder)
    guard = WheelGuard(holder)
    if guarded:
        box.installEventFilter(guard)
    wheel(box)
    assert box.value() == (0 if guarded else 1)
