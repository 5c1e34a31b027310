"""Stopping rules: frozen policies; each watches a number and answers with a verdict. None knows the loop or the images."""

from __future__ import annotations

import dataclasses
import math
from typing import Protocol

from napari_deep_prior.core.results import StopReason


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to keep the present result as the best so far, and why to stop (None = go on)."""

    keep: bool
    stop: StopReason | None = None


BY_RULE = frozenset({StopReason.HELD_OUT, StopReason.PLATEAU, StopReason.VARIANCE})
"""The reasons that a rule may give."""

GO, KEEP = Verdict(False), Verdict(True)


class Numbers(Protocol):
    """The numbers of a fit that a rule may watch."""

    def loss(self) -> float:
        """Running mean of the misfit on the fitted pixels."""
        ...

    def output_variance(self) -> float:
        """Running variance of the output, averaged over its pixels."""
        ...


class Watch(Protocol):
    """A rule at work on one fit."""

    def __call__(self, iteration: int, watched: float) -> Verdict:
        """Verdict on the present result, given the number that its rule watches."""
        ...

    def state_dict(self) -> dict[str, float]:
        """The numbers that change during a fit."""
        ...

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Come back to these numbers."""
        ...


class StoppingRule(Protocol):
    """A stopping policy: plain numbers, no state."""

    @property
    def allows_annealing(self) -> bool:
        """Whether the learning rate may fall while the rule watches."""
        ...

    def watched(self, fit: Numbers, error: float | None) -> float:
        """The number to watch, given the error on what is kept out of the fit, or None where nothing is."""
        ...

    def start(self) -> Watch:
        """A fresh watch."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopping:
    """Keep the result with the smallest error on data the fit never saw; stop when it has not come back for a while.

    Attributes
    ----------
    patience
        Steps to wait for an improvement, as a fraction of the steps taken when the best was seen.
    min_wait
        The fewest steps to wait.
    min_relative_gain
        An improvement smaller than this fraction does not renew the patience.
    keep_tolerance
        A result is kept when it is the best so far or at most this fraction worse. With a noisy error prefer the later of two
        equal results: it has more averaging.
    keep_gain
        A result is kept only if it is better than the kept one by this fraction. Where the error hardly tells the last detail
        from the first noise prefer the earlier of two equal results: it has less noise.
    stops_on_plateau
        Whether an error that stays ends the fit; otherwise only one that rises does. With an annealed learning rate a fit still
        gains on a plateau.
    """

    patience: float = 0.5
    min_wait: int = 150
    min_relative_gain: float = 0.0005
    keep_tolerance: float = 0.0
    keep_gain: float = 0.0
    stops_on_plateau: bool = True

    @property
    def allows_annealing(self) -> bool:
        return True

    def watched(self, fit: Numbers, error: float | None) -> float:
        return fit.loss() if error is None else error

    def start(self) -> Watch:
        return _ErrorWatch(self)


@dataclasses.dataclass(frozen=True, slots=True)
class NeverStop:
    """Never stop; the newest result is the one to keep."""

    @property
    def allows_annealing(self) -> bool:
        return True

    def watched(self, fit: Numbers, error: float | None) -> float:
        return fit.loss() if error is None else error

    def start(self) -> Watch:
        return _NoWatch()


class _NoWatch:
    def __call__(self, iteration: int, watched: float) -> Verdict:
        return KEEP

    def state_dict(self) -> dict[str, float]:
        return {}

    def load_state_dict(self, state: dict[str, float]) -> None:
        pass


class _ErrorWatch:
    def __init__(self, rule: EarlyStopping) -> None:
        self._rule = rule
        self._best = self._kept = math.inf
        self._mark = math.inf  # the value whose improvement renews the patience
        self._mark_at = 0

    def __call__(self, iteration: int, watched: float) -> Verdict:
        rule = self._rule
        if watched < self._mark * (1 - rule.min_relative_gain):
            self._mark, self._mark_at = watched, iteration
        near = watched <= self._best * (1 + rule.keep_tolerance)
        self._best = min(self._best, watched)
        keep = near and (rule.keep_gain == 0 or watched <= self._kept * (1 - rule.keep_gain))
        if keep:
            self._kept = watched
        return Verdict(keep, self._reason_to_stop(iteration, watched))

    def _reason_to_stop(self, iteration: int, watched: float) -> StopReason | None:
        rule = self._rule
        if iteration - self._mark_at <= max(rule.min_wait, rule.patience * self._mark_at):
            return None
        if watched > self._best * (1 + rule.min_relative_gain + 2 * rule.keep_tolerance):
            return StopReason.HELD_OUT
        return StopReason.PLATEAU if rule.stops_on_plateau else None

    def state_dict(self) -> dict[str, float]:
        return {"best": self._best, "kept": self._kept, "mark": self._mark, "mark_at": self._mark_at}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self._best, self._kept, self._mark = state["best"], state["kept"], state["mark"]
        self._mark_at = int(state["mark_at"])
