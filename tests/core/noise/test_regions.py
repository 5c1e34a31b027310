"""Regions of different noise: found where it differs, nowhere else, whatever the scale."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior.core.noise.regions import noise_regions

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
Y, X = np.mgrid[:192, :192]
ALL = np.ones(Y.shape, bool)
LEFT = X < 90


def picture() -> np.ndarray:
    """Smooth shading, edges and a fine pattern."""
    discs = sum(
        40.0 * (np.hypot(Y - y, X - x) < r) for y, x, r in ((50, 40, 20), (120, 60, 25), (60, 140, 30), (140, 150, 15))
    )
    return 60 + 30 * np.sin(X / 40) * np.cos(Y / 30) + discs + 8 * np.sin(X / 2.5) * ((Y // 24) % 3 == 0)


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, Y.shape)


def regions(image: np.ndarray, known: np.ndarray | None = None):
    planes = image[None] if image.ndim == 2 else image
    return noise_regions(planes, np.ones(planes.shape[1:], bool) if known is None else known)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sigma", [3.0, 20.0])
def test_noise_that_is_the_same_everywhere_has_no_map(sigma: float, seed: int) -> None:
    assert regions(picture() + sigma * noise(seed)) is None
    assert regions(sigma * noise(seed)) is None


@pytest.mark.parametrize("photons", [0.05, 1.0, 20.0])
def test_noise_of_photons_has_no_map(photons: float) -> None:
    light = picture() / picture().max() * photons
    assert regions(np.random.default_rng(0).poisson(light).astype(float)) is None


def test_a_texture_on_one_side_has_no_map() -> None:
    texture = np.random.default_rng(1).normal(0, 60, Y.shape)
    for _ in range(2):  # about as fine as a microscope resolves
        texture = (texture + np.roll(texture, 1, 0) + np.roll(texture, 1, 1) + np.roll(texture, (1, 1), (0, 1))) / 4
    assert regions(100 + np.where(LEFT, texture, 0) + 5 * noise()) is None


@pytest.mark.skipif(not BENCHMARKS.exists(), reason="the scenes are part of the repository, not of the package")
def test_scenes_of_every_kind_and_noise_have_no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    scenes = importlib.import_module("_scenes")
    found = [number for number in range(60) if regions(scenes.scene(number, seed=1).observed) is not None]
    assert not found


def test_noise_on_one_half_is_found_to_the_pixel_and_the_other_half_is_clean() -> None:
    found = regions(picture() + 20 * noise() * LEFT)
    assert found is not None
    assert np.mean(found.clean & LEFT) < 0.01
    assert np.mean(~found.clean & ~LEFT) < 0.02
    assert found.strength[~found.clean].mean() == pytest.approx(1)


def test_photons_on_one_half() -> None:
    light = picture() / 2
    found = regions(np.where(LEFT, np.random.default_rng(0).poisson(light), light))
    assert found is not None
    assert np.mean(found.clean & LEFT) < 0.02
    assert np.mean(~found.clean & ~LEFT) < 0.02


def test_grey_levels_without_noise_are_clean_beside_little_noise() -> None:
    """What varies less than rounding makes is no noise, however little there is elsewhere."""
    image = np.rint(100 + X / 40 + 3 * noise() * LEFT)
    found = regions(image)
    assert found is not None
    assert np.mean(~found.clean & ~LEFT) < 0.02


def test_a_mosaic_of_four_strengths() -> None:
    sigma = np.where(Y < 96, np.where(X < 96, 3, 6), np.where(X < 96, 12, 24))
    found = regions(60 + 30 * np.sin(X / 40) * np.cos(Y / 30) + sigma * noise())
    assert found is not None
    away = np.log2(found.strength / found.strength.mean()) - np.log2(sigma**2 / np.mean(sigma**2))
    assert np.median(np.abs(away)) < 0.4
    assert np.mean(np.abs(away) < 0.5) > 0.95, "hardly a pixel has the strength of another quarter"
    assert len(np.unique(found.strength)) == 4
    assert not found.clean.any()


FORMS = {
    "corner": (Y < 64) & (X < 64),
    "stripe": (X > 70) & (X < 115),
    "disc": np.hypot(Y - 90, X - 100) < 50,
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("form", "ratio"), [("corner", 2.0), ("corner", 0.25), ("stripe", 4.0), ("disc", 2.0)])
def test_a_part_of_any_form_is_found_where_it_is_with_its_strength(form: str, ratio: float, seed: int) -> None:
    part = FORMS[form]
    sigma = 8 * np.where(part, ratio, 1)
    found = regions(60 + 30 * np.sin(X / 40) * np.cos(Y / 30) + sigma * noise(seed))
    assert found is not None
    right = found.strength / (sigma**2 / np.mean(sigma**2))
    assert np.mean(np.abs(np.log(right)) < 0.5) > 0.94
    assert len(np.unique(found.strength)) == 2
    assert not found.clean.any()
    assert found.strength.mean() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("form", ["disc", "ring"])
def test_blocks_at_a_long_round_border_do_not_count_as_structure(form: str, seed: int) -> None:
    """Each has something of both sides, so they are less even than noise: a map was missed in a third of such images."""
    radius = np.hypot(Y - 96, X - 96)
    clean = radius < 50 if form == "disc" else (radius > 40) & (radius < 70)
    shading = 100 + 20 * np.sin(X / 19) * np.cos(Y / 23)
    found = regions(shading + 10 * np.where(clean, 0, noise(seed)))
    assert found is not None
    assert (found.clean == clean).mean() > 0.98


def test_what_was_not_measured_is_no_region_and_numbers_that_are_none_do_no_harm() -> None:
    image, known = 60 + 8 * noise() * np.where(LEFT, 3, 1), ALL.copy()
    known[40:70, 60:] = False
    image[40:70, 60:] = [[np.nan] * 66 + [np.inf] * 66] * 30
    found = regions(image, known)
    assert found is not None
    assert np.isfinite(found.strength).all()
    ratio = found.strength[known & LEFT].mean() / found.strength[known & ~LEFT].mean()
    assert ratio == pytest.approx(9, rel=0.2)
    assert found.strength[known].mean() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0.0), (7.5, -400.0), (2e4, 1e6)])
def test_scale_and_offset_change_nothing(scale: float, offset: float) -> None:
    image = picture() + noise() * np.where(LEFT, 20, 5)
    plain, other = regions(image), regions(scale * image + offset)
    assert plain is not None
    assert other is not None
    np.testing.assert_allclose(other.strength, plain.strength, rtol=1e-3)
    np.testing.assert_array_equal(other.clean, plain.clean)


def test_channels_share_one_map_and_one_without_noise_does_not_matter() -> None:
    image = np.stack([picture() + 20 * noise(seed) * LEFT for seed in (0, 1, 2)])
    found = regions(image)
    assert found is not None
    assert np.mean(found.clean & LEFT) < 0.02


def test_what_is_unknown_has_no_say() -> None:
    image, known = picture() + 10 * noise(), ALL.copy()
    known[:, :40] = False
    image[:, :40] = np.nan
    assert regions(image, known) is None


@pytest.mark.parametrize("shape", [(1, 20, 20), (1, 4, 40, 40), (1, 64, 64)])
def test_small_images_and_volumes_have_none(shape: tuple[int, ...]) -> None:
    assert noise_regions(np.random.default_rng(0).normal(0, 1, shape), np.ones(shape[1:], bool)) is None
    assert noise_regions(np.zeros(shape), np.ones(shape[1:], bool)) is None


def test_a_texture_as_white_as_noise_has_no_map() -> None:
    """Its blocks differ, or all channels show it."""
    grain = np.random.default_rng(1).normal(0, 12, (3, *Y.shape))
    uneven = grain[0] * np.exp(np.random.default_rng(2).normal(0, 1, (24, 24))).repeat(8, 0).repeat(8, 1) / 2
    assert regions(100 + np.where(LEFT, uneven, 0) + 4 * noise()) is None
    shared = np.stack([100 + np.where(LEFT, grain[0], 0) + 4 * noise(seed) for seed in range(3)])
    assert regions(shared) is None
    own = np.stack([100 + np.where(LEFT, grain[c], 0) + 4 * noise(c) for c in range(3)])
    assert regions(own) is not None, "noise that each channel has of its own"
