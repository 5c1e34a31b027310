"""A run before it starts: its layer lies over its source, and its record will tell of what was chosen."""

import numpy as np

from napari_deep_prior._napari.running.launch import new_run
from napari_deep_prior._napari.running.prepare import Asked


def test_a_run_has_its_layer_and_knows_what_was_asked(viewer, panel, image, fake):
    source = viewer.add_image(image, name="cells", scale=(0.5, 0.5))
    mask = viewer.add_labels(np.ones(image.shape, np.uint8), name="gap", scale=(0.5, 0.5))
    panel.problem.labels.value = mask
    asked = Asked(chosen=panel.form.read())
    run = new_run(viewer, panel._engine, asked, panel)
    assert run.live.layer.name == "cells · inpainted"
    assert np.array_equal(run.live.layer.scale, source.scale)
    assert mask.visible
    assert not run.live.layer.visible, "Qt draws what the new layer has changed first"
    run.live.reveal()
    assert run.live.layer.visible
    assert not mask.visible, "it would cover what is watched"
    assert run.asked is asked
    assert not run.active
    assert fake.made == [], "nothing is computed in the window's thread"
    run.release()
