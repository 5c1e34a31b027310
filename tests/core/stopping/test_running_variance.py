"""The variance of the output on made-up traces, no network."""

from __future__ import annotations

from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.stopping import STOPPING
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels
from napari_deep_prior.core.stopping.pixels import PixelBlocks
from napari_deep_prior.core.stopping.rules import EarlyStopping
from napari_deep_prior.core.stopping.running_variance import RunningVariance


def test_the_variance_is_not_looked_at_while_the_picture_is_grey(run) -> None:
    grey = [1e-6] * 5
    trace = grey + [abs(i - 40) / 40 + 1 for i in range(200)]
    assert run(RunningVariance(warm_up=60), trace) == (460, 700, StopReason.VARIANCE)
    assert run(RunningVariance(warm_up=0), trace)[0] == 50


def test_a_variance_that_stays_does_not_stop(run) -> None:
    assert run(RunningVariance(), [max(1.0, 2 - i / 20) for i in range(400)]) == (4000, 4000, None)


def test_nothing_is_kept_out_for_it_and_the_learning_rate_stays() -> None:
    blocks = PixelBlocks(rule=EarlyStopping(), fraction=0.05, block_size=2)
    for own in (blocks, HiddenPixels(rule=EarlyStopping())):
        criterion = STOPPING["running-variance"].chosen(own, True, ((1.0,),))
        assert isinstance(criterion.rule, RunningVariance)
        assert not criterion.allows_annealing
        assert not isinstance(criterion, PixelBlocks)


def test_a_watch_goes_on_from_its_state() -> None:
    rule = RunningVariance(warm_up=0)
    first, resumed = rule.start(), rule.start()
    for step in range(1, 20):
        first(10 * step, 1 + 1 / step)
    resumed.load_state_dict(first.state_dict())
    later = [1.5 + step / 10 for step in range(40)]  # all above the least that was seen before
    verdicts = [first(200 + 10 * i, value) for i, value in enumerate(later)]
    assert [resumed(200 + 10 * i, value) for i, value in enumerate(later)] == verdicts
    assert not any(verdict.keep for verdict in verdicts)
