"""The section that compares the result with its source."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QGridLayout, QPushButton, QSlider, QWidget

from napari_deep_prior._napari.layers.saved_record import record_of
from napari_deep_prior._napari.sections._base import Section
from napari_deep_prior._napari.sections.comparison import KEY, Comparison
from napari_deep_prior._napari.widgets.rows import WheelGuard, wrapped

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Surroundings
    from napari_deep_prior.core.results import Result


class CompareSection(Section):
    """A button to hold, which is always in sight, three that stay down, and the curtain's slider."""

    title = "Compare"
    tooltip = "The result and its source."
    promise = "Once a run goes on, compare its layer with the source here."

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._comparison: Comparison | None = None
        self._guard = WheelGuard(self)
        self.hold = QPushButton(f"Hold to compare ({KEY})")
        self.hold.setToolTip(
            wrapped(f"The source as long as you hold it; so does the key {KEY} on the result's layer.")
        )
        self.hold.pressed.connect(lambda: self._start("source_only"))
        self.hold.released.connect(self.leave)
        self.modes = {
            "blink": _toggle("Blink", "Source and result in turn."),
            "side_by_side": _toggle("Side by side", "Both in a grid; moving one moves the other."),
            "curtain": _toggle("Curtain", "The source over the left part of the result."),
        }
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setValue(50)
        self.slider.setAccessibleName("Place of the curtain")
        self.slider.setToolTip(wrapped("How far the source reaches over the result."))
        self.slider.valueChanged.connect(self._move)
        self.slider.installEventFilter(self._guard)
        self.contain(self._laid_out())
        for name, button in self.modes.items():
            button.clicked.connect(partial(self._toggled, name, button))
        around.panel.installEventFilter(self)
        self._sources: dict[str, str] = {}  # of the results of this session, by the layers' own numbers
        self._compare(None, None)

    def _laid_out(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        for column, button in enumerate(self.modes.values()):
            grid.addWidget(button, 0, column)
        grid.addWidget(self.slider, 1, 0, 1, 3)
        return holder

    @property
    def always_in_sight(self) -> tuple[QPushButton, ...]:
        """The comparison that is wanted most."""
        return (self.hold,)

    def follow(self, run: Run, image: Image) -> None:
        """The layer of the new run, with its source."""
        super().follow(run, image)
        self._know()
        self._compare(image, self.layer)

    def end(self, result: Result | None) -> None:
        """The layer may have come back, or be gone."""
        self._know()
        if self.other is None:
            self._compare(self.image, self.layer)

    def _know(self) -> None:
        if self.layer is not None and self.image is not None:
            self._sources[str(self.layer.unique_id)] = str(self.image.unique_id)

    def look_at(self, other: Layer | None) -> None:
        """A result that is selected is what is compared, also one that was opened again."""
        super().look_at(other)
        if other is None:
            self._compare(self.image, self.layer)
            return
        source = self._source_of(other)
        self._compare(source, other)
        if source is None:
            self.explain(f"The source of '{other.name}' is not open.")

    def _source_of(self, result: Layer) -> Any:
        """The layer a result was made from: known in this session, by its record otherwise; None for what is no result."""
        viewer, number = self.around.viewer, self._sources.get(str(result.unique_id))
        record = record_of(viewer, result) or {}
        name = record.get("layers", {}).get("image") if number is None else None
        images = [layer for layer in viewer.layers if layer != result and layer.ndim == result.ndim]
        return next((layer for layer in images if str(layer.unique_id) == number or layer.name == name), None)

    def _compare(self, source: Image | None, result: Image | None) -> None:
        """Compare these two from now on; nothing where one is missing."""
        self.leave()
        self._comparison = None
        if source is not None and result is not None:
            self._comparison = Comparison(self.around.viewer, source, result)
        self.show_content(self._comparison is not None)
        self.hold.setEnabled(self._comparison is not None)

    def leave(self) -> None:
        """Everything as it was before."""
        if self._comparison is not None:
            self._comparison.end()
        for button in self.modes.values():
            button.setChecked(False)
        self.slider.setVisible(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The key held anywhere in the panel where it types nothing."""
        if isinstance(event, QKeyEvent) and event.text().upper() == KEY and self._comparison is not None:
            if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._start("source_only")
            elif event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat():
                self.leave()
            return True
        return False

    def hideEvent(self, event: QEvent) -> None:
        """Nobody could end it any more."""
        self.leave()
        super().hideEvent(event)

    def _toggled(self, name: str, button: QPushButton, *_: object) -> None:
        down = button.isChecked()  # PySide6 does not hand the state to every kind of callable
        self.leave()
        if down:
            self._start(name)

    def _start(self, name: str) -> None:
        if self._comparison is None or not self._comparison.possible:
            return
        for other, button in self.modes.items():
            button.setChecked(other == name)
        self.slider.setVisible(name == "curtain")
        if name == "curtain":
            self._comparison.curtain(self.slider.value() / 100)
        else:
            getattr(self._comparison, name)()

    def _move(self, percent: int) -> None:
        if self._comparison is not None and self.modes["curtain"].isChecked():
            self._comparison.curtain(percent / 100)


def _toggle(label: str, tooltip: str) -> QPushButton:
    button = QPushButton(label)
    button.setCheckable(True)
    button.setToolTip(wrapped(tooltip))
    return button
