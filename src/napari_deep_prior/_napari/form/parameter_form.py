"""A form made from declared parameters. It knows kinds of parameters, and none by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

from napari_deep_prior._napari.form.companions import row_name
from napari_deep_prior._napari.form.field import Field, Layers
from napari_deep_prior._napari.widgets.rows import add_row, form_layout
from napari_deep_prior.core.parameters import Parameter

_METRES = {"nm": 1e-9}


class ParameterForm(QWidget):
    """One row per parameter. It is read when Run is pressed; nothing is kept in step with it."""

    changed = Signal()

    def __init__(self, parameters: Iterable[Parameter], layers: Layers | None = None) -> None:
        super().__init__()
        self._fields: dict[str, Field] = {}  # those to come tell of themselves while they are made
        self._fields = {p.name: Field(p, self._on_change, layers) for p in parameters}
        rows = form_layout(self)
        self._labels = {
            name: add_row(rows, row_name(field.parameter), field.native, field.parameter.doc)
            for name, field in self._fields.items()
        }
        self._show_what_counts()

    def values(self) -> dict[str, Any]:
        """Parameter name -> value in the form; the default for parameters that have no effect beside the others."""
        values = {name: field.value for name, field in self._fields.items()}
        return {name: values[name] if self._counts(name, values) else self._unset(name) for name in values}

    def layers(self) -> dict[str, Any]:
        """Parameter name -> the layer chosen for it, None where there is none; those alone that take a layer and have an effect."""
        values = {name: field.value for name, field in self._fields.items()}
        return {
            name: values[name] for name, f in self._fields.items() if f.parameter.layer and self._counts(name, values)
        }

    def row_of(self, layer: Any) -> str | None:
        """What the row is called in which this layer is chosen; None where it is in none."""
        return next((self._labels[name].text() for name, chosen in self.layers().items() if chosen == layer), None)

    def empty(self) -> dict[str, Any]:
        """The parameters for which a layer may still be chosen."""
        return {name: self._fields[name].parameter for name, layer in self.layers().items() if layer is None}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show these values; names that the form does not have are passed over."""
        for name in self._fields.keys() & values.keys():
            self._fields[name].value = values[name]

    def fill_valid(self, values: Mapping[str, Any]) -> None:
        """The same for values from another run: those that may not stand, or say something of its image, are passed over."""
        fields = {n: field for n, field in self._fields.items() if n in values and not field.parameter.of_image}
        self.fill(
            {name: values[name] for name, field in fields.items() if field.parameter.refuses(values[name]) is None}
        )

    def measure(self, pixels: Mapping[str, float]) -> None:
        """Fill in the size of an image's pixels: axis letter -> size in metres."""
        for field in self._fields.values():
            unit = field.parameter.unit
            if unit is not None and unit.along in pixels:
                field.value = round(pixels[unit.along] / _METRES[unit.name], 2)

    def choices(self, name: str) -> tuple[Any, ...]:
        """The choices of one parameter; empty where there is no such chooser."""
        return self._fields[name].choices if name in self._fields else ()

    def reset_choices(self) -> None:
        """Layers came, went or were renamed."""
        for field in self._fields.values():
            field.reset_choices()

    def _on_change(self) -> None:
        self._show_what_counts()
        self.changed.emit()

    def _show_what_counts(self) -> None:
        """Hide the fields that have no effect beside the values of others."""
        values = {name: field.value for name, field in self._fields.items()}
        for name, field in self._fields.items():
            for widget in (self._labels[name], field.native):
                widget.setVisible(self._counts(name, values))

    def _counts(self, name: str, values: Mapping[str, Any]) -> bool:
        only_if = self._fields[name].parameter.only_if
        return only_if is None or only_if.holds(values)

    def _unset(self, name: str) -> Any:
        default = self._fields[name].parameter.default
        return None if default is dataclasses.MISSING else default
