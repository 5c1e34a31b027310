"""Budget: steps and seconds of a fit, whichever is used up first."""

from __future__ import annotations

import dataclasses
import math

from napari_deep_prior.core.methods._base import UNLIMITED, Config
from napari_deep_prior.core.optimisation.schedule import CosineSchedule
from napari_deep_prior.core.results import PlannedSteps, StopReason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Steps and seconds, both counted from the start of the fit; `done` says why it ends after so many steps."""

    iterations: int
    seconds: float
    done: StopReason = StopReason.ITERATIONS

    @classmethod
    def of(cls, config: Config, replay: PlannedSteps | None) -> Budget:
        """That of the configuration; a recorded run repeats its steps, however long they take."""
        if replay is not None:
            return cls(iterations=replay.iterations, seconds=math.inf, done=config.done)
        return cls(iterations=config.iterations, seconds=config.seconds, done=config.done)

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


def check_further(iterations: int | None, seconds: float | None) -> None:
    """Refuse a further budget that is not positive.

    Raises
    ------
    ValueError
        In words.
    """
    if (iterations is not None and iterations < 1) or (seconds is not None and seconds <= 0):
        raise ValueError(f"iterations = {iterations}, seconds = {seconds}: a further budget must be more than 0.")


def schedule_of(config: Config, replay: PlannedSteps | None) -> CosineSchedule:
    """The steps over which the learning rate falls: as recorded, as asked for, or as many as fit into the time."""
    if not config.anneal:
        return CosineSchedule(None, math.inf)
    if replay is not None:
        return CosineSchedule(replay.scheduled_steps, math.inf)
    return CosineSchedule(config.iterations if config.iterations < UNLIMITED else None, config.seconds)
