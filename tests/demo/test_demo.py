"""The demonstration makes what it says, twice in a row, and its degraded images are what they claim to be."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest

import napari_deep_prior as package
from napari_deep_prior import demo, files
from napari_deep_prior.cli import main
from napari_deep_prior.core.noise.regions import noise_regions

SETTINGS = package.Settings(iterations=4, seconds="never", preset="fast")


MADE = {
    "denoise-observed.tif", "denoise-restored.tif", "denoise-restored.tif.json",
    "denoise.png", "denoise-curve.png", "denoise.gif",
    "inpaint-observed.tif", "inpaint-mask.tif", "inpaint-restored.tif", "inpaint-restored.tif.json",
    "inpaint.png", "inpaint-curve.png", "inpaint.gif",
}  # fmt: skip


def test_makes_everything_it_names_twice_in_a_row(tmp_path):
    for _ in range(2):
        said: list[str] = []
        shown = demo.make(tmp_path / "new" / "folder", SETTINGS, say=said.append, size=64)
    folder = tmp_path / "new" / "folder"
    assert {path.name for path in folder.iterdir()} == MADE == set(demo.FILES)
    assert all(name in "".join(said) for name in MADE)
    assert str(folder) in "".join(said)
    assert set(shown) <= set(folder.iterdir())
    for name in ("denoise", "inpaint"):
        assert files.read(folder / f"{name}-restored.tif").array.dtype == np.float32
        package.Record.from_json((folder / f"{name}-restored.tif.json").read_text(encoding="utf-8"))
        assert iio.imread(folder / f"{name}.gif").ndim == 4
        assert iio.imread(folder / f"{name}.png").std() > 10


def test_the_files_can_be_restored_from_the_command_line(tmp_path):
    demo.make(tmp_path, SETTINGS, say=len, size=64)
    arguments = ["--mask", str(tmp_path / "inpaint-mask.tif"), "--output", str(tmp_path / "again.tif")]
    options = ["--iterations", "4", "--seconds", "never", "--preset", "fast", "--quiet"]
    assert main(["inpaint", str(tmp_path / "inpaint-observed.tif"), *arguments, *options]) == 0
    again, first = (files.read(tmp_path / name).array for name in ("again.tif", "inpaint-restored.tif"))
    np.testing.assert_array_equal(again, first)


def test_the_half_with_noise_is_found_in_the_demonstration():
    experiment = demo.shot_noise()
    found = noise_regions(experiment.observed[None], np.ones(experiment.observed.shape, bool))
    assert found is not None
    assert (found.clean == ~experiment.scored).mean() > 0.99


def test_shot_noise_is_poisson_on_the_left_and_none_on_the_right():
    experiment = demo.shot_noise()
    noise = experiment.observed - experiment.truth
    left, right = np.array_split(noise, 2, axis=1)
    assert not right.any()
    assert np.mean(left**2) == pytest.approx(experiment.truth[:, :128].mean(), rel=0.03)  # variance = expected count
    assert abs(left.mean()) < 0.1
    assert experiment.psnr(experiment.truth + 4.0) == pytest.approx(20.0, abs=1e-4)


def test_text_stands_only_where_the_mask_says():
    experiment = demo.text_overlay()
    mask = experiment.scored
    assert 0.05 < mask.mean() < 0.3
    np.testing.assert_array_equal(experiment.observed[~mask], experiment.truth[~mask])
    assert not experiment.observed[mask].any()
    assert not mask[:, -5:].any()  # no letter cut off
