"""The recipe of a result is found from its record, that of an image is the default."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Inpaint, Settings, files
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.workflows.control import recipe_in_hand, recipe_of
from napari_deep_prior.workflows.find_record import find_record
from napari_deep_prior.workflows.restore_file import restore_file


@pytest.mark.parametrize("of", [lambda path: path, files.sidecar])
def test_of_a_result(filled_in, of):
    recipe = recipe_of(of(filled_in.output), plane=1)
    record = json.loads(files.sidecar(filled_in.output).read_text("utf-8"))
    assert isinstance(recipe.task, Inpaint)
    assert recipe.task.mask.sum() == 12
    assert (recipe.settings.method, recipe.settings.iterations) == (record["planes"][0]["method"], 3)
    np.testing.assert_array_equal(recipe.observed[0], tifffile.imread(filled_in.input)[1])


def test_what_is_in_hand_has_the_recipe_of_its_file(filled_in):
    mask = np.zeros((36, 40), np.uint8)
    mask[4:8, 4:7] = 1
    image, record = tifffile.imread(filled_in.input), find_record(filled_in.output)
    recipe = recipe_in_hand(image, Inpaint(mask=mask), Axes(record.axes), record, 1)
    of_file = recipe_of(filled_in.output, plane=1)
    assert recipe.settings.as_dict() == of_file.settings.as_dict()
    np.testing.assert_array_equal(recipe.observed, of_file.observed)
    np.testing.assert_array_equal(recipe.task.mask, of_file.task.mask)


def test_of_an_image(filled_in):
    recipe = recipe_of(filled_in.input)
    assert isinstance(recipe.task, Denoise)
    assert recipe.settings.as_dict() == Settings().as_dict()
    assert recipe.observed.shape == (1, 36, 40)


def test_what_is_damaged_is_refused(filled_in):
    with pytest.raises(ValueError, match="no plane 3"):
        recipe_of(filled_in.output, plane=2)
    files.sidecar(filled_in.output).write_text("{}", "utf-8")
    with pytest.raises(ValueError, match="no record"):
        recipe_of(filled_in.output)
    plain = dataclasses.replace(filled_in, task=Denoise, companions={}, output=filled_in.output.with_name("plain.tif"))
    assert restore_file(plain).saved == plain.output
    assert recipe_of(plain.output).task.companions() == {}
