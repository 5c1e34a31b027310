"""The learning curve while it grows: misfit on fitted and held-out pixels, the noise level, and the step that is kept."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QCheckBox, QLabel

from napari_deep_prior._napari.layers.saved_record import record_of
from napari_deep_prior._napari.sections._base import Section
from napari_deep_prior._napari.sections.curve_data import CurveData, ticks
from napari_deep_prior._napari.widgets.layout import column
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior.core.results import Record

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Surroundings
    from napari_deep_prior.core.results import Result, Snapshot

PROMISE = "Once a run goes on, its curve is here: it falls, and where pixels kept out of the fit stop getting better, it ends."

SOON = "The first points of the curve come after some steps."

UNFITTED = "Nothing was fitted, so there is no curve."

_HUES = {"fitted": 0.58, "held out": 0.08, "noise alone": 0.35, "kept": 0.92}
_STYLES = {"noise alone": Qt.PenStyle.DashLine}
_SIGNS = {"fitted": "━", "held out": "━", "noise alone": "╌", "kept": "◆"}
_LEGEND = (
    "fitted: pixels the network learns from. held out: pixels it never learns from; where these stop getting better, more steps would draw "
    "noise. noise alone: where the picture would differ from the image by its noise and by nothing else; held-out pixels come "
    "close to it, fitted ones that fall far below it have drawn noise. kept: the step that is the result."
)
_PLOT = (
    "How far the picture is from the image at each step; lower fits better. In units of what noise alone makes or, where that "
    "is not known, of an image from 0 to 1."
)
_SIDES = ("bottom", "left")
"""The axes that have words."""

_HEIGHT, _LINES = 150, 9
"""The plot, in pixels, and in lines of text where these are large."""

_BELOW = 6
"""Pixels below the plot: the label of its axis reaches out of it."""


class CurveSection(Section):
    """The plot, a legend, and a box for logarithmic axes."""

    title = "Curve"
    tooltip = "How the fit goes on, step by step."
    promise = PROMISE

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around)
        self.data, self._of_other = CurveData(), CurveData()
        self._unit, self._ink = "", ""
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.getPlotItem().layout.setContentsMargins(0, 0, 0, _BELOW)
        self.plot.setAccessibleName("Learning curve")
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setToolTip(wrapped(_PLOT))
        self.lines: dict[str, Any] = {name: self.plot.plot() for name in _HUES}
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setToolTip(wrapped(_LEGEND))
        self.legend.installEventFilter(self)
        self.log = QCheckBox("Logarithmic axes")
        self.log.setToolTip(wrapped("Turn off to judge the end of a run: a logarithmic axis hides small changes."))
        self.log.setChecked(True)
        self.log.toggled.connect(self._set_axes)
        self.contain(column(self.plot, self.legend, self.log))
        self._set_colours()
        self._set_axes()

    def follow(self, run: Run, image: Image) -> None:
        """An empty plot."""
        super().follow(run, image)
        self.empty.setText(SOON)
        self.data = CurveData()
        self._draw()

    def progress(self, snapshot: Snapshot) -> None:
        """One point more."""
        self.data.add(snapshot)
        self._draw()

    def end(self, result: Result | None) -> None:
        """All points of the last plane that was fitted, and which one was kept at last."""
        if result is None:
            return
        self.data.take(result.record.planes)
        self.empty.setText(UNFITTED)
        self._draw()

    def forget(self) -> None:
        """No curve any more."""
        super().forget()
        self.data = CurveData()
        self._draw()

    def look_at(self, other: Layer | None) -> None:
        """The curve that a result's record has."""
        super().look_at(other)
        self._of_other = CurveData()
        if other is not None:
            self.empty.setText(f"The record of '{other.name}' has no curve.")
            with contextlib.suppress(ValueError):  # a damaged record
                record = Record.from_dict(record_of(self.around.viewer, other) or {})
                self._of_other.take(record.planes)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Napari changes its theme by the style sheet of the window."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._set_colours()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The legend has the letters that napari wants; the plot is to have them too."""
        if event.type() == QEvent.Type.FontChange:
            self._set_letters()
        return bool(super().eventFilter(watched, event))

    def showEvent(self, event: QEvent) -> None:
        """Draw what came while nobody looked."""
        super().showEvent(event)
        self._set_letters()
        self._draw()

    @property
    def shown(self) -> CurveData:
        """What is drawn: of the run, or of another result that is selected."""
        return self.data if self.other is None else self._of_other

    def _draw(self) -> None:
        self.show_content(bool(self.shown.steps))
        if not self.isVisible():
            return
        if self._unit != self.shown.unit:
            self._set_letters()
        rows = self.shown.rows()
        for name, (x, y) in rows.items():
            self.lines[name].setData(x, y)
        self._set_ticks(rows)
        self._show_legend([name for name, (x, _) in rows.items() if x])

    def _set_ticks(self, rows: dict[str, tuple[list[float], list[float]]]) -> None:
        """Our own: on a logarithmic axis of less than a decade the library writes none."""
        log = self.log.isChecked()
        for side, which in (("bottom", 0), ("left", 1)):
            values = [value for row in rows.values() for value in row[which]]
            if values:
                at = ticks(min(values), max(values), log=log)
                marks = [(math.log10(value) if log else value, f"{value:.4g}") for value in at if value > 0 or not log]
                self.plot.getAxis(side).setTicks([marks])

    def _show_legend(self, names: list[str]) -> None:
        step = f" (step {self.shown.kept})"
        entries = [
            f'<span style="color:{_colour(name, self._dark).name()}">{_SIGNS[name]}</span>&nbsp;{name.replace(" ", "&nbsp;")}'
            + (step.replace(" ", "&nbsp;") if name == "kept" else "")
            for name in names
        ]
        self.legend.setText(" &nbsp; ".join(entries))

    def _set_axes(self) -> None:
        self.plot.setLogMode(x=self.log.isChecked(), y=self.log.isChecked())
        for side in _SIDES:
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self._set_letters()
        self._draw()

    def _set_letters(self) -> None:
        """As large as those of the panel, which the plot hears nothing of, and the room that they need."""
        self.legend.ensurePolished()
        letters = self.legend.fontMetrics()
        self.plot.setFixedHeight(max(_HEIGHT, _LINES * letters.height()))
        style = {"font-size": f"{self.legend.fontInfo().pointSizeF():g}pt", "color": self._ink}
        self._unit = self.shown.unit
        for side, words in zip(_SIDES, ("step", self._unit), strict=True):
            self.plot.setLabel(side, words, **style)  # forgets the colour it had
            self.plot.getAxis(side).setTickFont(self.legend.font())
        left = self.plot.getAxis("left")  # room for all its numbers from the first one on: it grows a picture too late
        left.setWidth(letters.horizontalAdvance("0.00000") + 2 * letters.height())

    def _set_colours(self) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self.around.viewer.theme)
        ink = theme.text.as_rgb_tuple()
        self.plot.setBackground(
            theme.canvas.as_rgb_tuple()
        )  # said each time: a view keeps the ground it was first drawn on
        self._dark = sum(ink[:3]) > 3 * 127  # bright letters on a dark ground
        self._ink = theme.text.as_hex()
        for side in ("bottom", "left"):
            self.plot.getAxis(side).setPen(ink)
            self.plot.getAxis(side).setTextPen(ink)
        for name, line in self.lines.items():
            colour = _colour(name, self._dark)
            if name == "kept":
                line.setSymbol("d")
                line.setSymbolSize(10)
                line.setSymbolBrush(colour)
                line.setSymbolPen(colour)
                line.setPen(None)
            else:
                line.setPen(pg.mkPen(colour, width=2, style=_STYLES.get(name, Qt.PenStyle.SolidLine)))
        self._set_letters()
        self._draw()


def _colour(name: str, dark: bool) -> Any:
    """Clear of the ground in both themes."""
    return pg.hsvColor(_HUES[name], 0.55 if dark else 0.9, 0.95 if dark else 0.6)
