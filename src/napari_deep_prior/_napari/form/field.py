"""One parameter on screen: the widgets that show it and give back its value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from magicgui.widgets import create_widget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractSpinBox, QHBoxLayout, QWidget

from napari_deep_prior._napari.widgets.rows import WheelGuard, shrinkable, spoken, wrapped
from napari_deep_prior.core.parameters import Parameter

NUMBER = "set"
"""The word beside "auto" or "never" that opens the spin box."""

_MOST = {int: 10**9, float: 1e9}

Layers = Callable[[str], list[Any]]
"""Kind of layer ("image", "labels") -> the layers of that kind there are now."""


class Field:
    """One parameter on screen: words to choose from, a number, or words and a number that one of them opens."""

    def __init__(self, parameter: Parameter, changed: Callable[[], None], layers: Layers | None = None) -> None:
        self.parameter = parameter
        self._words: Any = _word_widget(parameter, layers)
        self._number: Any = _number_widget(parameter) if parameter.number else None
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
        """What the field says now."""
        if self._words is None or self._words.value == NUMBER:
            return self._number.value if self._number is not None else None
        return self._words.value

    @value.setter
    def value(self, value: Any) -> None:
        if self._number is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
            self._number.value = value
            value = NUMBER
        if self._words is not None:
            self._words.value = value

    @property
    def choices(self) -> tuple[Any, ...]:
        """What may be chosen; nothing where a number is typed."""
        return tuple(getattr(self._words, "choices", ()))

    def reset_choices(self) -> None:
        """Ask again which layers there are."""
        if self.parameter.layer is not None and self._words is not None:
            self._words.reset_choices()

    def _show_number(self) -> None:
        # A greyed-out number beside "auto" would read as the number in use: it is shown only where it counts.
        if self._words is not None and self._number is not None:
            self._number.native.setEnabled(self._words.value == NUMBER)
            self._number.native.setVisible(self._words.value == NUMBER)


def word_chooser(choices: list[tuple[str, Any]]) -> Any:
    """A magicgui combo box of (word, value)."""
    return create_widget(widget_type="ComboBox", options={"choices": choices})


def layer_chooser(kind: str, layers: Layers, none: str | None = None) -> Any:
    """A magicgui combo box of layers; `none` is the word for "no layer", first in the list."""

    def choices(_: Any) -> list[tuple[str, Any]]:
        return [(layer.name, layer) for layer in layers(kind)]

    chooser: Any = create_widget(widget_type="ComboBox", options={"choices": choices, "nullable": none is not None})
    if none is not None:
        chooser.null_string = none
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
        return layer_chooser(parameter.layer.kind, layers or (lambda _: []), "none" if parameter.optional else None)
    if parameter.flag and not parameter.choices:
        return create_widget(value=False, widget_type="CheckBox", options={"text": ""})
    choices: list[tuple[str, Any]] = [(word, word) for word in parameter.choices]
    choices += [("yes", True), ("no", False)] if parameter.flag else []
    if not choices:
        return None
    choices += [(NUMBER, NUMBER)] if parameter.number else []
    return word_chooser(choices)


def _start(parameter: Parameter) -> float:
    """What the spin box says when it is opened: never 0 or the bound, which would be a choice nobody makes."""
    if parameter.typical is not None:
        return parameter.typical
    if parameter.number is int:
        return 1000
    if parameter.high - parameter.low > 1:
        return 60
    # An upper bound that is left out is one that the useful values come close to.
    return parameter.high - 0.01 if parameter.high_open else parameter.low + 0.01


def _number_widget(parameter: Parameter) -> Any:
    """A spin box that holds the bounds; an open bound is kept clear of by the smallest step."""
    whole = parameter.number is int
    narrow = parameter.high - parameter.low <= 1
    decimals = 0 if whole else 5 if narrow else 2
    least = 10.0**-decimals
    most = _MOST[int if whole else float]
    low = max(parameter.low, -most) + (least if parameter.low_open else 0)
    high = (parameter.high if math.isfinite(parameter.high) else most) - (least if parameter.high_open else 0)
    start = min(max(low, _start(parameter)), high)
    kind = int if whole else float
    widget: Any = create_widget(
        value=kind(start),
        widget_type="SpinBox" if whole else "FloatSpinBox",
        options={"min": kind(low), "max": kind(high), "step": None},
    )
    if not whole:
        widget.native.setSuffix("" if parameter.unit is None else f" {parameter.unit.name}")
        widget.native.setDecimals(decimals)
        widget.value = float(start)
    widget.native.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    return widget
