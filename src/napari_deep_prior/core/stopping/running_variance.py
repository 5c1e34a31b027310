"""RunningVariance: the variance of the output over the last steps ends a fit; nothing is kept out for it."""

from __future__ import annotations

import dataclasses

from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.stopping._base import Choice
from napari_deep_prior.core.stopping.rules import KEEP, EarlyStopping, Numbers, Verdict, Watch


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunningVariance:
    """Keep the result where the output varies least from step to step; stop when it has varied more for a while.

    While the network draws the image its output settles, and when it begins to draw the noise it wanders again (Wang et
    al., Early stopping for deep image prior, TMLR 2023). The variance is the running one of the result (their ES-EMV), not of
    a window of stored outputs. `warm_up` is the number of first steps that are not looked at: the output is grey there and
    hardly changes. The other numbers are those of `EarlyStopping`; the paper waits 1000 steps of some 5000.
    """

    warm_up: int = 100
    patience: float = 0.5
    min_wait: int = 150

    @property
    def allows_annealing(self) -> bool:
        """Not: the variance falls with the learning rate, whatever the network draws."""
        return False

    def watched(self, fit: Numbers, error: float | None) -> float:
        """The variance of the output, whatever the error."""
        return fit.output_variance()

    def start(self) -> Watch:
        """A fresh watch."""
        return _VarianceWatch(self)


class _VarianceWatch:
    def __init__(self, rule: RunningVariance) -> None:
        self._warm_up = rule.warm_up
        self._watch = EarlyStopping(patience=rule.patience, min_wait=rule.min_wait, stops_on_plateau=False).start()

    def __call__(self, iteration: int, watched: float) -> Verdict:
        if iteration < self._warm_up:
            return KEEP
        verdict = self._watch(iteration, watched)
        return verdict if verdict.stop is None else Verdict(verdict.keep, StopReason.VARIANCE)

    def state_dict(self) -> dict[str, float]:
        return self._watch.state_dict()

    def load_state_dict(self, state: dict[str, float]) -> None:
        self._watch.load_state_dict(state)


CHOICE = Choice(
    name="running-variance",
    order=2,
    help=(
        "when the picture begins to change more from step to step; no pixel is kept out of the fit for it, but on our images "
        "it stopped far too late."
    ),
    chosen=lambda own, all_known, autocorrelation: own.judging_nothing(RunningVariance()),
)
