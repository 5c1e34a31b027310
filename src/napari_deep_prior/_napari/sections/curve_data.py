"""What a learning curve is made of: points as they come, and the rows that are drawn of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from napari_deep_prior.core.results import CurvePoint, Snapshot


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
        """One more; a new plane begins anew, and a fit that went back forgets what came after."""
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

    def replace(self, points: Sequence[CurvePoint]) -> None:
        """The whole curve at once."""
        self.steps, self.fitted, self.held_out = [], [], []
        for point in points:
            self._append(point.iteration, point.loss, point.held_out)

    def _append(self, step: int, loss: float, held_out: float | None) -> None:
        self.steps.append(step)
        self.fitted.append(loss)
        self.held_out.append(held_out)

    def rows(self) -> dict[str, tuple[list[float], list[float]]]:
        """Name -> x and y of what there is to draw."""
        held = [(float(x), y) for x, y in zip(self.steps, self.held_out, strict=True) if y is not None]
        # Where hidden pixels are the measure of all, the two are one.
        one = all(y == f for y, f in zip(self.held_out, self.fitted, strict=True))
        drawn = {"fitted": ([], []) if one else ([float(x) for x in self.steps], list(self.fitted))}
        drawn["held out"] = ([x for x, _ in held], [y for _, y in held])
        ends = [float(self.steps[0]), float(self.steps[-1])] if self.steps and self.noise else []
        drawn["noise alone"] = (ends, [self.noise or 0.0] * len(ends))
        watched = held or list(zip(drawn["fitted"][0], drawn["fitted"][1], strict=True))
        drawn["kept"] = ([], [])
        if self.kept is not None and watched:
            nearest = min(range(len(watched)), key=lambda i: abs(watched[i][0] - (self.kept or 0)))
            drawn["kept"] = ([float(self.kept)], [watched[nearest][1]])
        return drawn


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
