"""One parameter as widgets: a chooser of words, a number or a file, or both."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from magicgui.widgets import create_widget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractSpinBox, QHBoxLayout, QWidget

from napari_deep_prior._napari.widgets.rows import WheelGuard, shrinkable, spoken, wrapped
from napari_deep_prior.core.parameters import Parameter

NUMBER, FILE = "set", "file…"
"""The words beside "auto" or "never" that open the spin box, or the field for a path."""

_LARGEST = {int: 10**9, float: 1e9}
"""Bound of a spin box whose parameter has none."""

Layers = Callable[[str], list[Any]]
"""Kind of layer ("image", "labels") -> the layers of that kind there are now."""


class Field:
    """The widgets of one parameter: words to choose from, a number, or words of which one opens a spin box or a field for a path."""

    def __init__(self, parameter: Parameter, changed: Callable[[], None], layers: Layers | None = None) -> None:
        self.parameter = parameter
        self._words: Any = _word_widget(parameter, layers)
        self._opens = FILE if parameter.file else NUMBER
        self._number: Any = _other_widget(parameter)
        self.native = QWidget()
        row = QHBoxLayout(self.native)
        row.setContentsMargins(0, 0, 0, 0)
        self._guard = WheelGuard(self.native)
        for widget in (self._words, self._number):
            if widget is not None:
                _describe(widget.native, parameter)
                widget.native.installEventFilter(self._guard)
                widget.changed.connect(lambda *_: self._show_number())
                widget.changed.connect(lambda *_: changed())
                row.addWidget(widget.native, stretch=2 if widget is self._words else 3)
        first: Any = self._number if self._words is None else self._words
        self.native.setFocusProxy(first.native)
        if isinstance(parameter.default, (str, bool, int, float)):
            self.value = parameter.default
        self._show_number()

    @property
    def value(self) -> Any:
        """The value now: a word, a flag, a number, a path, a layer, or None where no layer is chosen."""
        if self._words is None or self._words.value == self._opens:
            other = self._number.value if self._number is not None else None
            return str(other) if self.parameter.file else other
        return self._words.value

    @value.setter
    def value(self, value: Any) -> None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        path = self.parameter.file is not None and value not in self.parameter.choices
        if self._number is not None and (number or path):
            self._number.value = value
            value = self._opens
        if self._words is not None:
            self._words.value = value

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values to choose from; empty for a plain number."""
        return tuple(getattr(self._words, "choices", ()))

    def reset_choices(self) -> None:
        """List the layers anew, after some came, went or were renamed."""
        if self.parameter.layer is not None and self._words is not None:
            self._words.reset_choices()

    def _show_number(self) -> None:
        # A greyed-out number beside "auto" would read as the number in use, so it is hidden.
        if self._words is not None and self._number is not None:
            self._number.native.setEnabled(self._words.value == self._opens)
            self._number.native.setVisible(self._words.value == self._opens)


def word_chooser(choices: list[tuple[str, Any]]) -> Any:
    """A magicgui combo box of (word, value)."""
    return create_widget(widget_type="ComboBox", options={"choices": choices})


def layer_chooser(kind: str, layers: Layers, *, none: bool = False) -> Any:
    """A magicgui combo box of layers; with `none`, "no labels" or "no image" is first in the list."""

    def choices(_: Any) -> list[tuple[str, Any]]:
        return [(layer.name, layer) for layer in layers(kind)]

    chooser: Any = create_widget(widget_type="ComboBox", options={"choices": choices, "nullable": none})
    if none:
        chooser.null_string = f"no {kind}"
        chooser.reset_choices()
    return chooser


def _describe(native: QWidget, parameter: Parameter) -> None:
    native.setToolTip(wrapped(parameter.doc))
    native.setAccessibleName(spoken(parameter.name))
    native.setAccessibleDescription(parameter.doc)
    native.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    shrinkable(native)


def _word_widget(parameter: Parameter, layers: Layers | None) -> Any:
    if parameter.layer is not None:
        return layer_chooser(parameter.layer.kind, layers or (lambda _: []), none=parameter.optional)
    if parameter.flag and not parameter.choices:
        return create_widget(value=False, widget_type="CheckBox", options={"text": ""})
    choices: list[tuple[str, Any]] = [(word, word) for word in parameter.choices]
    choices += [("yes", True), ("no", False)] if parameter.flag else []
    if not choices:
        return None
    choices += [(NUMBER, NUMBER)] if parameter.number else []
    choices += [(FILE, FILE)] if parameter.file else []
    return word_chooser(choices)


def _other_widget(parameter: Parameter) -> Any:
    """What stands beside the words: a spin box, a field for a path, or nothing."""
    if parameter.file:
        return _path_widget(parameter, parameter.file.ending)
    return _number_widget(parameter) if parameter.number else None


def _path_widget(parameter: Parameter, ending: str) -> Any:
    """A field for a path, and a button that asks for it."""
    widget: Any = create_widget(widget_type="FileEdit", options={"mode": "r", "filter": f"*{ending}"})
    _describe(widget.line_edit.native, parameter)
    button = widget.choose_btn.native
    button.setToolTip(wrapped(parameter.doc))
    button.setAccessibleName(f"{spoken(parameter.name)}: {button.text()}")
    return widget


def _start(parameter: Parameter) -> float:
    """First value of a spin box: the typical one if declared, otherwise one inside the bounds, which are rarely wanted."""
    if parameter.typical is not None:
        return parameter.typical
    if parameter.number is int:
        return 1000
    if parameter.high - parameter.low > 1:
        return 60
    # Useful values lie near an open upper bound, such as 1 for the decay of an average.
    return parameter.high - 0.01 if parameter.high_open else parameter.low + 0.01


def _number_widget(parameter: Parameter) -> Any:
    """A spin box within the bounds; it keeps away from an open bound by its smallest step."""
    integer = parameter.number is int
    narrow = parameter.high - parameter.low <= 1
    decimals = 0 if integer else 5 if narrow else 2
    step = 10.0**-decimals
    largest = _LARGEST[int if integer else float]
    low = max(parameter.low, -largest) + (step if parameter.low_open else 0)
    high = (parameter.high if math.isfinite(parameter.high) else largest) - (step if parameter.high_open else 0)
    start = min(max(low, _start(parameter)), high)
    kind = int if integer else float
    widget: Any = create_widget(
        value=kind(start),
        widget_type="SpinBox" if integer else "FloatSpinBox",
        options={"min": kind(low), "max": kind(high), "step": None},
    )
    if not integer:
        widget.native.setSuffix("" if parameter.unit is None else f" {parameter.unit.name}")
        widget.native.setDecimals(decimals)
        widget.value = float(start)
    widget.native.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    return widget
