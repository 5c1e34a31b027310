"""The line of variance over brightness: structure of any kind is not taken for noise, and a gain is not missed."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_deep_prior.core.noise import variance_line
from napari_deep_prior.core.noise.estimate import measure

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
Y, X = np.mgrid[:128, :128]


def spots(seed: int, count: int, width: float) -> np.ndarray:
    draw = np.random.default_rng(seed)
    places = zip(draw.uniform(0, 128, count), draw.uniform(0, 128, count), draw.uniform(0.2, 1, count), strict=True)
    return sum(a * np.exp(-((Y - y) ** 2 + (X - x) ** 2) / 2 / width**2) for y, x, a in places)


def found(image: np.ndarray):
    return measure(image[None], np.ones(image.shape, bool))


@pytest.mark.skipif(not BENCHMARKS.exists(), reason="the scenes are part of the repository, not of the package")
def test_scenes_of_every_kind_and_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    scenes = importlib.import_module("_scenes")
    ratios = []
    for number in range(60):
        drawn = scenes.scene(number, seed=1)
        ratios.append(found(drawn.observed).variance_at(drawn.truth).mean() / drawn.variance.mean())
    away = np.abs(np.log2(ratios))
    assert np.median(away) < 0.1
    assert np.mean(away > 1) <= 0.05, "structure was taken for noise"


@pytest.mark.parametrize("width", [1.2, 2.5, 5.0])
@pytest.mark.parametrize("photons", [300, 1500, 5000])
def test_photons_of_bright_spots_on_an_offset(width: float, photons: float) -> None:
    light = 60 + photons * spots(1, 60, width)
    noise = found(100.0 + np.random.default_rng(0).poisson(light))
    assert 0.5 < noise.gain < 2
    assert noise.correlation_length == 1
    assert 0.5 < noise.variance_at(100 + light).mean() / light.mean() < 2


def test_few_bright_pixels_tell_of_the_gain() -> None:
    light = 3 + 40 * np.clip((X - 100) / 28, 0, 1)  # four fifths are dark
    assert found(np.random.default_rng(0).poisson(light).astype(float)).gain == pytest.approx(1, rel=0.4)


def test_single_photons() -> None:
    light = 0.03 * spots(3, 25, 6)
    noise = found(np.random.default_rng(0).poisson(light).astype(float))
    assert noise.variance_at(light).mean() == pytest.approx(light.mean(), rel=0.3)


def test_asaturated_part_is_left_out() -> None:
    light = 60 + 10.0 * X
    noise = found(np.minimum(np.random.default_rng(0).poisson(light), 900).astype(float))
    assert noise.gain == pytest.approx(1, rel=0.3)


def test_constant_noise_on_structure_has_no_gain() -> None:
    noise = found(300 * spots(1, 60, 2.5) + np.random.default_rng(0).normal(0, 10, (128, 128)))
    assert noise.gain == 0
    assert noise.base == pytest.approx(100, rel=0.2)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_fine_variance_of_independent_noise_is_its_variance(order: int) -> None:
    noise = np.random.default_rng(0).normal(0, 3, (400, 400))
    assert variance_line.fine_variance(noise, order).mean() == pytest.approx(9, rel=0.05)
    assert variance_line.fine_variance(2.0 * Y * Y + 3.0 * X + Y * X, order).max() < 1e-15


def test_share_of_correlated_noise_that_is_fine() -> None:
    white = np.random.default_rng(0).normal(0, 1, (401, 401))
    mean = (white[1:, 1:] + white[:-1, 1:] + white[1:, :-1] + white[:-1, :-1]) / 2
    half = np.array([0, 0.5, 1, 0.5, 0])
    assert variance_line.fine_share(np.outer(half, half)) == pytest.approx(
        variance_line.fine_variance(mean).mean(), rel=0.05
    )


def test_only_independent_noise_has_a_white_floor() -> None:
    draw, known = np.random.default_rng(0), np.ones((1, 128, 128), bool)
    white = draw.normal(0, 10, (1, 130, 130))
    smooth = 300 * spots(1, 60, 2.5)[None]
    assert variance_line.has_white_floor(white[:, 1:-1, 1:-1] + smooth, known)
    for side in (2, 3):
        mean = sum(white[:, i : 128 + i, j : 128 + j] for i in range(side) for j in range(side)) / side
        assert not variance_line.has_white_floor(mean + smooth, known)
    assert not variance_line.has_white_floor(np.round(smooth / 10), known), "rounding is no noise"


@pytest.mark.parametrize("unit", [1e-4, 1, 1e4])
def test_what_rounding_makes_is_told_in_any_unit(unit: float) -> None:
    draw, known = np.random.default_rng(0), np.ones((1, 128, 128), bool)
    smooth = spots(1, 60, 2.5)[None]
    assert variance_line.has_white_floor(unit * np.round(draw.normal(0, 10, (1, 128, 128)) + 300 * smooth), known)
    assert not variance_line.has_white_floor(unit * np.round(draw.normal(0, 0.2, (1, 128, 128)) + 40 * smooth), known)


def test_pixels_at_the_edge_alone_tell_nothing_of_noise() -> None:
    image = np.random.default_rng(0).normal(0, 10, (1, 20, 24))
    edge = np.ones(image.shape, bool)
    edge[:, 1:-1, 1:-1] = False
    assert not variance_line.has_white_floor(image, edge)


def test_a_block_has_the_mean_of_its_own_pixels() -> None:
    plane = np.random.default_rng(0).uniform(0, 9, (40, 50))
    means = variance_line.blocks(plane, np.ones(plane.shape, bool))[0]
    side = variance_line.BLOCK
    assert means[0] == pytest.approx(plane[2 : 2 + side, 2 : 2 + side].mean())
    assert means[1] == pytest.approx(plane[2 : 2 + side, 2 + side : 2 + 2 * side].mean())


def test_fine_differences_are_0_on_smooth_surfaces() -> None:
    assert np.abs(variance_line.fine_difference((X - 60.0) * (Y - 40.0) + X**2.0, 2)).max() < 1e-6
    squares = variance_line.fine_difference(np.random.default_rng(0).normal(0, 3, (200, 200)), 3) ** 2
    assert squares.mean() == pytest.approx(9, rel=0.1)


def test_the_step_between_grey_levels() -> None:
    assert variance_line.grey_step(np.array([3.0, 7.0, 5.0, 7.0])) == 2
    assert variance_line.grey_step(np.array([3.0, 3.0])) == 0


def beads_on_black(photons, *, side, ground=0.0, gain=1.0, offset=0.0, sigma=1.5):
    """36 beads of so many photons each, and how many photons a pixel has in truth."""
    y, x = np.mgrid[:side, :side]
    truth = np.full((side, side), ground)
    for row in range(6):
        for column in range(6):
            at = (row + 0.45) * side / 6, (column + 0.55) * side / 6
            truth += photons * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 2 / sigma**2) / (2 * np.pi * sigma**2)
    return offset + gain * np.random.default_rng(0).poisson(truth)[None].astype(float)


@pytest.mark.parametrize("photons", [200, 1000, 5000])
@pytest.mark.parametrize(("ground", "gain", "offset"), [(0.0, 1.0, 0.0), (0.02, 3.0, 100.0), (0.2, 1.0, -20.0)])
def test_light_on_black_has_the_gain_of_its_photons(photons, ground, gain, offset):
    planes = beads_on_black(photons, side=128, ground=ground, gain=gain, offset=offset)
    measured, base = variance_line.light_on_dark(planes, np.ones(planes.shape, bool))
    assert gain * 0.75 < measured < gain * 1.3
    assert measured * offset + base == pytest.approx(0, abs=1e-9), "no noise without light"


def test_light_on_black_beside_what_is_missing():
    planes = beads_on_black(1000, side=128)
    known = np.ones(planes.shape, bool)
    known[0, 30:60, 40:90] = False
    spoilt = np.where(known, planes, 1e6)
    measured, _ = variance_line.light_on_dark(spoilt, known)
    assert 0.75 < measured < 1.3


def test_light_that_is_no_independent_noise_is_not_measured_so():
    planes = beads_on_black(1000, side=128)
    blurred = np.rint(10 * gaussian_filter(planes, (0, 0.7, 0.7)))
    lit = beads_on_black(1000, side=128, ground=3.0)
    for image in (blurred, np.kron(planes, np.ones((1, 2, 2))), lit, np.zeros((1, 64, 64)), np.zeros((1, 6, 6))):
        assert variance_line.light_on_dark(image, np.ones(image.shape, bool)) is None


@pytest.mark.parametrize("shape", [(11, 200), (200, 11), (3, 3)])
def test_a_strip_without_room_for_a_block_has_none(shape: tuple[int, int]) -> None:
    found = variance_line.blocks(np.random.default_rng(0).normal(size=shape), np.ones(shape, bool))
    assert found.shape == (3, 0)


def test_a_few_blocks_are_one_group_and_many_are_several() -> None:
    draw = np.random.default_rng(0)
    few = np.stack([draw.uniform(1, 9, 20), draw.uniform(1, 2, 20), draw.uniform(1, 2, 20)])
    assert [len(measured) for measured in variance_line.groups(few)] == [1] * 3
    assert len(variance_line.groups(np.tile(few, 10))[0]) > 4


@pytest.mark.parametrize("shape", [(1, 6, 64), (1, 64, 6)])
def test_a_strip_tells_nothing_of_light_on_black(shape: tuple[int, int, int]) -> None:
    """A square of such beads does."""
    square = np.zeros((1, 64, 64))
    square[0, 3::16, 3::16] = 50
    photons = np.random.default_rng(0).poisson(gaussian_filter(square, (0, 1.5, 1.5)) * 20).astype(float)
    assert variance_line.light_on_dark(photons, np.ones(photons.shape, bool)) is not None
    strip = photons[:, : shape[1], : shape[2]]
    assert variance_line.light_on_dark(strip, np.ones(strip.shape, bool)) is None


def test_the_groups_of_independent_noise_have_its_variance_and_differ_by_their_error() -> None:
    noise = np.random.default_rng(0).normal(0, 3, (516, 516))
    _, variance, count = variance_line.groups(variance_line.blocks(noise, np.ones(noise.shape, bool)))
    assert count.sum() == 64**2
    assert variance.mean() == pytest.approx(9, rel=0.02)
    assert np.std(np.log(variance / 9) * np.sqrt(count)) == pytest.approx(variance_line._ERROR, rel=0.35)


@pytest.mark.parametrize(("shape", "count"), [((12, 12), 1), ((11, 12), 0), ((12, 11), 0), ((28, 20), 6)])
def test_the_smallest_image_of_which_a_block_is_measured_has_12_by_12_pixels(
    shape: tuple[int, int], count: int
) -> None:
    image = np.random.default_rng(0).normal(0, 1, shape)
    assert variance_line.blocks(image, np.ones(shape, bool)).shape == (3, count)


@pytest.mark.parametrize("unit", [2.0**-30, 2.0**20])
def test_light_on_black_is_told_in_any_unit(unit: float) -> None:
    planes = beads_on_black(1000, side=128, offset=64.0)
    known = np.ones(planes.shape, bool)
    gain, base = variance_line.light_on_dark(planes, known)
    assert variance_line.light_on_dark(unit * planes, known) == (unit * gain, unit**2 * base)


COUNT, LEVEL = np.full(20, 24), np.linspace(10, 200, 20)
CHANCE = np.exp(0.05 * np.random.default_rng(0).normal(size=20))


@pytest.mark.parametrize(("gain", "base"), [(2.0, 5.0), (0.5, -3.0), (0.0, 7.0), (0.0, 1e-6), (1e4, 0.0)])
@pytest.mark.parametrize("structured", [(), (3, 4, 11), (0, 1, 2), (17, 18, 19)])
def test_groups_with_structure_lie_above_the_line(gain: float, base: float, structured: tuple[int, ...]) -> None:
    variance = (gain * LEVEL + base) * CHANCE
    variance[list(structured)] *= 5
    found = variance_line.variance_line(LEVEL, variance, COUNT)
    expected = gain * LEVEL + base
    np.testing.assert_allclose(found[0] * LEVEL + found[1], expected, rtol=0.15, atol=0.01 * expected.max())
    assert (found[0] > 0) is (gain > 0)


def test_a_gain_must_be_told_from_chance_and_noise_that_falls_with_brightness_has_none() -> None:
    slight = (100 + 0.02 * LEVEL) * CHANCE
    assert variance_line.variance_line(LEVEL, slight, COUNT)[0] == 0
    gain, base = variance_line.variance_line(LEVEL, (500 - 2 * LEVEL) * CHANCE, COUNT)
    assert gain == 0
    assert 100 < base < 480


@pytest.mark.parametrize(("groups", "line"), [(1, (0, 25)), (2, (0, 25)), (3, (2, 5))])
def test_three_groups_tell_of_a_gain_and_two_do_not(groups: int, line: tuple[float, float]) -> None:
    level = np.array([10.0, 100.0, 190.0])[:groups]
    found = variance_line.variance_line(level, 2 * level + 5, np.full(groups, 500))
    assert found == pytest.approx(line)


def test_many_pixels_of_the_largest_value_are_saturated() -> None:
    draw = np.random.default_rng(0)
    known = np.ones((100, 100), bool)
    known[:10] = False
    plane = np.minimum(np.rint(draw.normal(200, 30, known.shape)), 255)
    plane[:10] = 900
    assert (variance_line.saturated(plane, known) == (known & (plane == 255))).all()
    unclipped = np.rint(draw.normal(200, 30, known.shape))
    assert not variance_line.saturated(unclipped, known).any()
    assert not variance_line.saturated(np.full(known.shape, 7.0), known).any(), "a flat image is no upper end"
    flat = np.minimum(plane, 3)
    flat[50] = 9.0
    assert not variance_line.saturated(flat, known).any(), "fewer than below it: two levels of a drawing"


@pytest.mark.parametrize("gain", [0.0, 2.0])
def test_all_groups_near_the_line_tell_of_it(gain: float) -> None:
    """Not two of them, or one, alone: they err by 7 % each, 20 of them together by much less."""
    truth, errors = gain * LEVEL + 5, []
    for seed in range(40):
        chance = np.exp(0.0735 * np.random.default_rng(seed).normal(size=20))
        slope, base = variance_line.variance_line(LEVEL, truth * chance, COUNT)
        errors.append((slope * LEVEL + base) / truth - 1)
    assert np.sqrt(np.mean(np.square(errors))) < 0.04


def test_where_nothing_can_be_measured_no_noise_is_called_white() -> None:
    noise = np.random.default_rng(0).normal(0, 10, (1, 64, 64))
    known = np.ones(noise.shape, bool)
    assert variance_line.has_white_floor(noise, known)
    assert not variance_line.has_white_floor(noise, ~known)
    assert not variance_line.has_white_floor(noise[:, :7], known[:, :7])
    assert variance_line.light_on_dark(noise, ~known) is None
