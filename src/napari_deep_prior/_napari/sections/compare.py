"""The section that compares the result with its source."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QSlider, QWidget

from napari_deep_prior._napari.layers.saved_record import record_of
from napari_deep_prior._napari.sections._base import Section
from napari_deep_prior._napari.sections.comparison import KEY, Comparison
from napari_deep_prior._napari.sections.likeness import likeness_words
from napari_deep_prior._napari.sections.other_layer import OtherLayer
from napari_deep_prior._napari.widgets.layout import text
from napari_deep_prior._napari.widgets.rows import WheelGuard, wrapped

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Surroundings
    from napari_deep_prior.core.results import Result


_WHOLE = 1000
"""Places the curtain can be at."""

_SOON = 200
"""Milliseconds after a change until numbers are counted anew."""


class CompareSection(Section):
    """What to compare with; a button to hold, which is always in sight, three that stay down, and the curtain's slider."""

    title = "Compare"
    tooltip = "The result beside its source, another result, or an image that is known to be right."
    promise = "Once a run goes on, compare its layer with the source here."

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._comparison: Comparison | None = None
        self._source: Image | None = None
        self._result: Image | None = None
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
            "curtain": _toggle("Curtain", "The source over the left part of the result; drag the line on the picture."),
        }
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _WHOLE)
        self.slider.setValue(_WHOLE // 2)
        self.slider.setAccessibleName("Place of the curtain")
        self.slider.setToolTip(wrapped("How far the source reaches over the result."))
        self.slider.valueChanged.connect(self._move)
        self.slider.installEventFilter(self._guard)
        self.against = OtherLayer(around.viewer)
        self.against.currentIndexChanged.connect(lambda _: self._pair())
        self.numbers = text()
        self._soon = QTimer(self)  # while a slider is dragged, each plane is not worth the counting
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self._measure)
        self.contain(self._laid_out())
        for name, button in self.modes.items():
            button.clicked.connect(partial(self._toggled, name, button))
        around.panel.installEventFilter(self)
        moved, measure = around.viewer.dims.events.current_step, self._measure_soon
        moved.connect(measure)
        self.destroyed.connect(lambda: moved.disconnect(measure))  # napari would go on calling what Qt has deleted
        self._sources: dict[str, str] = {}  # of the results of this session, by the layers' own numbers
        self._compare(None, None)

    def _laid_out(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(QLabel("With"), 0, 0)
        grid.addWidget(self.against, 0, 1, 1, 2)
        for column, button in enumerate(self.modes.values()):
            grid.addWidget(button, 1, column)
        grid.addWidget(self.slider, 2, 0, 1, 3)
        grid.addWidget(self.numbers, 3, 0, 1, 3)
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

    def forget(self) -> None:
        """Nothing to compare any more."""
        super().forget()
        self._compare(None, None)

    def _know(self) -> None:
        if self.layer is not None and self.image is not None:
            self._sources[str(self.layer.unique_id)] = str(self.image.unique_id)

    def look_at(self, other: Layer | None) -> None:
        """A result that is selected is what is compared, also one that was opened again."""
        super().look_at(other)
        if other is None:
            self._compare(self.image, self.layer)
            return
        self._compare(self._source_of(other), other)
        if self._source is None and self.against.count() == 1:
            self.explain(f"The source of '{other.name}' is not open.")

    def _source_of(self, result: Layer) -> Any:
        """The layer a result was made from: known in this session, by its record otherwise; None for what is no result."""
        viewer, number = self.around.viewer, self._sources.get(str(result.unique_id))
        record = record_of(viewer, result) or {}
        name = record.get("layers", {}).get("image") if number is None else None
        images = [layer for layer in viewer.layers if layer != result and layer.ndim == result.ndim]
        return next((layer for layer in images if str(layer.unique_id) == number or layer.name == name), None)

    def refresh(self) -> None:
        """Other layers may be offered now."""
        self.against.offer(self._result, self._source)

    def _compare(self, source: Image | None, result: Image | None) -> None:
        """Compare these two from now on; nothing where one is missing."""
        self._source, self._result = source, result
        self.against.offer(result, source)
        self._pair()

    def _pair(self) -> None:
        """The result, and its source or what was chosen instead."""
        self.leave()
        self._comparison = None
        other = self.against.layer or self._source
        if other is not None and self._result is not None:
            self._comparison = Comparison(self.around.viewer, other, self._result, self._drag)
        self.show_content(self._comparison is not None or self.against.count() > 1)
        for button in (self.hold, *self.modes.values()):
            button.setEnabled(self._comparison is not None)
        self._measure_soon()

    def _measure_soon(self, _: object = None) -> None:
        self._soon.start()

    def _measure(self) -> None:
        """How like the result is to what was chosen; to its own source, which has the noise, that says nothing."""
        other, layers = self.against.layer, self.around.viewer.layers
        there = self.isVisible() and other in layers and self._result in layers
        self.numbers.setText(likeness_words(self.around.viewer, self._result, other) if there else "")
        self.numbers.setVisible(there)

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

    def showEvent(self, event: QEvent) -> None:
        """What came while nobody looked."""
        super().showEvent(event)
        self._measure_soon()

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
            self._comparison.curtain(self.slider.value() / _WHOLE)
        else:
            getattr(self._comparison, name)()

    def _move(self, place: int) -> None:
        if self._comparison is not None and self.modes["curtain"].isChecked():
            self._comparison.curtain(place / _WHOLE)

    def _drag(self, share: float) -> None:
        self.slider.setValue(round(_WHOLE * share))


def _toggle(label: str, tooltip: str) -> QPushButton:
    button = QPushButton(label)
    button.setCheckable(True)
    button.setToolTip(wrapped(tooltip))
    return button
