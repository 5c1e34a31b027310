"""The recipe of a result is found from its record, that of an image is the default."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Inpaint, Settings, files
from napari_deep_prior.workflows.control import recipe_of
from napari_deep_prior.workflows.restore_file import Job, restore_file


@pytest.fixture
def job(tmp_path):
    """A stack of two planes with a mask, filled in."""
    image = np.random.default_rng(0).poisson(90, (2, 36, 40)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", image, ome=True, metadata={"axes": "ZYX"})
    mask = np.zeros((36, 40), np.uint8)
    mask[4:8, 4:7] = 1
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    job = Job(
        input=tmp_path / "in.tif",
        output=tmp_path / "out.tif",
        task=Inpaint,
        companions={"mask": tmp_path / "mask.tif"},
        settings=Settings(preset="fast", seconds="never", iterations=3, device="cpu"),
    )
    assert restore_file(job).saved == job.output
    return job


@pytest.mark.parametrize("of", [lambda path: path, files.sidecar])
def test_of_a_result(job, of):
    recipe = recipe_of(of(job.output), plane=1)
    record = json.loads(files.sidecar(job.output).read_text("utf-8"))
    assert isinstance(recipe.task, Inpaint)
    assert recipe.task.mask.sum() == 12
    assert (recipe.settings.method, recipe.settings.iterations) == (record["planes"][0]["method"], 3)
    np.testing.assert_array_equal(recipe.observed[0], tifffile.imread(job.input)[1])


def test_of_an_image(job):
    recipe = recipe_of(job.input)
    assert isinstance(recipe.task, Denoise)
    assert recipe.settings.as_dict() == Settings().as_dict()
    assert recipe.observed.shape == (1, 36, 40)


def test_what_is_damaged_is_refused(job):
    with pytest.raises(ValueError, match="no plane 3"):
        recipe_of(job.output, plane=2)
    files.sidecar(job.output).write_text("{}", "utf-8")
    with pytest.raises(ValueError, match="no record"):
        recipe_of(job.output)
    plain = dataclasses.replace(job, task=Denoise, companions={}, output=job.output.with_name("plain.tif"))
    assert restore_file(plain).saved == plain.output
    assert recipe_of(plain.output).task.companions() == {}
