"""How far the result can be trusted: noise, warnings, layers that show it, and a slider back to the original."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QFormLayout, QSlider, QWidget

from napari_deep_prior._napari.layers.overlays import Overlays
from napari_deep_prior._napari.sections._base import Awaiting
from napari_deep_prior._napari.widgets.layout import text
from napari_deep_prior._napari.widgets.rows import WheelGuard, add_row, form_layout, wrapped

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.running.run import Run

EMPTY = "Once a run has ended, what speaks for and against its result is here."
WELL = "Nothing speaks against the result."
UNKNOWN = "The result could not be examined. Details: Help > Show Logs."

_BOXES = {
    "uncertainty": "Where the fit wavered: standard deviation of its late outputs. A sign, not a confidence interval.",
    "residual": "What was taken away: the image minus the result. It should look like noise, without anything you know.",
    "invented": "Labels on the pixels behind which no measurement stands. Do not measure there.",
}


class TrustPanel(Awaiting):
    """Noise and warnings in words, one box per layer that can be shown, and the blend."""

    def __init__(self, viewer: Viewer, blend: Callable[[float], None]) -> None:
        super().__init__(EMPTY)
        self._extras = Overlays(viewer)
        self._guard = WheelGuard(self)
        self._run: Run | None = None
        self.numbers, self.warnings = text(), text()
        self.warnings.setAccessibleName("Warnings")
        self.boxes = {name: QCheckBox(f"Show {name}" + (" pixels" if name == "invented" else "")) for name in _BOXES}
        for name, box in self.boxes.items():
            box.setToolTip(wrapped(_BOXES[name]))
            box.toggled.connect(partial(self._toggle, name, box))
        self.blend = QSlider(Qt.Orientation.Horizontal)
        self.blend.setAccessibleName("Blend with the original")
        self.blend.setRange(0, 100)
        self.blend.setValue(100)
        self.blend.installEventFilter(self._guard)
        self.blend.valueChanged.connect(lambda percent: self._blend(percent, blend))
        self.percent = text("100 %")
        self.contain(self._laid_out())
        self.follow(None)

    def _laid_out(self) -> QWidget:
        holder = QWidget()
        rows: QFormLayout = form_layout(holder)
        rows.addRow(self.warnings)
        rows.addRow(self.numbers)
        for box in self.boxes.values():
            rows.addRow(box)
        tooltip = "How much of the result the layer shows; the rest is the original. Its metadata tell of it."
        add_row(rows, "blend", self.blend, tooltip)
        rows.addRow("", self.percent)
        return holder

    def follow(self, run: Run | None) -> None:
        """A new run: the layers shown so far belong to the one before it and stay."""
        self._run = run
        self._extras.forget()
        for box in self.boxes.values():
            with QSignalBlocker(box):
                box.setChecked(False)
        self.end()

    def end(self) -> None:
        """There may be a result, or another one."""
        outcome = None if self._run is None else self._run.outcome
        self.show_content(outcome is not None)
        with QSignalBlocker(self.blend):
            self.blend.setValue(100)
        self.percent.setText("100 %")
        self.blend.setEnabled(self._run is not None and self._run.blends)
        if outcome is None:
            return
        known = outcome.trust
        self.warnings.setText(UNKNOWN if known is None else "\n".join(f"⚠ {told}" for told in known.warnings) or WELL)
        self.numbers.setText("" if known is None else "\n".join(known.numbers))
        self.boxes["invented"].setEnabled(bool(outcome.result.invented.any()))
        for name, box in self.boxes.items():
            if box.isChecked():
                self._toggle(name, box)

    @property
    def found(self) -> int:
        """How many warnings there are."""
        outcome = None if self._run is None else self._run.outcome
        return 0 if outcome is None or outcome.trust is None else len(outcome.trust.warnings)

    def _toggle(self, name: str, box: QCheckBox, *_: object) -> None:
        live = None if self._run is None else self._run.live
        if self._run is None or self._run.outcome is None or live is None or live.layer is None:
            return
        if not box.isChecked():
            self._extras.hide(name)
            return
        result = self._run.outcome.result
        array: Any = self._run.residual() if name == "residual" else getattr(result, name)
        if array is not None:
            self._extras.show(name, array, live.layer, live.look_on(array.shape))

    def _blend(self, percent: int, blend: Callable[[float], None]) -> None:
        self.percent.setText("100 %" if percent == 100 else f"{percent} %, the rest is the original")
        blend(percent / 100)
