"""Everything that is chosen before Run: the problem, the settings, the output; and how it comes back later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_deep_prior._napari.form.estimates import axes_for, axes_words, forecast, memory_words, planes_of
from napari_deep_prior._napari.form.inputs import InputPanel
from napari_deep_prior._napari.form.mask_tools import MaskTools
from napari_deep_prior._napari.form.parameter_form import ParameterForm
from napari_deep_prior._napari.layers.source import finest, of_kind
from napari_deep_prior._napari.preferences import Preferences
from napari_deep_prior._napari.request import Output, RunRequest
from napari_deep_prior._napari.sharing import workflow
from napari_deep_prior._napari.sharing.share_button import ShareButton
from napari_deep_prior._napari.widgets.layout import Collapsible, row, text
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.results import check_schema

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Labels
    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior._napari.remembered import Store
    from napari_deep_prior.core.settings import Settings

BASIC = ("preset", "seconds")
"""Settings always in sight; all others are under Advanced."""


DEVICE = ("device", "precision")
"""The settings that the line about the device follows from."""


_SOON = 300
"""Milliseconds after a change until the memory is counted anew."""


class RunForm(QWidget):
    """The form of the panel."""

    def __init__(self, viewer: Viewer, engine: Engine, memory: Store, say: Callable[[str], None]) -> None:
        super().__init__()
        self.masks = MaskTools(viewer, engine, lambda: self.problem.image.value, self._take_labels, say)
        self.share = ShareButton(lambda: workflow.from_request(self.read()), say, "Share these settings")
        self._engine, self._memory = engine, memory
        self.preferences = Preferences(memory)
        self._today: set[str] = set()  # tasks run since the panel was opened
        settings = list(parameters_of(engine.settings))
        self.problem = InputPanel(engine.tasks, partial(of_kind, viewer), self.masks)
        self.basic = ParameterForm(p for p in settings if p.name in BASIC)
        self.advanced = ParameterForm(p for p in settings if p.name not in BASIC)
        self.output = ParameterForm(parameters_of(Output))
        tooltip = "How to fit. What is left at auto follows from the preset, the task and the image."
        self.section = Collapsible("Advanced", tooltip, self.advanced, self.output)
        self._say_beforehand()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for part in (self.problem, self.basic, self.section, self.device, self.forecast, self.needs, row(self.share)):
            rows.addWidget(part)
        self.advanced.changed.connect(self._show_device)
        problem = (self.problem.image, self.problem.labels, self.problem.task, *self.problem.forms)
        for part in (self.basic, self.advanced, *problem):
            part.changed.connect(self._show_forecast)
        self.problem.task.changed.connect(self._as_last_time)
        self.destroyed.connect(self.preferences.connect(self._start_afresh))
        self._as_last_time()
        self._start_afresh()
        self._show_device()
        self._show_forecast()

    def _say_beforehand(self) -> None:
        """The lines on what a run would take."""
        self.device = text()
        self.forecast = text()
        self.forecast.setToolTip("How long it may take, before it starts.")
        self.needs = text()
        self.needs.setToolTip("How much memory one plane takes at most, before it starts.")
        self._soon = QTimer(self)  # while somebody types, each letter is not worth the counting
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self._show_needs)

    def read(self) -> RunRequest:
        """What is chosen now.

        Raises
        ------
        Incomplete
            If a layer is still to be chosen.
        ValueError
            If a value cannot be used.
        """
        return RunRequest(problem=self.problem.read(), settings=self._settings(), output=Output(**self.output.values()))

    def depth(self) -> str:
        """The letter of the axis along which the chosen image is restored as a volume; empty where planes are.

        Raises
        ------
        ValueError
            If the axes leave no plane, or no volume where one is asked for.
        """
        image = self.problem.image.value
        axes = None if image is None else axes_for(self._engine, image, self._settings())
        return "" if axes is None or len(axes.spatial) < 3 else axes.letters[axes.spatial[0]]

    def keep(self, chosen: RunRequest) -> None:
        """Remember it for the next time this task is taken."""
        self._today.add(chosen.problem.task.command())
        self._memory.keep("last", chosen.problem.task.command(), values=chosen.as_values())

    def use(self, record: Mapping[str, Any]) -> str:
        """Put what made a result into the form; the words say what could not be.

        Raises
        ------
        Incomplete, ValueError
            If the record is of another schema, or its task or one of its values is unknown here.
        """
        check_schema(record)
        missing = self.problem.fill(record["task"], record.get("layers", {}))
        for form, name in ((self.basic, "settings"), (self.advanced, "settings"), (self.output, "output")):
            form.fill(record.get(name, {}))
        gone = [f"There is no layer '{name}': choose one." for name in missing]
        return " ".join(["The form is as it was for this result.", *gone])

    def reset_choices(self) -> None:
        """Layers came, went or were renamed."""
        self.problem.reset_choices()
        self._show_forecast()

    def _take_labels(self, layer: Labels) -> None:
        self.problem.labels.value = layer

    def _settings(self) -> Settings:
        return self._engine.settings(**self.basic.values(), **self.advanced.values())

    def _show_forecast(self, _: object = None) -> None:
        image = self.problem.image.value
        try:
            settings = self._settings()
            words = ""
            if image is not None:
                axes, shape = axes_for(self._engine, image, settings), finest(image).shape
                duration = forecast(settings, planes_of(self._engine, image, settings))
                words = "\n".join(filter(None, (axes_words(axes, shape), duration)))
        except ValueError as refusal:  # a value out of its bounds, or axes that leave no plane
            words = str(refusal)
        self.forecast.setText(words)
        self.forecast.setVisible(bool(words))
        self._soon.start()

    def _show_needs(self) -> None:
        image, words = self.problem.image.value, ""
        if image is not None:
            with contextlib.suppress(
                ValueError
            ):  # a value out of its bounds, or axes without a plane: the line above says it
                words = memory_words(self._engine, *self.problem.values(), image, self._settings())
        self.needs.setText(words)
        self.needs.setVisible(bool(words))

    def _as_last_time(self, _: object = None) -> None:
        """Each task comes with what it was last run with; on another day, what Preferences set starts from there."""
        task = self.problem.task.value
        last = self._memory.get("last", task)
        since = {} if task in self._today or not last else self.preferences.values()
        for form in (self.problem.form, self.basic, self.advanced, self.output):
            form.fill_valid({**last, **since})
        self.problem.measure()

    def _start_afresh(self) -> None:
        for form in (self.basic, self.advanced):
            form.fill_valid(self.preferences.values())

    def _show_device(self) -> None:
        try:
            values = self.advanced.values()
            device = self._engine.choose_device(*(values[name] for name in DEVICE))
            where = "the processor" if device.name == "cpu" else device.hardware
            self.device.setText(f"Computes on {where}: {device.reason}.")
            self.device.setToolTip(wrapped(f"{device.summary}. Under Advanced you can choose another."))
        except ValueError as unusable:
            self.device.setText(str(unusable))
