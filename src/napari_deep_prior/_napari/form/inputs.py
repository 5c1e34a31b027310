"""The upper part of the panel: the image, its companion layers and the task."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from napari_deep_prior._napari.form.chosen_image import ChosenImage
from napari_deep_prior._napari.form.companions import SHARED, own_parameters, shared_companion
from napari_deep_prior._napari.form.extent import EXTENTS, PART
from napari_deep_prior._napari.form.field import Layers, layer_chooser, word_chooser
from napari_deep_prior._napari.form.parameter_form import ParameterForm
from napari_deep_prior._napari.form.part_rows import PartRows
from napari_deep_prior._napari.layers.source import MASK, pixel_sizes
from napari_deep_prior._napari.widgets.rows import WheelGuard, add_row, form_layout, shrinkable, spoken, wrapped
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari.layers import Layer
from napari_deep_prior._napari.request import Incomplete, Inputs

PAGES = "https://github.com/napari-deep-prior/napari-deep-prior/blob/main/docs/tasks/"
"""Where each task has its page."""


def help_page(task: str) -> str:
    """The page of a task, by its name."""
    return f"{PAGES}{task}.md"


class InputPanel(QWidget):
    """Choosers for image, companion and task, and one form per task, of which the chosen one is shown."""

    def __init__(
        self, tasks: Mapping[str, Any], layers: Layers, tools: QWidget, say: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._tasks, self._tools, self._say = tasks, tools, say
        self._companion = {name: shared_companion(task) for name, task in tasks.items()}
        self._guard = WheelGuard(self)
        self._rows = form_layout(self)
        self.image = layer_chooser("image", layers)
        self.extent = word_chooser([(extent, extent) for extent in EXTENTS])
        self.part = PartRows(lambda: self.extent.changed.emit(self.extent.value))
        self.labels = layer_chooser(SHARED, layers, none=True)
        self.task = word_chooser([(task.title, name) for name, task in tasks.items()])
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self.help = QPushButton("Help")
        self.help.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(help_page(self.task.value))))
        self._forms = {name: ParameterForm(own_parameters(task), layers) for name, task in tasks.items()}
        self._lay_out()
        self._chosen = ChosenImage(self.image, lambda: self.companions, self._waits_for, say)
        for form in self._forms.values():
            form.changed.connect(self._chosen.give_way)
        self.labels.changed.connect(self._on_labels)
        self.task.changed.connect(self._on_task)
        self.image.changed.connect(lambda _: self.measure())
        self.extent.changed.connect(self._show_part)
        self.image.changed.connect(self._show_part)
        self._show_part()
        self._show_task()

    @property
    def form(self) -> ParameterForm:
        """The form of the chosen task's own parameters."""
        return self._forms[self.task.value]

    @property
    def forms(self) -> tuple[ParameterForm, ...]:
        """The forms of all tasks; only that of the chosen one is visible."""
        return tuple(self._forms.values())

    def values(self) -> tuple[Any, dict[str, Any]]:
        """The chosen task and the values of its parameters, layers included; None where a layer is still to be chosen."""
        shared = self._companion[self.task.value]
        return self._tasks[self.task.value], self.form.values() | ({shared.name: self.labels.value} if shared else {})

    def read(self) -> Inputs:
        """What is chosen now.

        Raises
        ------
        Incomplete
            If a layer is still to be chosen.
        """
        if self.image.value is None:
            raise Incomplete(
                "There is no image yet. Open one, or take File > Open Sample > Deep Image Prior, then press Run."
            )
        name = self.task.value
        task, values = self._tasks[name], self.form.values()
        wanted = {p.name: p for p in parameters_of(task) if p.layer is not None}
        companions = {key: values.pop(key, None) for key in wanted}
        if (shared := self._companion[name]) is not None:
            companions[shared.name] = self.labels.value
        for key, parameter in wanted.items():
            if companions[key] is None and parameter.optional:
                del companions[key]
            elif companions[key] is None:
                how = "Press New mask, paint on it" if shared and key == shared.name else "Open one and choose it above"
                raise Incomplete(f"{task.title} needs a layer as {key}. {how}, then press Run.")
        return Inputs(image=self.image.value, task=task, values=values, companions=companions)

    def propose(self, name: str, selected: Sequence[Layer]) -> None:
        """Show a task with the selected layers in those choosers that offer them.

        Raises
        ------
        Incomplete
            If there is no such task.
        """
        self._check(name)
        for chooser in (self.image, self.labels):
            fitting = [layer for layer in selected if any(layer == offered for offered in chooser.choices)]
            if fitting:
                chooser.value = fitting[0]
        self.task.value = name

    def look_at(self, layer: Layer | None) -> None:
        """A layer was selected: an image is chosen, a result stands for the image it was made from, others change nothing."""
        if layer is not None and MASK in layer.metadata and layer in self.labels.choices:
            self.labels.value = layer
            return
        self._chosen.look_at(layer)

    @property
    def companions(self) -> list[Layer]:
        """The layers that go with the image."""
        return [layer for layer in (*self.form.layers().values(), self.labels.value) if layer is not None]

    def _waits_for(self) -> str:
        """What has still to be chosen that does not lie over the image."""
        apart = [name for name, parameter in self.form.empty().items() if parameter.layer.own_grid]
        return spoken(apart[0]) if apart else ""

    def _check(self, name: str) -> None:
        if name not in self._tasks:
            raise Incomplete(f"This version does not have the task '{name}': update napari-deep-prior.")

    def fill(self, values: Mapping[str, Any], layers: Mapping[str, str]) -> list[str]:
        """Show a recorded task, its values and its layers by name; returns the names of layers that are not open.

        Raises
        ------
        Incomplete
            If there is no such task.
        """
        name = values["name"]
        self._check(name)
        self.task.value = name
        shared = self._companion[name]
        missing = []
        for key, wanted in layers.items():
            chooser = self.image if key == "image" else self.labels if shared and key == shared.name else None
            choices = self.form.choices(key) if chooser is None else chooser.choices
            layer = next((choice for choice in choices if choice is not None and choice.name == wanted), None)
            if layer is None:
                missing.append(wanted)
            elif chooser is None:
                self.form.fill({key: layer})
            else:
                chooser.value = layer
        self.form.fill(values)
        return missing

    def measure(self) -> None:
        """Fill in the pixel size of the image where its layer knows it and the task asks for it."""
        if self.image.value is not None:
            with contextlib.suppress(ValueError):  # axes that leave no plane: Run says so
                self.form.measure(pixel_sizes(self.image.value))

    def reset_choices(self) -> None:
        """Layers came, went or were renamed."""
        for chooser in (self.image, self.labels, *self._forms.values()):
            chooser.reset_choices()

    def _lay_out(self) -> None:
        companion = next((c for c in self._companion.values() if c is not None), None)
        self._add(self.image, "image", "The image layer to restore. It is not changed: the result is a new layer.")
        self._add(
            self.extent, "restore", "How much of the image is restored: of a stack, maybe the plane in view alone."
        )
        self._rows.addRow(self.part)
        if companion is not None:
            self._add(self.labels, companion.name, companion.doc)
            self._rows.addRow(self._tools)
        self._add(self.task, "task", "What was lost and is to be found again.")
        beside = QHBoxLayout()
        beside.addWidget(self._summary, stretch=1)
        beside.addWidget(self.help, alignment=Qt.AlignmentFlag.AlignTop)
        self._rows.addRow(beside)
        for form in self._forms.values():
            self._rows.addRow(form)

    def _add(self, chooser: Any, name: str, doc: str) -> None:
        add_row(self._rows, name, chooser.native, doc)
        chooser.native.setAccessibleName(name.capitalize())
        shrinkable(chooser.native)
        chooser.native.installEventFilter(self._guard)

    def _on_labels(self, layer: Layer | None) -> None:
        """A companion asks for a task that can use it, none for one that does without."""
        if (layer is not None) != (self._companion[self.task.value] is not None):
            fitting = (name for name, c in self._companion.items() if (c is not None) == (layer is not None))
            self.task.value = next(fitting, self.task.value)
            if layer is not None:
                self._say(f"Because of '{layer.name}' the task is now {self._tasks[self.task.value].title}.")

    def _on_task(self) -> None:
        """The other way round: a task takes the only layer there is, or lets go of one it has no use for."""
        there = [layer for layer in self.labels.choices if layer is not None]
        if self._companion[self.task.value] is None:
            self._let_go()
        elif self.labels.value is None and len(there) == 1:
            self.labels.value = there[0]
        self._show_task()

    def _let_go(self) -> None:
        """No labels any more, and not silently; the task may have a use of its own for them."""
        if (layer := self.labels.value) is None:
            return
        title = self._tasks[self.task.value].title
        self.labels.value = None
        if (row := self.form.row_of(layer)) is not None:
            self._say(f"{title} uses '{layer.name}' as {row.lower()}.")
        else:
            self._say(f"{title} does without '{layer.name}': it is not used any more.")

    def _show_part(self, _: object = None) -> None:
        self.part.offer(self.image.value)
        self.part.setVisible(self.extent.value == PART)

    def _show_task(self) -> None:
        chosen = self._tasks[self.task.value]
        self._summary.setText(chosen.summary)
        self.task.native.setToolTip(wrapped(chosen.summary))
        self.help.setToolTip(
            wrapped(f"What {chosen.title} does, when it suits, and its settings: {help_page(self.task.value)}")
        )
        for name, form in self._forms.items():
            form.setVisible(name == self.task.value and bool(form.values()))
