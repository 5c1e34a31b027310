"""Earlier moments of a run: look at them, keep one, go on from one, and save them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QPushButton, QSlider, QSpinBox, QWidget

from napari_deep_prior._napari.sections._base import Awaiting
from napari_deep_prior._napari.widgets.layout import row, text
from napari_deep_prior._napari.widgets.rows import WheelGuard, form_layout, wrapped
from napari_deep_prior.core.run.history import step_of

if TYPE_CHECKING:
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior.core.results import Snapshot

EMPTY = "Once a run goes on, its earlier moments are here: look at them, keep one, or go on from one."


class HistorySection(Awaiting):
    """A slider over the moments, at its right end the present, and what can be done with the moment it is on.

    Parameters
    ----------
    choose
        Takes a moment as the result.
    go_on
        Resumes from a moment by a number of steps.
    save, spread
        Write all moments as a film; show them as a layer of their own.
    """

    def __init__(
        self,
        choose: Callable[[Snapshot], None],
        go_on: Callable[[int, Snapshot | None], None],
        save: Callable[[], None],
        spread: Callable[[], None],
    ) -> None:
        super().__init__(EMPTY)
        self._run: Run | None = None
        self._guard = WheelGuard(self)
        self.where = text()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Moment of the run")
        self.slider.setToolTip(
            wrapped("Earlier moments of the run, shown in its layer; at the right end the present one.")
        )
        self.slider.valueChanged.connect(self._look)
        self.slider.installEventFilter(self._guard)
        self._make_buttons(choose, go_on, save, spread)
        self.contain(self._laid_out())
        self.follow(None)

    def _make_buttons(
        self,
        choose: Callable[[Snapshot], None],
        go_on: Callable[[int, Snapshot | None], None],
        save: Callable[[], None],
        spread: Callable[[], None],
    ) -> None:
        self.keep = _button("Keep this one", "Take the moment shown as the result. Its record repeats exactly this.")
        self.keep.clicked.connect(lambda: self._with_moment(choose))
        self.steps = QSpinBox()
        self.steps.setAccessibleName("Further steps")
        self.steps.setToolTip(wrapped("How many steps to go on by."))
        self.steps.setSuffix(" steps")
        self.steps.setRange(10, 100_000)
        self.steps.setSingleStep(100)
        self.steps.setValue(500)
        self.steps.installEventFilter(self._guard)
        self.go_on = _button("Go on from here", "Take more steps from the moment shown; those after it are forgotten.")
        self.go_on.clicked.connect(lambda: go_on(self.steps.value(), self.moment))
        self.save = _button("Save as film…", "Write all moments as GIF or MP4, as the layer shows them.")
        self.save.clicked.connect(lambda: save())
        self.spread = _button("As a layer", "All moments in one layer, the step of the run as its first axis.")
        self.spread.clicked.connect(lambda: spread())

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
    def moments(self) -> tuple[Snapshot, ...]:
        """Of the run that is followed, oldest first."""
        return () if self._run is None else self._run.history.moments

    @property
    def moment(self) -> Snapshot | None:
        """The one the slider is on; None at its right end, which is the present."""
        shown = self._moments[: self.slider.maximum()]
        return shown[self.slider.value()] if self.slider.value() < len(shown) else None

    def follow(self, run: Run | None) -> None:
        """Another run, from its beginning."""
        self._run = run
        self._moments: tuple[Snapshot, ...] = ()
        self._set(0, 0)
        self.refresh()

    def refresh(self) -> None:
        """There may be more moments, or the run may have ended; who looks at one goes on looking at it."""
        at = self.moment
        self._moments = self.moments
        count = len(self._moments)
        place = next((i for i, m in enumerate(self._moments) if m is at), count)
        self._set(place, count)
        self.show_content(count > 0)
        if at is not None and place == count:
            self._look()
        self._say()

    def to_present(self) -> None:
        """What is shown is the result again."""
        self._set(self.slider.maximum(), self.slider.maximum())
        self._say()

    def _set(self, place: int, most: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setRange(0, most)
        self.slider.setValue(place)
        self.slider.blockSignals(False)

    def _look(self) -> None:
        if self._run is not None and self._run.live is not None:
            self._run.live.look_at(self.moment)
        self._say()

    def _say(self) -> None:
        moment, idle = self.moment, self._run is not None and self._run.resumable
        self.keep.setEnabled(moment is not None)
        self.go_on.setEnabled(idle)
        if moment is None:
            self.where.setText(f"The present · {len(self._moments)} moments before it")
            return
        plane = f" · plane {moment.plane + 1}" if moment.planes > 1 else ""
        best = " · the best by the held-out pixels" if step_of(moment) == self._moments[-1].kept else ""
        self.where.setText(f"Step {step_of(moment)}{plane} · {moment.seconds:.1f} s{best}")

    def _with_moment(self, act: Callable[[Snapshot], Any]) -> None:
        if self.moment is not None:
            act(self.moment)


def _button(words: str, tooltip: str) -> QPushButton:
    button = QPushButton(words)
    button.setToolTip(wrapped(tooltip))
    return button
