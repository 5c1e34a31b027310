"""When to stop: frozen policies; each watches numbers and answers with a verdict. None knows the loop or the images."""

from __future__ import annotations

import dataclasses
import math
from typing import Protocol

from napari_deep_prior.core.report import StopReason


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to keep the present result as the best so far, and why to stop (None = go on)."""

    keep: bool
    stop: StopReason | None = None


GO, KEEP = Verdict(False), Verdict(True)


class Watch(Protocol):
    """A policy at work on one fit."""

    def __call__(self, iteration: int, held_out: float) -> Verdict:
        """Verdict on the present result, given its mean squared error on the held-out pixels."""
        ...


class Rule(Protocol):
    """A stopping policy: plain numbers, no state."""

    def start(self) -> Watch:
        """A fresh watch."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Keep the result with the smallest error on pixels the fit never saw; stop when it has not come back for a while.

    `patience` is a share of the steps taken when the best was seen, `least` the fewest steps to wait, `margin` the
    relative gain below which an improvement does not renew the patience. A result is kept when it is the best so far or
    at most `tolerance` worse: where the watched error itself is noisy, the later of two equals is the better average.
    Without `plateau` only a rising error stops the fit, one that stays does not: a falling learning rate still gains.
    """

    patience: float = 0.5
    least: int = 150
    margin: float = 0.0005
    tolerance: float = 0.0
    plateau: bool = True

    def start(self) -> Watch:
        return _HeldOutWatch(self)


@dataclasses.dataclass(frozen=True, slots=True)
class Latest:
    """Never stop; the newest result is the one to keep."""

    def start(self) -> Watch:
        return lambda iteration, held_out: KEEP


class _HeldOutWatch:
    def __init__(self, rule: HeldOut) -> None:
        self._rule = rule
        self._best = math.inf
        self._mark = math.inf  # the value whose improvement renews the patience
        self._mark_at = 0

    def __call__(self, iteration: int, held_out: float) -> Verdict:
        if held_out < self._mark * (1 - self._rule.margin):
            self._mark, self._mark_at = held_out, iteration
        if held_out <= self._best * (1 + self._rule.tolerance):
            self._best = min(self._best, held_out)
            verdict = KEEP
        else:
            verdict = GO
        if iteration - self._mark_at > max(self._rule.least, self._rule.patience * self._mark_at):
            rising = held_out > self._best * (1 + self._rule.margin + 2 * self._rule.tolerance)
            if rising or self._rule.plateau:
                return Verdict(verdict.keep, StopReason.HELD_OUT if rising else StopReason.PLATEAU)
        return verdict
