"""How far the result can be trusted: noise, warnings, layers that show it, a slider back to the original, a control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QCheckBox, QFormLayout, QSlider, QWidget

from napari_deep_prior._napari.layers.overlays import Overlays
from napari_deep_prior._napari.layers.saved_record import record_of
from napari_deep_prior._napari.sections._base import Section
from napari_deep_prior._napari.sections.noise_control import NoiseControl
from napari_deep_prior._napari.widgets.layout import column, text
from napari_deep_prior._napari.widgets.rows import WheelGuard, add_row, form_layout, wrapped

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Surroundings
    from napari_deep_prior.core.results import Result, Snapshot

NOTHING_FOUND = "Nothing was found against the result. That is no proof: compare it, and look at the residual."
UNKNOWN = "The result could not be examined. Details: Help > Show Logs."
UNTOLD = "Its record does not say what speaks for and against it."

_BOXES = {
    "uncertainty": "Where the fit wavered: standard deviation of its late outputs. A sign, not a confidence interval.",
    "residual": "What was taken away: the image minus the result. It should look like noise, without anything you know.",
    "local flux": "Where light is missing (white) or too much (black): means of the residual over boxes of 8 to 64 pixels, in "
    "standard errors. Beyond 4 either way it is more than chance. It does not see detail that was smoothed within a box.",
    "invented": "Labels on the pixels behind which no measurement stands. Do not measure there.",
}


class TrustSection(Section):
    """Noise and warnings in words, one box per layer that can be shown, and the blend."""

    title = "Trust"
    tooltip = "What speaks for and against the result."
    promise = "Once a run has ended, what speaks for and against its result is here."

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self._overlays = Overlays(around.viewer)
        self._guard = WheelGuard(self)
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
        self.blend.valueChanged.connect(self._blend)
        self.percent = text("100 %")
        self.control = NoiseControl(around.viewer)
        self.contain(self._laid_out())
        self._refresh_layers()
        self._refresh()

    def _laid_out(self) -> QWidget:
        self._layers = QWidget()
        rows: QFormLayout = form_layout(self._layers)
        for box in self.boxes.values():
            rows.addRow(box)
        tooltip = "How much of the result the layer shows; the rest is the original. Its metadata tell of it."
        add_row(rows, "blend", self.blend, tooltip)
        rows.addRow("", self.percent)
        self._own = column(self._layers, self.control)
        return column(self.warnings, self.numbers, self._own)  # a form would cut off the last of the lines that wrap

    def follow(self, run: Run, image: Image) -> None:
        """A new run: the layers shown so far belong to the one before it and stay."""
        super().follow(run, image)
        self.control.follow(run)
        self._overlays.forget()
        for box in self.boxes.values():
            with QSignalBlocker(box):
                box.setChecked(False)
        self._refresh_layers()
        self._refresh()

    def progress(self, snapshot: Snapshot) -> None:
        """Which axes count planes."""
        self.control.progress(snapshot)

    def end(self, result: Result | None) -> None:
        """There may be a result, or another one."""
        self._refresh_layers()
        self._refresh()

    def look_at(self, other: Layer | None) -> None:
        """What was found when the run of that result ended; its layers are made for the last run only."""
        super().look_at(other)
        self._refresh()

    def _refresh(self) -> None:
        findings = self._findings()
        self.show_content(findings is not None)
        self._own.setVisible(self.other is None)
        if findings is not None:
            self.warnings.setText("\n".join(_in_words(findings)))
            self.numbers.setText("\n".join(_texts(findings.get("numbers"))))

    def _refresh_layers(self) -> None:
        """The whole result again, and the layers that go with it."""
        with QSignalBlocker(self.blend):
            self.blend.setValue(100)
        self.percent.setText("100 %")
        self.blend.setEnabled(self.run is not None and self.run.blends)
        if self.run is None or self.run.outcome is None:
            return
        self.boxes["invented"].setEnabled(bool(self.run.outcome.result.invented.any()))
        for name, box in self.boxes.items():
            if box.isChecked():
                self._toggle(name, box)

    def _findings(self) -> Mapping[str, Any] | None:
        """Those of the selected result; None before there is one."""
        if self.other is not None:
            findings = (record_of(self.around.viewer, self.other) or {}).get("findings")
            return findings if isinstance(findings, dict) else {}
        return None if self.run is None or self.run.outcome is None else self.run.outcome.findings

    @property
    def note(self) -> str:
        """How many warnings there are."""
        count = len(_texts((self._findings() or {}).get("warnings")))
        return "" if not count else f"⚠ {count} warning{'s' if count > 1 else ''}"

    def _toggle(self, name: str, box: QCheckBox, *_: object) -> None:
        live = None if self.run is None else self.run.live
        if self.run is None or self.run.outcome is None or live is None or live.layer is None:
            return
        if not box.isChecked():
            self._overlays.hide(name)
            return
        result = self.run.outcome.result
        made: dict[str, Callable[[], Any]] = {"residual": self.run.residual, "local flux": self.run.flux_map}
        array: Any = made[name]() if name in made else getattr(result, name)
        if array is not None and array.dtype != np.bool_ and array.shape == result.image.shape:
            array = np.where(np.isnan(result.image), np.nan, array)  # of what is not there nothing is known
        if array is not None:
            self._overlays.show(name, array, live.layer, live.placement_for(array.shape))

    def _blend(self, percent: int) -> None:
        self.percent.setText("100 %" if percent == 100 else f"{percent} %, the rest is the original")
        if self.run is not None:
            self.run.blend(percent / 100)


def _in_words(findings: Mapping[str, Any]) -> list[str]:
    """The warnings, or what it means that there is none."""
    if "warnings" not in findings:
        return [UNTOLD]
    warnings, examined = [f"⚠ {text}" for text in _texts(findings["warnings"])], bool(findings.get("examined"))
    return [*(warnings or [NOTHING_FOUND] * examined), *[UNKNOWN] * (not examined)]


def _texts(value: object) -> list[str]:
    """Lines of text; none where a file holds anything else."""
    return [str(line) for line in value] if isinstance(value, (list, tuple)) else []
