"""A recipe does to another picture what was done to a plane."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Denoise, Inpaint, Settings, SuperResolve, restore
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.recipe import Recipe, repeated

QUICK = Settings(preset="fast", iterations=2, seconds="never", device="cpu", precision="float32")
IMAGE = np.random.default_rng(0).normal(100, 5, (3, 40, 48)).astype(np.float32)


def test_the_same_plane_gives_the_same_picture():
    recipe = Recipe.of_plane(IMAGE, Denoise(), QUICK, Axes("TYX"), 2)
    restored, seen = recipe.restore(recipe.observed)
    np.testing.assert_array_equal(restored[0], restore(IMAGE[2], Denoise(), settings=QUICK).image)
    np.testing.assert_allclose(seen, restored, rtol=1e-5)


def test_companions_are_those_of_the_plane():
    mask = np.zeros(IMAGE.shape, np.uint8)
    mask[1, 4:9, 4:9] = 1
    recipe = Recipe.of_plane(IMAGE, Inpaint(mask=mask), QUICK, Axes("ZYX"), 1)
    restored, _ = recipe.restore(recipe.observed)
    changed = restored != recipe.observed
    assert changed[0][mask[1] > 0].any()
    assert not changed[0][mask[1] == 0].any()


def test_colours_volumes_and_finer_grids():
    colour = Recipe.of_plane(np.moveaxis(IMAGE, 0, -1), Denoise(), QUICK, Axes("YXS"))
    assert colour.restore(colour.observed)[0].shape == (3, 40, 48)
    volume = Recipe.of_plane(IMAGE, Denoise(), QUICK, Axes("ZYX", volume=True))
    assert volume.observed.shape == (1, 3, 40, 48)
    finer = Recipe.of_plane(IMAGE[0, :20, :24], SuperResolve(factor=2), QUICK, Axes("YX"))
    restored, seen = finer.restore(finer.observed)
    assert restored.shape == (1, 40, 48)
    assert seen.shape == (1, 20, 24)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(ValueError, match="no plane 4: the image has 3"):
        Recipe.of_plane(IMAGE, Denoise(), QUICK, Axes("TYX"), 3)
    with pytest.raises(ValueError, match="No noise could be measured"):
        Recipe.of_plane(np.zeros((40, 48), np.float32), Denoise(), QUICK, Axes("YX"))


def test_a_record_fixes_method_and_steps():
    record = restore(IMAGE[0], Denoise(), settings=QUICK).record
    fixed = repeated(Settings(), record)
    assert (fixed.method, fixed.iterations, fixed.seconds) == (record.planes[0].method, 2, "never")
