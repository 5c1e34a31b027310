"""The dock widget: wiring only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_deep_prior._napari import engine as engines
from napari_deep_prior._napari.form.run_form import RunForm
from napari_deep_prior._napari.form.several import NOT_STARTED, asked_of_each, doubt, selected_images
from napari_deep_prior._napari.layers.source import of_kind
from napari_deep_prior._napari.remembered import Store, folder
from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.running.current_run import CurrentRun
from napari_deep_prior._napari.running.launch import new_run
from napari_deep_prior._napari.sections._base import Surroundings
from napari_deep_prior._napari.sections.batch import TITLE, TOOLTIP, BatchPanel
from napari_deep_prior._napari.sections.stack import SectionStack
from napari_deep_prior._napari.sharing.result_bar import ResultBar
from napari_deep_prior._napari.widgets.asking import agreed
from napari_deep_prior._napari.widgets.changed_mask import ChangedMaskBar
from napari_deep_prior._napari.widgets.dock_title import ShortTitle
from napari_deep_prior._napari.widgets.keyboard import make_accessible
from napari_deep_prior._napari.widgets.layout import Collapsible, Scrolling, outermost, text
from napari_deep_prior._napari.widgets.one_panel import docked, give_way
from napari_deep_prior._napari.widgets.plane_strip import PlaneStrip
from napari_deep_prior._napari.widgets.run_buttons import Buttons
from napari_deep_prior._napari.widgets.status import StatusPanel
from napari_deep_prior._napari.widgets.welcome import Welcome

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Layer
    from napari_deep_prior._napari.running.live_layer import LiveLayer
    from napari_deep_prior._napari.running.prepare import Asked
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior.core.results import Result, Snapshot


def panel_of(viewer: Viewer) -> DeepPriorWidget | None:
    """The panel of this viewer, whoever opened it."""
    return docked(viewer, DeepPriorWidget)


class DeepPriorWidget(QWidget):
    """Restores an image layer by Deep Image Prior and shows it getting better."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._layers = partial(of_kind, napari_viewer)
        self._wanted_again = False
        self._mine = True  # whether the run that is held is of the image that is chosen
        self._token = object()  # stands for this panel where a reference would keep it
        self._hold(CurrentRun())
        rows = QVBoxLayout(self)
        if panel_of(napari_viewer) is not None:
            rows.addWidget(text("The panel is open already."))
            QTimer.singleShot(0, partial(give_way, napari_viewer, self))  # once napari has docked this one
            return
        try:
            self._engine = engines.load()
        except engines.EngineMissing as missing:
            self.explanation = text(str(missing))
            rows.addWidget(Scrolling(self.explanation))
            return
        self._hold(CurrentRun.of(napari_viewer))
        for part in self._parts():
            rows.addWidget(part)
        self.form.regarded.connect(self._regard)
        make_accessible(self, self._viewer, self.buttons.keys)
        ShortTitle(self)
        self._held.queue.serve(self._start, self.status.say)
        self._show_run()
        self._held.queue.tell()

    def _parts(self) -> tuple[QWidget, ...]:
        self.status = StatusPanel(PlaneStrip(self._viewer, lambda: self._held.layer))
        memory, say = Store(folder()), self.status.say
        self.form = RunForm(self._viewer, self._engine, memory, say)
        self.welcome = Welcome(self._viewer, memory, lambda: len(self._layers("image")))
        self.problem, self.basic, self.advanced = self.form.problem, self.form.basic, self.form.advanced
        self.output, self.device = self.form.output, self.form.device
        self.buttons = Buttons(self.run, self.stop, self.cancel, self.resume, self.try_view)
        self.refit = ChangedMaskBar(self._again)
        self.status.greet(image=bool(self._layers("image")))
        self.masks, self.share = self.form.masks, self.form.share
        self.recall = ResultBar(self._viewer, self._engine.tasks, self.use, say, lambda one: self._held.run_of(one))
        self.sections = SectionStack(Surroundings(viewer=self._viewer, panel=self, resume=self.resume, say=say))
        self.buttons.join(*self.sections.always_in_sight)
        self.batch = BatchPanel(self._viewer, self._engine, self._held, self.form.shared, say)
        self.many = Collapsible(TITLE, TOOLTIP, self.batch)
        self._scrolling = Scrolling(self.welcome, self.form, self.sections, self.many)
        return self._scrolling, self.refit, self.recall, self.buttons, self.status

    def restore(self, layer: object) -> None:
        """Restore this layer, or the selected ones where there are several; refused with words in the panel if it is no image."""
        if not self._usable:
            return
        if any(layer is image or layer == image for image in self._layers("image")):
            self.problem.image.value = layer
        elif len(selected_images(self._viewer, self.form)) < 2:
            return self.status.say("No image is selected. Click one in the list of layers, then try again.")
        self.run()

    def propose(self, task: str, layers: Sequence[Layer]) -> None:
        """Put a task and these layers into the panel, ready for Run."""
        if self._usable:
            self._try(lambda: self.problem.propose(task, layers))
            self.buttons.run.setFocus()

    def show_many(self) -> None:
        """Open the list of many files."""
        if self._usable:
            self.many.button.setChecked(True)
            self._scrolling.bring_up(self.many)

    def run(self) -> None:
        """Restore the chosen image; refused with words in the panel if it cannot be, or if a run goes on."""
        if self._usable and self._held.active:
            return self.status.say("A run is going on. Stop it first, then press Run again.")
        if self._usable:
            self._try(self._start_whole)

    def _start_whole(self) -> None:
        asked = asked_of_each(self.form, selected_images(self._viewer, self.form))
        if (question := doubt(self._engine, asked)) and not agreed(self, "Run", question):
            return self.status.say(NOT_STARTED)
        self._held.queue.begin(asked)

    def try_view(self) -> None:
        """Restore what is seen of the image, for a few seconds, in a layer of its own over it."""
        if self._usable and not self._held.active:
            self._try(lambda: self._held.queue.begin([self.form.asked(tried=True)]))

    def _start(self, asked: Asked, onto: LiveLayer | None = None) -> None:
        self._held.check_free()
        run = new_run(self._viewer, self._engine, asked, self, onto=onto, make_room=self._held.make_room)
        self._held.begin(run)
        self._held.belong_to(self._token, outermost(self))
        self.refit.watch(asked.chosen.problem.companions.values())
        self._begin()
        run.start()

    def _regard(self) -> None:
        """Other layers are chosen or selected."""
        self.buttons.offer(len(selected_images(self._viewer, self.form)))
        self._show_whose()

    def _show_run(self) -> None:
        """Of a run that began while another panel was open, or before one that has left nothing: show where it is."""
        if (run := self._held.run) is None:
            return
        run.attach(self)
        self.refit.watch(run.asked.chosen.problem.companions.values())
        self.sections.follow(run, run.asked.chosen.problem.image)
        for snapshot in run.history.snapshots:
            self.sections.progress(snapshot)
            self.status.strip.progress(snapshot)
        if run.active:
            return self._begin()
        self.sections.end(self._held.result)
        self._show_end(run)

    def _show_end(self, run: Run) -> None:
        """How a run has ended, and what may be done with it, beside its own image; beside another one nothing of it."""
        self._mine = run.concerns(self.problem.image.value, self._viewer.layers.selection.active)
        self._tell_end(run) if self._mine else self.status.forget(image=self.problem.image.value is not None)
        self._show_idle()

    def _tell_end(self, run: Run, hint: str = "") -> None:
        self.status.start(run.elapsed)
        self.status.end(f"{run.words} {hint}".strip(), done=run.done, restored=self._held.reached)

    def _show_whose(self) -> None:
        """What is said of a run, and Resume, belong to its image: beside another one they are put away."""
        if (run := self._held.run) is None or run.active:
            return
        if run.concerns(self.problem.image.value, self._viewer.layers.selection.active) != self._mine:
            self._show_end(run)

    def _again(self) -> None:
        """The same once more, with layers as they are now; a run under way ends first."""
        self._wanted_again, run = self._held.active, self._held.run
        if run is not None and run.active:
            self._end(run.stop)
        elif run is not None:
            self._try(lambda: self._start(run.asked.again(), run.live))

    def _try(self, action: Callable[[], None]) -> None:
        """Refused with words in the panel."""
        try:
            action()
        except (Incomplete, ValueError, TypeError) as refusal:
            self.status.say(str(refusal))

    def stop(self) -> None:
        """End the run and keep its result so far; layers that wait for it are put off."""
        self._end(self._held.stop)

    def cancel(self) -> None:
        """End the run and throw away what it did; layers that wait for it are put off."""
        self._end(self._held.cancel)

    def _end(self, how: Callable[[], None]) -> None:
        if self._held.active:
            self.buttons.ending()
            how()

    def resume(self, steps: int | None = None, back_to: Snapshot | None = None) -> None:
        """Go on where the last run ended, or from an earlier moment; by its budget again, or by so many steps."""
        if self._held.resumable:
            self._try(partial(self._held.resume, steps, back_to))
            if self._held.active:
                self._begin()

    def reset_choices(self, _: object = None) -> None:
        """Called by napari when layers come, go or are renamed."""
        if self._usable:
            self.form.reset_choices()
            self.welcome.refresh()
            self.sections.refresh()
            self.status.greet(image=bool(self._layers("image")))

    def on_begin(self) -> None:
        """Show what belongs to it, if it is a new one, or its layer was deleted and comes back."""
        if (run := self._held.run) is not None and not self.sections.follows(run):
            self.sections.follow(run, run.asked.chosen.problem.image)
        self._scrolling.bring_up(self.sections)

    def on_progress(self, snapshot: Snapshot) -> None:
        """Show where the fit is."""
        self.status.show_progress(snapshot, self._held.place_of(snapshot), self._held.queue.place)
        self.sections.progress(snapshot)

    def on_result(self, result: Result | None) -> None:
        """Say how the run ended; None where it leaves nothing."""
        if (run := self._held.run) is None or result is None:
            return self.on_failure("" if run is None else run.words)
        self._held.settle()
        if not run.asked.tried:
            self.form.keep(run.asked.chosen)
        self._tell_end(run, self.welcome.done())
        self.sections.end(result)
        self._scrolling.bring_up(self.sections, self.sections.last_title)

    def on_failure(self, words: str) -> None:
        """Say why there is no new result: what an earlier part of this run, or the run before it, has left is there still."""
        if self._held.fail(words):
            self._show_run()
            self.status.say(words)
        else:
            self.status.end(words, done=self._held.done, restored=self._held.reached)
            self.sections.end(self._held.result)

    def on_idle(self) -> None:
        """The run is over, however it ended; one that gave way may end when the next has begun."""
        if not self._held.active:
            self._show_idle()
            self._again() if self._wanted_again else None
            self._held.on_idle()

    def _show_idle(self) -> None:
        """Run and Resume may be pressed again."""
        self.buttons.idle(resumable=self._mine and self._held.resumable, extends=self._held.extends)
        self.recall.refresh()
        self.sections.idle()

    def event(self, event: QEvent) -> bool:
        """The dock's x takes this widget out of its parent (napari sends no closeEvent): the run goes on without it."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and self._usable:
            self._held.leave(self._viewer, self._token, self._engine)
        return bool(super().event(event))

    def use(self, record: Mapping[str, Any]) -> None:
        """Put what made a result into the form."""
        self._try(lambda: self.status.say(self.form.use(record)))

    @property
    def _usable(self) -> bool:
        """Whether PyTorch has loaded; if not, the panel holds nothing but what to do about it."""
        return hasattr(self, "problem")

    def _hold(self, held: CurrentRun) -> None:
        self._held = held
        held.belong_to(self._token)
        self.destroyed.connect(partial(CurrentRun.on_panel_deleted, held, self._token))

    def _begin(self) -> None:
        self._mine = True
        self.buttons.running()
        self.status.start(0.0 if self._held.run is None else self._held.run.elapsed)
