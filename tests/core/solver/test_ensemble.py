"""Several seeds: the mean of their fits, which repeats, stops and goes on like one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior.core.results import Record, Result
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.settings import Settings

TWO = Settings(
    preset="fast", method="blind-spot", iterations=20, seconds="never", seed=5, ensemble_size=2, device="cpu"
)
ONE = dataclasses.replace(TWO, ensemble_size=1)


def picture() -> np.ndarray:
    return np.linspace(100, 900, 31) + np.random.default_rng(0).normal(0, 60, (24, 31))


def member_alone(number: int) -> Result:
    """A fit of one, with the random streams of this member."""
    of = Chance.of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chance, "of", lambda *args, **streams: of(*args, **{**streams, "member": number}))
        return restore(picture(), settings=dataclasses.replace(ONE, stopping="never"))


def test_the_result_is_the_mean_of_the_single_fits_and_the_spread_counts_theirs() -> None:
    both = restore(picture(), settings=dataclasses.replace(TWO, stopping="never"))  # each would keep another step
    single = [member_alone(number) for number in (0, 1)]
    mean = (single[0].image + single[1].image) / 2
    np.testing.assert_allclose(both.image, mean, rtol=1e-5)
    apart = (single[0].image - single[1].image) / 2
    within = (single[0].uncertainty ** 2 + single[1].uncertainty ** 2) / 2
    np.testing.assert_allclose(both.uncertainty, np.sqrt(within + apart**2), rtol=1e-2, atol=1e-2)
    assert apart.std() > 0


@pytest.mark.parametrize("method", ["deep-image-prior", "recorrupted"])
def test_it_repeats_bit_for_bit_from_its_record(method: str) -> None:
    result = restore(picture(), settings=dataclasses.replace(TWO, method=method))
    again = replay(picture(), Record.from_json(result.record.to_json()))
    np.testing.assert_array_equal(again.image, result.image)
    np.testing.assert_array_equal(again.uncertainty, result.uncertainty)


def test_it_goes_on_from_an_earlier_step_with_the_same_steps() -> None:
    fit = Fit(picture(), settings=dataclasses.replace(TWO, stopping="never"))
    for _ in fit:
        pass
    once = fit.result.image
    fit.resume(iterations=20, back_to=0)
    for _ in fit:
        pass
    np.testing.assert_array_equal(fit.result.image, once)


def test_a_stack_starts_each_seed_from_its_own_neighbour() -> None:
    stack = np.stack([picture(), picture()[::-1]])
    result = restore(stack, axes="TYX", settings=TWO)
    again = replay(stack, result.record)
    np.testing.assert_array_equal(again.image, result.image)


def test_more_seeds_is_a_whole_number_from_one_up() -> None:
    with pytest.raises(ValueError, match="ensemble_size = 0"):
        Settings(ensemble_size=0)
