"""The dock widget: wiring only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QDockWidget, QVBoxLayout, QWidget

from napari_deep_prior._napari import engine as engines
from napari_deep_prior._napari.form.run_form import RunForm
from napari_deep_prior._napari.layers.neighbours import Neighbours
from napari_deep_prior._napari.layers.region import TRIED, visible_region
from napari_deep_prior._napari.layers.source import of_kind
from napari_deep_prior._napari.remembered import Store, folder
from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.running.current_run import CurrentRun
from napari_deep_prior._napari.running.live_layer import LiveLayer
from napari_deep_prior._napari.running.prepare import prepare_job
from napari_deep_prior._napari.running.run import Run
from napari_deep_prior._napari.sections._base import Surroundings
from napari_deep_prior._napari.sections.stack import SectionStack
from napari_deep_prior._napari.sharing.result_bar import ResultBar
from napari_deep_prior._napari.widgets.changed_mask import ChangedMaskBar
from napari_deep_prior._napari.widgets.keyboard import make_accessible
from napari_deep_prior._napari.widgets.layout import Scrolling, text
from napari_deep_prior._napari.widgets.run_buttons import Buttons
from napari_deep_prior._napari.widgets.status import StatusPanel
from napari_deep_prior._napari.widgets.welcome import Welcome
from napari_deep_prior._napari.widgets.wording import fraction_restored, result_text

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Layer
    from napari_deep_prior._napari.layers.source import Source
    from napari_deep_prior._napari.request import RunRequest
    from napari_deep_prior.core.results import Result, Snapshot


def panel_of(viewer: Viewer) -> DeepPriorWidget | None:
    """The panel of this viewer, whoever opened it."""
    docked = viewer.window.dock_widgets.values()
    return next((panel for panel in docked if isinstance(panel, DeepPriorWidget)), None)


class DeepPriorWidget(QWidget):
    """Restores an image layer by Deep Image Prior and shows it getting better."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._layers = partial(of_kind, napari_viewer)
        self._held = CurrentRun()
        self._notes: list[str] = []
        self._wanted_again = False
        self.destroyed.connect(partial(CurrentRun.on_panel_deleted, self._held))
        rows = QVBoxLayout(self)
        if panel_of(napari_viewer) is not None:
            rows.addWidget(text("The panel is open already."))
            QTimer.singleShot(0, self._give_way)  # once napari has docked this one
            return
        try:
            self._engine = engines.load()
        except engines.EngineMissing as missing:
            self.explanation = text(str(missing))
            rows.addWidget(Scrolling(self.explanation))
            return
        for part in self._parts():
            rows.addWidget(part)
        make_accessible(self, self.buttons.keys)

    def _parts(self) -> tuple[QWidget, ...]:
        self.status = StatusPanel()
        memory = Store(folder())
        self.form = RunForm(self._viewer, self._engine, memory, self.status.say)
        self.welcome = Welcome(self._viewer, memory, lambda: len(self._layers("image")))
        self.problem, self.basic, self.advanced = self.form.problem, self.form.basic, self.form.advanced
        self.output, self.device = self.form.output, self.form.device
        self.buttons = Buttons(self.run, self.stop, self.resume, self.try_view)
        self.refit = ChangedMaskBar(self._again)
        self.status.greet(image=bool(self._layers("image")))
        self.masks, self.share = self.form.masks, self.form.share
        self.recall = ResultBar(self._viewer, self._engine.tasks, self.use, self.status.say)
        around = Surroundings(viewer=self._viewer, panel=self, resume=self.resume, say=self.status.say)
        self.sections = SectionStack(around)
        for button in self.sections.always_in_sight:
            self.buttons.join(button)
        return Scrolling(self.welcome, self.form, self.sections), self.refit, self.recall, self.buttons, self.status

    def bring_to_front(self) -> None:
        """Show the dock that holds the panel, in front of those it shares its place with."""
        holder = self.parent()
        while holder is not None and not isinstance(holder, QDockWidget):
            holder = holder.parent()
        if holder is not None:
            holder.show()
            holder.raise_()

    def _give_way(self) -> None:
        """The panel is docked under a name that the menu does not know, so napari has opened a second one: this closes it."""
        first = panel_of(self._viewer)
        if first is not None and first is not self:
            if self.parent() is not None:
                self._viewer.window.remove_dock_widget(self)
            self.deleteLater()
            first.bring_to_front()

    def restore(self, layer: object) -> None:
        """Put this layer into the panel and restore it; refused with words in the panel if it is no image."""
        if not self._usable:
            return
        if any(layer is image or layer == image for image in self._layers("image")):
            self.problem.image.value = layer
            self.run()
        else:
            self.status.say("No image is selected. Click one in the list of layers, then try again.")

    def propose(self, task: str, layers: Sequence[Layer]) -> None:
        """Put a task and these layers into the panel, ready for Run."""
        if self._usable:
            self._try(lambda: self.problem.propose(task, layers))
            self.buttons.run.setFocus()

    def run(self) -> None:
        """Restore the chosen image; refused with words in the panel if it cannot be, or if a run goes on."""
        if not self._usable:
            return
        if self._held.active:
            self.status.say("A run is going on. Stop it first, then press Run again.")
            return
        self._try(lambda: self._start(self.form.read()))

    def try_view(self) -> None:
        """Restore what is seen of the image, for a few seconds, in a layer of its own over it."""
        if self._usable and not self._held.active:
            self._try(self._start_try)

    def _start_try(self) -> None:
        request = self.form.read()
        part = visible_region(self._viewer, request.problem.image, self.form.depth())
        self._start(request.for_preview(), part=part)

    def _start(self, chosen: RunRequest, onto: LiveLayer | None = None, part: Source | None = None) -> None:
        self._chosen, self._part, self._notes = chosen, part, [TRIED] if part else []
        job, source = prepare_job(self._engine, chosen, self._notes, part)
        self._held.release()  # the last run's network makes room for the next
        ended = chosen.problem.task.past + (" · try" if part else "")
        masks = [layer for layer in chosen.problem.companions.values() if layer in self._layers("labels")]
        neighbours = Neighbours(self._viewer, chosen.problem.image, masks, partial=part is not None)
        self._live = LiveLayer(
            self._viewer, source, f"{source.placed.name} · {ended}", job.dtype, neighbours=neighbours, onto=onto
        )
        told = {"layers": chosen.layers, "output": chosen.output.as_dict(), "source": chosen.problem.image.source.path}
        self._held.run = Run(job, self._live, self, chosen=told, pause=self.form.preferences.pause)
        if part is None:
            self.form.keep(chosen)
        self.sections.follow(self._held.run, chosen.problem.image)
        self.refit.watch(chosen.problem.companions.values())
        self._begin()
        self._held.run.start()

    def _again(self) -> None:
        """The same once more, with layers as they are now; a run under way ends first."""
        self._wanted_again = self._held.active
        if self._held.active:
            self.stop()
        else:
            self._try(lambda: self._start(self._chosen, self._live, self._part))

    def _try(self, action: Callable[[], None]) -> None:
        """Refused with words in the panel."""
        try:
            action()
        except (Incomplete, ValueError, TypeError) as refusal:
            self.status.say(str(refusal))

    def stop(self) -> None:
        """End the run and keep its result so far."""
        if self._held.active:
            self.buttons.ending()
            self._held.stop()

    def resume(self, steps: int | None = None, back_to: Snapshot | None = None) -> None:
        """Go on where the last run ended, or from an earlier moment; by its budget again, or by so many steps."""
        if self._held.run is not None and self._held.run.resumable:
            self._begin()
            self._try(lambda: self._held.run.resume(steps, back_to) if self._held.run else None)

    def reset_choices(self, _: object = None) -> None:
        """Called by napari when layers come, go or are renamed."""
        if self._usable:
            self.form.reset_choices()
            self.welcome.refresh()
            self.sections.refresh()
            self.status.greet(image=bool(self._layers("image")))

    def on_progress(self, snapshot: Snapshot) -> None:
        """Show where the fit is."""
        self.status.show_progress(snapshot)
        self.sections.progress(snapshot)

    def on_result(self, result: Result | None) -> None:
        """Say how the run ended; None where there is nothing to keep."""
        outcome = None if self._held.run is None else self._held.run.outcome
        planes = 1 if outcome is None else outcome.planes
        self.status.end(" ".join([result_text(result, planes), *self._notes]), done=fraction_restored(result, planes))
        self.sections.end(result)
        self.welcome.done()

    def on_failure(self, words: str) -> None:
        """Say what went wrong and what to do next."""
        self.status.end(words, done=None)
        self.sections.end(None)

    def on_idle(self) -> None:
        """The run is over, however it ended: Run and Resume may be pressed again."""
        run = self._held.run
        extends = "" if run is None or run.outcome is None else run.outcome.extendable
        self.buttons.idle(resumable=run is not None and run.resumable, extends=extends)
        self.recall.refresh()
        self.sections.idle()
        if self._wanted_again:
            self._again()

    def event(self, event: QEvent) -> bool:
        """The dock's x takes this widget out of its parent (napari sends no closeEvent): keep what there is so far."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and self._held.active:
            self._held.undocked = True
            self._held.stop()
        return bool(super().event(event))

    def use(self, record: Mapping[str, Any]) -> None:
        """Put what made a result into the form."""
        self._try(lambda: self.status.say(self.form.use(record)))

    @property
    def _usable(self) -> bool:
        """Whether PyTorch has loaded; if not, the panel holds nothing but what to do about it."""
        return hasattr(self, "problem")

    def _begin(self) -> None:
        self.buttons.running()
        self.status.start()
