"""Budget: steps and seconds of a fit, whichever is used up first."""

from __future__ import annotations

import dataclasses
import math

from napari_deep_prior.core.methods._base import UNLIMITED
from napari_deep_prior.core.results import StopReason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Steps and seconds, both counted from the start of the fit; `done` says why it ends after so many steps."""

    iterations: int
    seconds: float
    done: StopReason = StopReason.ITERATIONS

    def exhausted_by(self, iteration: int, seconds: float) -> StopReason | None:
        """Which of the two is used up, if any."""
        if iteration >= self.iterations:
            return self.done
        return StopReason.SECONDS if seconds >= self.seconds else None

    def remaining(self, iteration: int, seconds: float) -> int | None:
        """Steps still to go at the speed so far; None where that cannot be said."""
        if iteration == 0 or (self.iterations >= UNLIMITED and self.seconds == math.inf):
            return None
        by_time = (self.seconds - seconds) * iteration / max(seconds, 1e-9)
        return max(0, math.ceil(min(self.iterations - iteration, by_time)))

    def renewed(self, iterations: int | None, seconds: float | None) -> Budget:
        """A further budget as given; the same again where neither is."""
        if iterations is None and seconds is None:
            return self
        return dataclasses.replace(
            self,
            iterations=UNLIMITED if iterations is None else iterations,
            seconds=math.inf if seconds is None else seconds,
        )

    def shifted(self, iteration: int, seconds: float) -> Budget:
        """The same, counted from a later step of the fit."""
        return dataclasses.replace(self, iterations=self.iterations + iteration, seconds=self.seconds + seconds)
