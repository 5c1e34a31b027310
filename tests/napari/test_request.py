"""What the form said when Run was pressed."""

import numpy as np
import pytest

from napari.layers import Image, Labels
from napari_deep_prior._napari.request import TRY, Inputs, Output, RunRequest
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS

IMAGE = Image(np.zeros((4, 5)), name="cells")


def request(**settings):
    task = TASKS["inpaint"]
    mask = Labels(np.ones((4, 5), np.uint8), name="holes")
    inputs = Inputs(image=IMAGE, task=task, values={"keep_known": False}, companions={"mask": mask})
    return RunRequest(problem=inputs, settings=Settings(**settings), output=Output(dtype="input"))


@pytest.mark.parametrize(("seconds", "tried"), [("auto", TRY), ("never", TRY), (60.0, TRY), (2.0, 2.0)])
def test_a_try_takes_a_few_seconds_at_most_and_is_the_same_otherwise(seconds, tried):
    chosen = request(seconds=seconds, seed=7)
    preview = chosen.for_preview()
    assert preview.settings.seconds == tried
    assert preview.settings.seed == 7
    assert (preview.problem, preview.output) == (chosen.problem, chosen.output)
    assert chosen.settings.seconds == seconds


def test_layers_go_by_the_names_they_have():
    assert request().layers == {"image": "cells", "mask": "holes"}


def test_what_can_be_remembered_are_plain_values_and_no_layers():
    values = request(seed=7).as_values()
    assert values["keep_known"] is False
    assert values["seed"] == 7
    assert values["dtype"] == "input"
    assert "mask" not in values
    assert all(isinstance(value, (str, bool, int, float)) for value in values.values())
