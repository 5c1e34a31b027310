"""The dock widget: wiring only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_deep_prior._napari import engine as engines
from napari_deep_prior._napari.forms import Form
from napari_deep_prior._napari.layers import Placed, Source, of_kind
from napari_deep_prior._napari.live import LiveLayer
from napari_deep_prior._napari.matching import match
from napari_deep_prior._napari.output import Output
from napari_deep_prior._napari.panel import Buttons, Collapsible, scrolling, text
from napari_deep_prior._napari.problem import NotReady, Problem, ProblemPanel
from napari_deep_prior._napari.run import Held, Run
from napari_deep_prior._napari.status import StatusPanel, done, result_text, share
from napari_deep_prior._napari.worker import Job
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior.core.report import Result, Snapshot

BASIC = ("preset", "seconds")
"""Settings always in sight; all others are under Advanced."""

DEVICE = ("device", "precision")
"""The settings that the line about the device follows from."""


class DeepPriorWidget(QWidget):
    """Restores an image layer by Deep Image Prior and shows it getting better."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._held = Held()
        self.destroyed.connect(partial(Held.let_go, self._held))
        self.setMinimumWidth(300)
        rows = QVBoxLayout(self)
        try:
            self._engine = engines.load()
        except engines.EngineMissing as missing:
            self.explanation = text(str(missing))
            rows.addWidget(scrolling(self.explanation))
            return
        for part in self._parts():
            rows.addWidget(part)
        self._show_device()

    def _parts(self) -> tuple[QWidget, ...]:
        settings = list(parameters_of(self._engine.settings))
        self.problem = ProblemPanel(self._engine.tasks, self._layers)
        self.basic = Form(p for p in settings if p.name in BASIC)
        self.advanced = Form(p for p in settings if p.name not in BASIC)
        self.output = Form(parameters_of(Output))
        self.advanced.changed.connect(self._show_device)
        tooltip = "How to fit. What is left at auto follows from the preset, the task and the image."
        self.section = Collapsible("Advanced", tooltip, self.advanced, self.output)
        self.device = text()
        self.device.setToolTip("Where it will be computed, and why.")
        self.buttons = Buttons(self.run, self.stop, self.resume)
        self.status = StatusPanel()
        self.status.say("Choose an image and press Run." if self._layers("image") else "Open an image, then press Run.")
        return scrolling(self.problem, self.basic, self.section, self.device), self.buttons, self.status

    def restore(self, layer: object) -> None:
        """Put this layer into the panel and restore it; refused with words in the panel if it is no image."""
        if not self._usable:
            return
        if not any(layer is image or layer == image for image in self._layers("image")):
            self.status.say("No image is selected. Click one in the list of layers, then try again.")
            return
        self.problem.image.value = layer
        self.run()

    def run(self) -> None:
        """Restore the chosen image; refused with words in the panel if it cannot be, or if a run goes on."""
        if not self._usable:
            return
        if self._held.active:
            self.status.say("A run is going on. Stop it first, then press Run again.")
            return
        try:
            problem = self.problem.read()
            settings = self._engine.settings(**self.basic.values(), **self.advanced.values())
            job, source = self._job(problem, settings)
        except (NotReady, ValueError, TypeError) as refusal:
            self.status.say(str(refusal))
            return
        self._held.release()  # the last run's network makes room for the next
        live = LiveLayer(self._viewer, source, f"{source.placed.name} · {done(problem.task.title)}", job.dtype)
        names = {"image": problem.image.name, **{key: layer.name for key, layer in problem.companions.items()}}
        self._held.run = Run(job, live, self, names=names)
        self._begin()
        self._held.run.start()

    def stop(self) -> None:
        """End the run and keep its result so far."""
        if self._held.active:
            self.buttons.ending()
            self._held.stop()

    def resume(self) -> None:
        """Go on where the last run ended."""
        if self._held.run is not None and self._held.run.resumable:
            self._begin()
            self._held.run.resume()

    def reset_choices(self, _: object = None) -> None:
        """Called by napari when layers come, go or are renamed."""
        if self._usable:
            self.problem.reset_choices()

    def on_progress(self, snapshot: Snapshot) -> None:
        """Show where the fit is."""
        self.status.show_progress(snapshot)

    def on_result(self, result: Result | None) -> None:
        """Say how the run ended; None where there is nothing to keep."""
        self.status.end(" ".join([result_text(result), *self._notes]), full=result is not None)

    def on_failure(self, words: str) -> None:
        """Say what went wrong and what to do next."""
        self.status.end(words, full=False)

    def on_idle(self) -> None:
        """The run is over, however it ended: Run and Resume may be pressed again."""
        self.buttons.idle(resumable=self._held.run is not None and self._held.run.resumable)

    def event(self, event: QEvent) -> bool:
        """The dock's x takes this widget out of its parent (napari sends no closeEvent): keep what there is so far."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and self._held.active:
            self._held.undocked = True
            self._held.stop()
        return bool(super().event(event))

    def _job(self, problem: Problem, settings: Any) -> tuple[Job, Source]:
        """What the thread will do; only references are taken here, arrays are read and matched in the thread."""
        source = Source.of(problem.image)
        companions = {name: Placed.of(layer) for name, layer in problem.companions.items()}
        self._notes: list[str] = []
        notes, engine = self._notes, self._engine

        def prepare() -> Any:
            arrays = {}
            for name, placed in companions.items():
                matched = match(placed, source.placed, source.axes)
                arrays[name] = matched.array
                if matched.covers < 1:
                    notes.append(f"'{placed.name}' covers {share(matched.covers)} of the image.")
            task = problem.task(**problem.values, **arrays)
            return engine.fit(source.placed.data, task, settings, axes=source.axes)

        output = Output(**self.output.values())
        return Job(prepare, source.placed.data, source.dtype(keep=output.dtype == "input")), source

    @property
    def _usable(self) -> bool:
        """Whether PyTorch has loaded; if not, the panel holds nothing but what to do about it."""
        return hasattr(self, "problem")

    def _begin(self) -> None:
        self.buttons.running()
        self.status.start()

    def _layers(self, kind: str) -> list[Any]:
        return of_kind(self._viewer, kind)

    def _show_device(self) -> None:
        try:
            values = self.advanced.values()
            device = self._engine.choose_device(**{name: values[name] for name in DEVICE})
            self.device.setText(f"Computes on {device.summary}: {device.reason}.")
        except ValueError as unusable:
            self.device.setText(str(unusable))
