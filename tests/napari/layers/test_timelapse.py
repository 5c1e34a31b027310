"""The whole process of a run, as a film and as a layer."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest

from napari_deep_prior._napari.layers import timelapse
from napari_deep_prior._napari.layers.source import KEY

TILTED = {
    "scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "shear": [0.1], "units": ("um", "um"),
    "affine": [[1, 0.2, 3], [0.1, 1.3, 4], [0, 0, 1]],
}  # fmt: skip


@pytest.fixture
def film(viewer, panel, image, run_to_end):
    viewer.add_image(image, contrast_limits=(0, 200), colormap="magma", **TILTED)
    run_to_end(panel)
    return panel


@pytest.mark.parametrize("name", ["process.gif", "process.mp4"])
def test_the_process_is_saved_as_a_film(film, tmp_path, name):
    if name.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg")
    film.sections["History"].save_film(str(tmp_path / name))
    frames = iio.imread(
        tmp_path / name,
        plugin="pillow" if name.endswith("gif") else "FFMPEG",
        index=None if name.endswith("gif") else ...,
    )
    assert frames.shape[1:3] == (24 + 16, 32), "with a strip of words below"
    assert len(frames) >= 8
    assert frames[..., 0].mean() != frames[..., 2].mean(), "in the layer's colours"
    assert "saved" in film.status.message.text()


def test_a_film_that_cannot_be_written_is_said_in_words(film, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    film.sections["History"].save_film(str(tmp_path / "process.mp4"))
    assert "pip install imageio-ffmpeg" in film.status.message.text()
    film.sections["History"].save_film(str(tmp_path / "process.avi"))
    assert ".gif or .mp4" in film.status.message.text()
    assert not list(tmp_path.glob("process*"))


def test_the_process_is_a_layer_over_the_result(viewer, film, image):
    film.sections["History"].add_layer()
    whole, result = viewer.layers[-1], viewer.layers[-2]
    assert whole.data.shape == (8, 24, 32)
    assert (whole.data[3] == image + 4).all()
    assert whole.metadata[KEY]["steps"] == list(range(1, 9))
    assert whole.axis_labels[0] == "step"
    for pixel in [(0, 0), (23, 31), (4, 20)]:
        assert whole.data_to_world((5, *pixel)) == pytest.approx((5, *result.data_to_world(pixel)))


def test_of_a_stack_the_process_of_one_plane_lies_at_that_plane(viewer, panel, run_to_end):
    viewer.add_image(np.zeros((3, 8, 9), np.uint8), scale=(2, 1, 1))
    run_to_end(panel)
    moments = timelapse.of_one_plane(panel.sections["History"].snapshots, 1)
    layer = timelapse.add_layer(viewer, moments, viewer.layers[-1])
    assert layer.data.shape == (8, 1, 8, 9)
    assert layer.data_to_world((0, 0, 3, 4)) == pytest.approx((0, 2, 3, 4))
