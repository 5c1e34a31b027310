"""Sample data: made here, the same each time."""

import socket

import numpy as np
import pytest

from napari_deep_prior._napari import samples
from napari_deep_prior._napari.fluorescence import GAIN, OFFSET, READ
from napari_deep_prior.core.noise.estimate import measure


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("a download")

    monkeypatch.setattr(socket.socket, "connect", refuse)


SAMPLES = (
    samples.noisy_cells,
    samples.noisy_text,
    samples.fluorescent_cells,
    samples.drifting_film,
    samples.blurred_filaments,
)


@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_are_made_here_and_the_same_each_time(sample, offline):
    once, twice = sample(), sample()
    for (data, meta, kind), (again, _, _) in zip(once, twice, strict=True):
        assert (data == again).all()
        assert max(data.shape) <= 256
        assert meta["name"]
        assert kind in ("image", "labels")
    assert once[-1][1].get("visible", True), "what one sees is the uppermost, which becomes the image"


@pytest.mark.parametrize("sample", [samples.fluorescent_cells, samples.drifting_film])
def test_the_truth_is_what_the_camera_would_have_counted_without_noise(sample):
    layers = {meta["name"]: (data, meta) for data, meta, _ in sample()}
    seen = [name for name in layers if f"{name}, truth" in layers]
    assert seen
    for name in seen:
        (data, meta), (truth, hidden) = layers[name], layers[f"{name}, truth"]
        error = data - truth.astype(float)
        photons = (truth - OFFSET) / GAIN
        assert abs(error.mean()) < 4 * error.std() / error.size**0.5, "no light is lost or made"
        assert error.var() == pytest.approx(GAIN**2 * (photons.mean() + READ**2), rel=0.03)
        assert not hidden["visible"]
        assert (hidden["scale"], hidden["units"]) == (meta["scale"], meta["units"])


def test_the_noise_of_the_cells_is_found_to_be_that_of_their_photons():
    ((cells, _, _),) = samples.noisy_cells()
    found = measure(cells[None].astype(float), np.ones(cells.shape, bool))
    assert found.gain == pytest.approx(1, rel=0.1)
    assert found.variance_at(0) == pytest.approx(0, abs=0.5), "no offset, and nothing was read"
