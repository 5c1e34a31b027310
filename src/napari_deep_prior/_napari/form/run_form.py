"""Everything that is chosen before Run: the problem, the settings, the output; and how it comes back later."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_deep_prior._napari.form.estimates import axes_for, axes_words, forecast, memory_words
from napari_deep_prior._napari.form.extent import asked_for, planes_asked, try_of
from napari_deep_prior._napari.form.inputs import InputPanel
from napari_deep_prior._napari.form.mask_tools import MaskTools
from napari_deep_prior._napari.form.own_presets import OwnPresets
from napari_deep_prior._napari.form.parameter_form import ParameterForm
from napari_deep_prior._napari.layers.source import finest, of_kind
from napari_deep_prior._napari.preferences import Preferences
from napari_deep_prior._napari.request import BASIC, Output, RunRequest, reusable
from napari_deep_prior._napari.running.prepare import Asked
from napari_deep_prior._napari.sharing import workflow
from napari_deep_prior._napari.sharing.share_button import ShareButton, Shared
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

DEVICE = ("device", "precision")
"""The settings that the line about the device follows from."""


_SOON = 300
"""Milliseconds after a change until the memory is counted anew."""


class RunForm(QWidget):
    """The form of the panel.

    Signals
    -------
    regarded
        Another image was chosen, or other layers selected.
    """

    regarded = Signal()

    def __init__(self, viewer: Viewer, engine: Engine, memory: Store, say: Callable[[str], None]) -> None:
        super().__init__()
        self.masks = MaskTools(viewer, engine, lambda: self.problem.image.value, self._take_labels, say)
        self.share = ShareButton(self.shared, say, "Share these settings")
        self.presets = OwnPresets(memory, self._reusable, self._use_again, say)
        self._viewer, self._engine, self._memory = viewer, engine, memory
        self.preferences = Preferences(memory)
        self._known: dict[str, Any] = {}  # what Preferences said last
        settings = list(parameters_of(engine.settings))
        self.problem = InputPanel(engine.tasks, partial(of_kind, viewer), self.masks, say)
        self.basic = ParameterForm(p for p in settings if p.name in BASIC)
        self.advanced = ParameterForm(p for p in settings if p.name not in BASIC)
        self.output = ParameterForm(parameters_of(Output))
        tooltip = "How to fit. What is left at auto follows from the preset, the task and the image."
        self.section = Collapsible("Advanced", tooltip, self.advanced, self.output)
        self._say_beforehand()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for part in (
            self.problem,
            self.basic,
            self.section,
            self.forecast,
            self.needs,
            self.device,
            row(self.share, self.presets),
        ):
            rows.addWidget(part)
        self.advanced.changed.connect(self._show_device)
        chosen = (self.problem.image, self.problem.extent, self.problem.labels, self.problem.task)
        for part in (self.basic, self.advanced, *chosen, *self.problem.forms):
            part.changed.connect(self._show_forecast)
        self.problem.task.changed.connect(self._as_last_time)
        self.problem.image.changed.connect(lambda _: self.regarded.emit())
        self.destroyed.connect(self.preferences.connect(self._start_afresh))
        selection, look, regard = viewer.layers.selection.events, self._look, self._regard
        selection.active.connect(look)
        selection.changed.connect(regard)
        self.destroyed.connect(
            lambda: selection.active.disconnect(look)
        )  # napari would go on calling what Qt has deleted
        self.destroyed.connect(lambda: selection.changed.disconnect(regard))
        self._start_afresh()
        self._as_last_time()
        self.problem.look_at(viewer.layers.selection.active)
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
        problem, settings = self.problem.read(), self._settings()
        if not problem.companions:  # what can be refused without reading anything is, at once
            axes = axes_for(self._engine, problem.image, settings)
            problem.task(**problem.values).check(axes.plane_shape(finest(problem.image).shape))
        return RunRequest(problem=problem, settings=settings, output=Output(**self.output.values()))

    def asked(self, *, tried: bool = False) -> Asked:
        """What a run of what is chosen now, or a try of it, is to do.

        Raises
        ------
        NotReady, ValueError
            As `read`.
        """
        chosen = self.read()
        axes = axes_for(self._engine, chosen.problem.image, chosen.settings)
        extent = self.problem.extent.value
        wanted = asked_for(self._viewer, chosen, axes, extent, self.problem.part.part)
        asked = try_of(self._viewer, chosen, axes) if tried else wanted
        return dataclasses.replace(asked, pause=self.preferences.pause)

    def shared(self) -> Shared:
        """The same without this window; raises as `read`."""
        return workflow.from_request(self.read())

    def keep(self, chosen: RunRequest) -> None:
        """Remember it for the next time this task is taken."""
        task = chosen.problem.task.command()
        self._memory.keep("last", task, values=chosen.as_values())
        self._memory.keep("preferences then", task, values=self.preferences.values())

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

    def _reusable(self) -> dict[str, Any]:
        """What is chosen now, but for layers and what says something of this image."""
        forms = (self.problem.form, self.basic, self.advanced, self.output)
        values = {name: value for form in forms for name, value in form.values().items()}
        task = self.problem.task.value
        return {"task": task, **reusable(self._engine.tasks[task], values)}

    def _use_again(self, values: Mapping[str, Any]) -> None:
        """Put such values into the form, whatever it was last run with.

        Raises
        ------
        Incomplete
            If there is no such task.
        """
        self.problem.propose(str(values.get("task")), ())
        for form in (self.problem.form, self.basic, self.advanced, self.output):
            form.fill_valid(values)
        self.problem.measure()

    def reset_choices(self) -> None:
        """Layers came, went or were renamed."""
        self.problem.reset_choices()
        self._show_forecast()

    def _look(self, event: Any) -> None:
        self.problem.look_at(event.value)

    def _regard(self, _: object = None) -> None:
        self.regarded.emit()

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
                self.problem.part.offer(image)
                planes = planes_asked(axes, shape, self.problem.extent.value, self.problem.part.part)
                most = forecast(settings, planes)
                words = "\n".join(filter(None, (axes_words(axes, shape, image.axis_labels), most)))
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
        """Each task comes with what it was last run with; what was changed in Preferences since then goes before that."""
        task = self.problem.task.value
        last, then = self._memory.get("last", task), self._memory.get("preferences then", task)
        since = _changed(self.preferences.values(), then) if then else {}
        for form in (self.problem.form, self.basic, self.advanced, self.output):
            form.fill_valid({**last, **since})
        self.problem.measure()

    def _start_afresh(self) -> None:
        """What has changed in Preferences; at first all they say."""
        wanted = self.preferences.values()
        for form in (self.basic, self.advanced):
            form.fill_valid(_changed(wanted, self._known))
        self._known = wanted

    def _show_device(self) -> None:
        try:
            values = self.advanced.values()
            device = self._engine.choose_device(*(values[name] for name in DEVICE))
            where = "the processor" if device.name == "cpu" else device.hardware
            self.device.setText(f"Computes on {where}.")
            why = f"{device.reason[:1].upper()}{device.reason[1:]}"
            self.device.setToolTip(wrapped(f"{why}. {device.summary}. Under Advanced you can choose another."))
        except ValueError as unusable:
            self.device.setText(str(unusable))


def _changed(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in now.items() if name not in then or then[name] != value}
