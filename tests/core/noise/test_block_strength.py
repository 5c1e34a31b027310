"""Strength of the noise block by block: as drawn, and compared at the same brightness."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.noise.block_strength import blocks_of, tiled

DRAW = np.random.default_rng(0)
NOISE = DRAW.normal(0, 1, (1, 256, 256))
KNOWN = np.ones((256, 256), bool)
LEFT = np.broadcast_to(np.arange(32) < 16, (1, 32, 32))


def test_independent_noise_of_variance_1_has_strength_0_at_all_orders() -> None:
    blocks = blocks_of(3 * NOISE, KNOWN)
    found = blocks.level(blocks.usable)
    assert np.abs(found - np.log(9)).max() < 0.25
    both = blocks.compared(LEFT, ~LEFT)
    assert abs(both.log_ratio) < 4 * both.error
    assert both.error < 0.1
    assert abs(both.colour) < 0.1


def test_twice_the_noise_in_one_half_is_told_with_its_error() -> None:
    image = NOISE * np.where(np.arange(256) < 128, 2, 1)
    found = blocks_of(image, KNOWN).compared(LEFT, ~LEFT)
    assert found.log_ratio == pytest.approx(np.log(4), abs=4 * found.error)
    assert found.log_ratio > 10 * found.error


def test_noise_that_follows_the_brightness_is_as_strong_at_the_same_brightness() -> None:
    light = 20 + 200 * np.clip((np.arange(256) - 64) / 128, 0, 1) + np.zeros((256, 1))
    image = np.random.default_rng(1).poisson(light)[None].astype(float)
    found = blocks_of(image, KNOWN).compared(LEFT, ~LEFT)
    assert found.log_ratio < np.log(1.3) + 4 * found.error


def test_structure_is_coarser_than_noise() -> None:
    y, x = np.mgrid[:256, :256]
    image = NOISE + np.where(x < 128, 8 * np.sin(x / 0.8) * np.sin(y / 0.8), 0)
    assert blocks_of(image, KNOWN).compared(LEFT, ~LEFT).colour > 0.3


def test_sides_without_a_brightness_in_common_are_not_compared() -> None:
    image = NOISE + np.where(np.arange(256) < 128, 0, 1000)
    assert np.isinf(blocks_of(image, KNOWN).compared(LEFT, ~LEFT).error)


def test_what_is_unknown_or_saturated_is_left_out() -> None:
    known = KNOWN.copy()
    known[:64] = False
    image = NOISE.copy()
    image[:, 128:192] = 9.0
    usable = blocks_of(image, known).usable[0]
    assert not usable[:8].any()
    assert not usable[16:24].any()
    assert usable[9:15].all()


def test_tiles_cut_the_rest_off() -> None:
    assert tiled(np.zeros((20, 33))).shape == (2, 8, 4, 8)


def test_blocks_of_noise_are_even_and_channels_of_it_have_nothing_in_common() -> None:
    alike = blocks_of(NOISE, KNOWN)
    assert alike.unevenness(alike.usable) < 2
    texture = NOISE * np.exp(np.random.default_rng(2).normal(0, 1, (32, 32))).repeat(8, 0).repeat(8, 1)
    uneven = blocks_of(texture, KNOWN)
    assert uneven.unevenness(uneven.usable) > 5
    everywhere = np.ones((32, 32), bool)
    assert alike.common(everywhere) == 0
    two = np.random.default_rng(3).normal(0, 1, (2, 256, 256))
    assert abs(blocks_of(two, KNOWN).common(everywhere)) < 0.1
    assert blocks_of(two + 3 * NOISE, KNOWN).common(everywhere) > 0.8


def test_the_error_of_a_comparison_is_how_much_it_scatters() -> None:
    found, uneven = [], []
    for seed in range(30):
        blocks = blocks_of(np.random.default_rng(seed).normal(0, 1, (1, 192, 192)), np.ones((192, 192), bool))
        found.append(blocks.compared(LEFT[:, :24, 4:28], ~LEFT[:, :24, 4:28]))
        uneven.append(blocks.unevenness(blocks.usable))
    scatter = np.std([one.log_ratio for one in found])
    assert scatter == pytest.approx(np.mean([one.error for one in found]), rel=0.35)
    assert abs(np.mean([one.log_ratio for one in found])) < scatter / 2
    assert np.std(uneven) == pytest.approx(1, rel=0.35), "in standard errors"
    assert -2 < np.mean(uneven) < 0, "a little less than what counts as uneven"


def test_channels_may_share_their_noise_so_more_of_them_tell_no_more() -> None:
    alone = blocks_of(NOISE, KNOWN).compared(LEFT, ~LEFT)
    both = blocks_of(np.repeat(NOISE, 2, 0), KNOWN)
    found = both.compared(np.repeat(LEFT, 2, 0), np.repeat(~LEFT, 2, 0))
    assert (found.log_ratio, found.error, found.colour) == pytest.approx((alone.log_ratio, alone.error, alone.colour))
    uneven = blocks_of(NOISE, KNOWN).unevenness(np.ones_like(LEFT))
    assert both.unevenness(np.ones_like(both.usable)) == pytest.approx(uneven)


def test_a_brightness_of_which_there_are_few_blocks_has_the_noise_of_others_like_it() -> None:
    """Where a channel has none at all, that of the nearest brightness."""
    brightness = np.linspace(0, 400, 32).repeat(8)
    image = NOISE * np.sqrt(1 + brightness / 100) + brightness
    blocks = blocks_of(image, KNOWN)
    assert blocks.strata > 8
    everything = blocks.level(blocks.usable)
    some = blocks.usable & (blocks.stratum % 3 == 0)
    found, numbers = blocks.level(some), blocks.numbers(some)
    assert (numbers[::3] > 0).all()
    assert (numbers.sum(), numbers[1::3].sum()) == (some.sum(), 0)
    np.testing.assert_array_equal(found[::3], everything[::3])
    np.testing.assert_allclose(found, everything, atol=0.35)
    assert np.isnan(blocks.level(np.zeros_like(some))).all()


def test_only_the_blocks_that_are_asked_for_are_uneven() -> None:
    texture = np.exp(np.random.default_rng(2).normal(0, 1, (32, 32))).repeat(8, 0).repeat(8, 1)
    blocks = blocks_of(NOISE * np.where(np.arange(256) < 128, texture, 1), KNOWN)
    assert blocks.unevenness(blocks.usable & LEFT) > 5
    assert blocks.unevenness(blocks.usable & ~LEFT) < 2
    assert blocks.unevenness(np.zeros_like(blocks.usable)) == np.inf


@pytest.mark.parametrize(("width", "usable"), [(10, True), (9, False)])
def test_a_block_counts_where_a_quarter_of_it_can_be_looked_at(width: int, usable: bool) -> None:
    """The finest differences look at three pixels on each side: of 10 x 10 known ones 4 x 4 are left."""
    known = np.zeros((64, 64), bool)
    known[23:33, 23 : 23 + width] = True
    found = blocks_of(NOISE[:, :64, :64], known).usable[0]
    assert found.sum() == usable
    assert found[3, 3] == usable


def test_of_several_channels_the_mean_of_their_pairs_is_told() -> None:
    three = np.random.default_rng(3).normal(0, 1, (3, 256, 256))
    three[1] = three[0]
    correlation = blocks_of(three, KNOWN).common(np.ones((32, 32), bool))
    assert correlation == pytest.approx(1 / 3, abs=0.05)
