"""Earlier snapshots of a run: look at them, keep one, go on from one, and save them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QFormLayout, QPushButton, QSlider, QSpinBox, QWidget

from napari_deep_prior._napari.layers import timelapse
from napari_deep_prior._napari.layers.neighbours import copy_of, show_plane
from napari_deep_prior._napari.sections._base import Section
from napari_deep_prior._napari.widgets.layout import row, text
from napari_deep_prior._napari.widgets.rows import WheelGuard, form_layout, wrapped
from napari_deep_prior.files import film

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Surroundings
    from napari_deep_prior.core.results import Result, Snapshot

UNFITTED = "Nothing was fitted, so there are no earlier moments."


class HistorySection(Section):
    """A slider over the snapshots, at its right end the present, and what can be done with the one it is on."""

    title = "History"
    tooltip = "Earlier moments: look, keep one, go on from one, save."
    promise = "Once a run goes on, its earlier moments are here: look at them, keep one, or go on from one."

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._snapshots: tuple[Snapshot, ...] = ()
        self._ended = False
        self._guard = WheelGuard(self)
        self.where = text()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Moment of the run")
        self.slider.setToolTip(
            wrapped("Earlier moments of the run, shown in its layer; at the right end the present one.")
        )
        self.slider.valueChanged.connect(self._preview)
        self.slider.installEventFilter(self._guard)
        self._make_buttons()
        self.contain(self._laid_out())
        self._restart()

    def _make_buttons(self) -> None:
        self.keep = _button(
            "Keep this one",
            "Take the moment shown as the result. Its record repeats exactly this. A moment of a network that draws all "
            "planes cannot be kept for one of them.",
        )
        self.keep.clicked.connect(lambda: self._choose())
        self.steps = QSpinBox()
        self.steps.setAccessibleName("Further steps")
        self.steps.setToolTip(wrapped("How many steps to go on by."))
        self.steps.setSuffix(" steps")
        self.steps.setRange(10, 100_000)
        self.steps.setSingleStep(100)
        self.steps.setValue(500)
        self.steps.installEventFilter(self._guard)
        self.go_on = _button(
            "Go on from here",
            "Take more steps from exactly the moment shown. What was reached is kept in a layer of its own.",
        )
        self.go_on.clicked.connect(lambda: self._go_on())
        self.save = _button("Save as film…", "Write all moments as GIF or MP4, as the layer shows them.")
        self.save.clicked.connect(lambda: self.save_film())
        self.spread = _button("As a layer", "All moments in one layer, the step of the run as its first axis.")
        self.spread.clicked.connect(lambda: self.add_layer())

    def _laid_out(self) -> QWidget:
        holder = QWidget()
        rows: QFormLayout = form_layout(holder)
        rows.addRow(self.where)
        rows.addRow(self.slider)
        rows.addRow(row(self.keep))
        rows.addRow(row(self.go_on, self.steps))
        rows.addRow(row(self.save, self.spread))
        return holder

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """Of the run that is followed, oldest first."""
        return () if self.run is None else self.run.history.snapshots

    @property
    def snapshot(self) -> Snapshot | None:
        """The one the slider is on; None at its right end, which is the present."""
        listed = self._snapshots[: self.slider.maximum()]
        return listed[self.slider.value()] if self.slider.value() < len(listed) else None

    def follow(self, run: Run, image: Image) -> None:
        """No snapshots yet."""
        super().follow(run, image)
        self._ended = False
        self.empty.setText(self._reason)
        self._restart()

    def forget(self) -> None:
        """No snapshots any more."""
        super().forget()
        self._ended = False
        self._restart()

    def look_at(self, other: Layer | None) -> None:
        """Only the last run has its moments still; its layer shows the present again when another is looked at."""
        super().look_at(other)
        self.empty.setText(self._reason)
        if other is not None:
            self.slider.setValue(self.slider.maximum())
            self.explain(
                f"Earlier moments are kept of the last run only, so there are none of '{other.name}' any more."
            )
        self._refresh()

    def progress(self, snapshot: Snapshot) -> None:
        """There may be one more."""
        self._refresh()

    def end(self, result: Result | None) -> None:
        """The layer shows the result again."""
        self._ended = result is not None
        self.empty.setText(self._reason)
        self._refresh()
        self._set(self.slider.maximum(), self.slider.maximum())
        self._show_place()

    def idle(self) -> None:
        """Now the run can be gone on with."""
        self._refresh()

    def save_film(self, path: str | None = None) -> None:
        """Write the snapshots as a film; asks where to unless told."""
        layer = self.layer
        if layer is None:
            self.around.say("The layer of this run is gone: run again, then save.")
            return
        if path is None:
            path, _ = QFileDialog.getSaveFileName(self, "Save the process", "process.gif", "Films (*.gif *.mp4)")
        if not path:
            return
        try:
            film.check_film(Path(path))
            film.write_film(Path(path), timelapse.frames(self._process, layer))
            self.around.say(f"The process{self._of_plane} is saved in {path}.")
        except (OSError, ValueError) as refusal:
            self.around.say(str(refusal))

    def add_layer(self) -> None:
        """Show the snapshots as a layer."""
        if self.layer is not None:
            timelapse.add_layer(self.around.viewer, self._process, self.layer)
            self.around.say(f"The process{self._of_plane} is in a layer of its own.")

    @property
    def _reason(self) -> str:
        """Why there are no moments, where there are none."""
        return UNFITTED if self._ended else self.promise

    @property
    def _process(self) -> list[Snapshot]:
        """The moments of the plane that is looked at; at the right end of the slider, of the last one."""
        return timelapse.of_one_plane(self.snapshots, None if self.snapshot is None else self.snapshot.plane)

    @property
    def _of_plane(self) -> str:
        snapshot = self._process[-1]
        return "" if snapshot.planes == 1 else f" of plane {snapshot.plane + 1}"

    def _go_on(self) -> None:
        """What was reached stays as a layer where it would be replaced by less."""
        snapshot, layer = self.snapshot, self.layer
        if snapshot is not None and layer is not None and self.run is not None and self.run.live is not None:
            copy_of(self.around.viewer, layer, self.run.live.present)
        self.around.resume(self.steps.value(), snapshot)

    def _restart(self) -> None:
        self._snapshots = ()
        self._set(0, 0)
        self._refresh()

    def _refresh(self) -> None:
        """There may be more snapshots, or the run may have ended; who looks at one goes on looking at it."""
        at = self.snapshot
        self._snapshots = self.snapshots
        count = len(self._snapshots)
        place = next((i for i, snapshot in enumerate(self._snapshots) if snapshot is at), count)
        self._set(place, count)
        self.show_content(count > 0 and self.other is None)
        if at is not None and place == count:
            self._preview()
        self._show_place()

    def _set(self, place: int, last: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(place)
        self.slider.blockSignals(False)

    def _preview(self) -> None:
        if self.run is not None and self.run.live is not None:
            self.run.live.preview(self.snapshot)
        if self.snapshot is not None and self.layer is not None:
            show_plane(self.around.viewer, self.layer, self.snapshot.index)
        self._show_place()

    def _show_place(self) -> None:
        snapshot, idle = self.snapshot, self.run is not None and self.run.resumable
        self.keep.setEnabled(snapshot is not None and snapshot.stage == "fitting")
        self.go_on.setEnabled(idle and (snapshot is None or snapshot.plane == self._snapshots[-1].plane))
        if snapshot is None:
            count = len(self._snapshots)
            self.where.setText(f"The present · {count} moment{'' if count == 1 else 's'} before it")
            return
        plane = "" if snapshot.planes == 1 else f" · plane {snapshot.plane + 1} of {snapshot.planes}"
        if snapshot.stage == "learning":
            plane += " by the network for all, which can go on from here"
        elif idle and not self.go_on.isEnabled():
            plane += f", which is finished: only plane {self._snapshots[-1].plane + 1}, the last one fitted, can be gone on with"
        best = " · the best by the held-out pixels" if snapshot.shown_iteration == self._snapshots[-1].kept else ""
        self.where.setText(f"Step {snapshot.shown_iteration}{plane} · {snapshot.seconds:.1f} s{best}")

    def _choose(self) -> None:
        if self.run is not None and self.snapshot is not None:
            self.run.choose(self.snapshot)


def _button(label: str, tooltip: str) -> QPushButton:
    button = QPushButton(label)
    button.setToolTip(wrapped(tooltip))
    return button
