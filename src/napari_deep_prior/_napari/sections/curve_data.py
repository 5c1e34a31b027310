"""What a learning curve is made of: points as they come, and the rows that are drawn of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from napari_deep_prior.core.results import CurvePoint, PlaneReport, Snapshot

_Points = list[tuple[float, float]]
"""(step, misfit) of one row, in the order of the steps."""

OVER_NOISE, SCALED = "misfit / noise", "misfit (scaled)"
"""What the numbers of a curve are in: what noise alone makes or, where that is not known, an image from 0 to 1."""


@dataclasses.dataclass(slots=True)
class CurveData:
    """What is drawn: one row per look at the numbers, of one plane."""

    plane: int = -1
    steps: list[int] = dataclasses.field(default_factory=list)
    fitted: list[float] = dataclasses.field(default_factory=list)
    held_out: list[float | None] = dataclasses.field(default_factory=list)
    kept: int | None = None
    noise: float | None = None

    def add(self, snapshot: Snapshot) -> None:
        """One more; a new plane begins anew, and a fit that went back forgets what came after. Drawings have no curve."""
        if snapshot.stage in ("distilling", "drawing"):
            return
        self.kept = snapshot.kept
        self.noise = snapshot.noise
        if snapshot.plane != self.plane:
            self.plane = snapshot.plane
            self.replace(())
        while self.steps and self.steps[-1] >= snapshot.iteration:
            for row in (self.steps, self.fitted, self.held_out):
                row.pop()
        if math.isfinite(snapshot.loss):
            self._append(snapshot.iteration, snapshot.loss, snapshot.held_out)

    def take(self, planes: Sequence[PlaneReport]) -> None:
        """The curve of the last plane that was fitted, as a record has it; empty where none was."""
        fitted = [plane for plane in planes if plane.curve]
        self.replace(fitted[-1].curve if fitted else ())
        self.kept = fitted[-1].chosen if fitted else None

    def replace(self, points: Sequence[CurvePoint]) -> None:
        """The whole curve at once."""
        self.steps, self.fitted, self.held_out = [], [], []
        for point in points:
            self._append(point.iteration, point.loss, point.held_out)

    def _append(self, step: int, loss: float, held_out: float | None) -> None:
        self.steps.append(step)
        self.fitted.append(loss)
        self.held_out.append(held_out)

    @property
    def unit(self) -> str:
        """What its numbers are in."""
        return OVER_NOISE if self.noise else SCALED

    def rows(self) -> dict[str, tuple[list[float], list[float]]]:
        """Name -> x and y of what there is to draw, in `unit`."""
        one = self.noise or 1.0
        fitted, held_out = self._fitted_points(), self._held_out_points()
        points = {
            "fitted": fitted,
            "held out": held_out,
            "noise alone": self._noise_points(),
            "kept": self._kept_points(held_out or fitted),
        }
        return {name: ([x for x, _ in row], [y / one for _, y in row]) for name, row in points.items()}

    def _fitted_points(self) -> _Points:
        """None where hidden pixels are what is fitted: the two curves would be one."""
        points = [(float(step), loss) for step, loss in zip(self.steps, self.fitted, strict=True)]
        return [] if self.fitted == self.held_out else points

    def _held_out_points(self) -> _Points:
        return [
            (float(step), error) for step, error in zip(self.steps, self.held_out, strict=True) if error is not None
        ]

    def _noise_points(self) -> _Points:
        """A level line from the first step to the last."""
        if not self.steps or not self.noise:
            return []
        return [(float(step), self.noise) for step in (self.steps[0], self.steps[-1])]

    def _kept_points(self, judged: _Points) -> _Points:
        """The step that is kept, on the curve it is judged by."""
        kept = self.kept
        if kept is None or not judged:
            return []
        _, height = min(judged, key=lambda point: abs(point[0] - kept))
        return [(float(kept), height)]


def ticks(low: float, high: float, *, log: bool) -> list[float]:
    """Three to six round numbers from `low` to `high`, both above 0 where `log`."""
    if not low < high:
        return [low]
    if log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for digits in ((1,), (1, 3), (1, 2, 5)):
            round_ones = [digit * 10.0**decade for decade in decades for digit in digits]
            inside = [value for value in round_ones if low <= value <= high]
            if len(inside) >= 3:
                return inside[:: 1 + (len(inside) - 1) // 6]
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= next((factor for factor in (5, 2) if (high - low) / (factor * step) >= 2), 1)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]
