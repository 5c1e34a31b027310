"""When to stop: frozen policies; each watches numbers and answers with a verdict. None knows the loop or the images."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, Literal, Protocol

from napari_deep_prior.core.results import StopReason

Watched = Literal["held-out", "frequencies", "variance", "nothing"]
"""What a rule looks at: the error on pixels, or on Fourier coefficients, that are not fitted; the variance of the output
over the last steps; nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to keep the present result as the best so far, and why to stop (None = go on)."""

    keep: bool
    stop: StopReason | None = None


BY_RULE = frozenset({StopReason.HELD_OUT, StopReason.PLATEAU, StopReason.VARIANCE})
"""The reasons that a rule may give."""

GO, KEEP = Verdict(False), Verdict(True)


class Watch(Protocol):
    """A policy at work on one fit."""

    def __call__(self, iteration: int, watched: float) -> Verdict:
        """Verdict on the present result, given the number that its rule watches."""
        ...


class StoppingRule(Protocol):
    """A stopping policy: plain numbers, no state."""

    watches: ClassVar[Watched]

    def start(self) -> Watch:
        """A fresh watch."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopping:
    """Keep the result with the smallest error on pixels the fit never saw; stop when it has not come back for a while.

    `patience` is a share of the steps taken when the best was seen, `least` the fewest steps to wait, `margin` the
    relative gain below which an improvement does not renew the patience. A result is kept when it is the best so far or
    at most `tolerance` worse: where the watched error itself is noisy, the later of two equals is the better average.
    With `gain` it has to be better than the kept one by that share: where the error hardly tells the picture's last detail
    from the first noise, the earlier of two equals is the cleaner one. Without `plateau` only a rising error stops the fit,
    one that stays does not: a falling learning rate still gains.
    """

    watches: ClassVar[Watched] = "held-out"

    patience: float = 0.5
    least: int = 150
    margin: float = 0.0005
    tolerance: float = 0.0
    gain: float = 0.0
    plateau: bool = True

    def start(self) -> Watch:
        return _HeldOutWatch(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies(EarlyStopping):
    """The same with Fourier coefficients of the residual, for noise that neighbouring pixels share (see `core.frequencies`).

    Their error hardly rises where the last detail and the first noise are drawn together, hence the `gain`.
    """

    watches: ClassVar[Watched] = "frequencies"

    gain: float = 0.015


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunningVariance:
    """Keep the result where the output varies least from step to step; stop when it has varied more for a while.

    While the network draws the picture its output settles, and when it begins to draw the noise it wanders again (Wang et
    al., Early stopping for deep image prior, TMLR 2023). The variance is the running one of the result (their ES-EMV), not of
    a window of stored outputs. `begin` is the number of first steps that are not looked at: the picture is grey there and
    hardly changes. The other numbers are those of `EarlyStopping`; the paper waits 1000 steps of some 5000.
    """

    watches: ClassVar[Watched] = "variance"

    begin: int = 100
    patience: float = 0.5
    least: int = 150

    def start(self) -> Watch:
        return _VarianceWatch(self)


@dataclasses.dataclass(frozen=True, slots=True)
class NeverStop:
    """Never stop; the newest result is the one to keep."""

    watches: ClassVar[Watched] = "nothing"

    def start(self) -> Watch:
        return lambda iteration, watched: KEEP


class _HeldOutWatch:
    def __init__(self, rule: EarlyStopping) -> None:
        self._rule = rule
        self._best = self._kept = math.inf
        self._mark = math.inf  # the value whose improvement renews the patience
        self._mark_at = 0

    def __call__(self, iteration: int, watched: float) -> Verdict:
        if watched < self._mark * (1 - self._rule.margin):
            self._mark, self._mark_at = watched, iteration
        near = watched <= self._best * (1 + self._rule.tolerance)
        self._best = min(self._best, watched)
        if near and (self._rule.gain == 0 or watched <= self._kept * (1 - self._rule.gain)):
            self._kept = watched
            verdict = KEEP
        else:
            verdict = GO
        if iteration - self._mark_at > max(self._rule.least, self._rule.patience * self._mark_at):
            rising = watched > self._best * (1 + self._rule.margin + 2 * self._rule.tolerance)
            if rising or self._rule.plateau:
                return Verdict(verdict.keep, StopReason.HELD_OUT if rising else StopReason.PLATEAU)
        return verdict


class _VarianceWatch:
    def __init__(self, rule: RunningVariance) -> None:
        self._begin = rule.begin
        self._watch = EarlyStopping(patience=rule.patience, least=rule.least, plateau=False).start()

    def __call__(self, iteration: int, watched: float) -> Verdict:
        if iteration < self._begin:
            return KEEP
        verdict = self._watch(iteration, watched)
        return verdict if verdict.stop is None else Verdict(verdict.keep, StopReason.VARIANCE)
