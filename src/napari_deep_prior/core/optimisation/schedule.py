"""The learning rate along a fit: a short rise, then half a cosine down over the planned steps."""

from __future__ import annotations

import math

_RISE = 20
"""Steps of the rise."""

_LEAST = 0.02
"""Share of the full rate at the end of the plan."""

_AFTER, _LULL = 0.1, 1.15
"""Share of the full rate in steps beyond the plan, when a fit is resumed; and from how many times the plan on. Until there a fit that is
ahead of its clock goes on as it ended."""

_PACED_FROM, _PACED = 10, 30
"""The steps between these two tell how many fit into the time; the first few load code."""

_SURE = 0.9
"""Share of the time that is planned with: a machine may have more to do later, and a rate that has not fallen leaves noise."""


def learning_rate_factor(iteration: int, scheduled_steps: int | None) -> float:
    """Share of the full learning rate for the step after `iteration` steps; None: no plan, full rate from then on.

    Half a cosine (Loshchilov and Hutter, SGDR, ICLR 2017, without restarts): large steps find the picture, small ones
    average the noise of the draws away. It begins once the pace is known, so that a run whose plan came from the clock
    can be repeated.
    """
    if iteration < _PACED or scheduled_steps is None:
        return min(1.0, (iteration + 1) / _RISE)
    if iteration >= scheduled_steps:
        return _AFTER if iteration >= _LULL * scheduled_steps else _LEAST
    return max(_LEAST, 0.5 + 0.5 * math.cos(math.pi * (iteration - _PACED) / (scheduled_steps - _PACED)))


class CosineSchedule:
    """Steps over which the learning rate falls: as many as were asked for, or as fit into the time.

    Parameters
    ----------
    steps
        As asked for; None: the learning rate stays, unless the time gives a number.
    seconds
        The time; infinite: none is kept.
    """

    def __init__(self, steps: int | None, seconds: float) -> None:
        self.scheduled_steps = steps
        self._seconds = seconds
        self._from = math.nan

    def calibrate(self, iteration: int, seconds: float) -> None:
        """Told of every step: once some have been timed, the plan is cut to what fits. Only the first time."""
        if iteration == _PACED_FROM and math.isnan(self._from):
            self._from = seconds
        elif iteration == _PACED and self._seconds < math.inf:
            each = (seconds - self._from) / (_PACED - _PACED_FROM)
            fitting = iteration + max(1, int(_SURE * (self._seconds - seconds) / max(each, 1e-9)))
            self.scheduled_steps = fitting if self.scheduled_steps is None else min(fitting, self.scheduled_steps)
            self._seconds = math.inf  # not again after going back
