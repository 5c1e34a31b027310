"""Learning-rate schedule: a short linear rise, then half a cosine down over the scheduled steps."""

from __future__ import annotations

import math
from typing import TypedDict

_RISE = 20
"""Steps of the linear rise."""

_FINAL = 0.02
"""Learning-rate factor at the end of the schedule."""

_RESUMED = 0.1
"""Learning-rate factor of a fit that is resumed."""

_RESUMED_FROM = 1.15
"""`_RESUMED` applies beyond this multiple of the schedule. Up to there a fit that is ahead of its clock keeps the final rate."""

_TIMED_FROM, _TIMED_TO = 10, 30
"""The steps between these two are timed, to tell how many fit into the time. The first steps load code and are left out."""

_TIME_MARGIN = 0.9
"""Fraction of the time that is scheduled: the machine may become slower, and a rate that has not fallen yet leaves noise."""


def learning_rate_factor(iteration: int, scheduled_steps: int | None) -> float:
    """Learning rate of the step after `iteration` steps, as a fraction of the full rate.

    Parameters
    ----------
    iteration
        Number of steps done.
    scheduled_steps
        Number of steps over which the rate falls; None: it stays at the full rate.

    Notes
    -----
    Half a cosine [1]_, without restarts: large steps find the image, small ones average the noise of the samples away. It
    begins only once the steps have been timed, so that a run whose schedule came from the clock can be reproduced.

    References
    ----------
    .. [1] Loshchilov, Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017.
    """
    if iteration < _TIMED_TO or scheduled_steps is None:
        return min(1.0, (iteration + 1) / _RISE)
    if iteration >= scheduled_steps:
        return _RESUMED if iteration >= _RESUMED_FROM * scheduled_steps else _FINAL
    progress = math.pi * (iteration - _TIMED_TO) / (scheduled_steps - _TIMED_TO)
    return max(_FINAL, 0.5 + 0.5 * math.cos(progress))


class ScheduleState(TypedDict):
    """What a schedule has learnt from the clock."""

    scheduled_steps: int | None
    seconds: float
    started: float


class CosineSchedule:
    """Number of steps over which the learning rate falls: those asked for, or as many as fit into the time.

    Parameters
    ----------
    steps
        Number asked for; None: the rate does not fall, unless the time gives a number.
    seconds
        Time limit in seconds; infinite: none.

    Attributes
    ----------
    scheduled_steps
        The number, once it is known.
    """

    def __init__(self, steps: int | None, seconds: float) -> None:
        self.scheduled_steps = steps
        self._seconds = seconds
        self._started = math.nan

    def calibrate(self, iteration: int, seconds: float) -> None:
        """Take note of the time after each step; once some have been timed, shorten the schedule to what fits.

        Parameters
        ----------
        iteration
            Number of steps done.
        seconds
            Time since the start.
        """
        if iteration == _TIMED_FROM and math.isnan(self._started):
            self._started = seconds
        elif iteration == _TIMED_TO and self._seconds < math.inf:
            seconds_per_step = (seconds - self._started) / (_TIMED_TO - _TIMED_FROM)
            remaining = _TIME_MARGIN * (self._seconds - seconds)
            fitting = iteration + max(1, int(remaining / max(seconds_per_step, 1e-9)))
            self.scheduled_steps = fitting if self.scheduled_steps is None else min(fitting, self.scheduled_steps)
            self._seconds = math.inf  # only once, also when the fit goes back to an earlier step

    def state_dict(self) -> ScheduleState:
        """The number of steps, and what has been timed."""
        return ScheduleState(scheduled_steps=self.scheduled_steps, seconds=self._seconds, started=self._started)

    def load_state_dict(self, state: ScheduleState) -> None:
        """Restore them."""
        self.scheduled_steps = state["scheduled_steps"]
        self._seconds, self._started = state["seconds"], state["started"]
