"""Sample data: made here, the same each time."""

import socket

import pytest

from napari_deep_prior._napari import samples


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("a download")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("sample", [samples.noisy_cells, samples.noisy_text])
def test_samples_are_made_here_and_the_same_each_time(sample, offline):
    once, twice = sample(), sample()
    for (data, meta, kind), (again, _, _) in zip(once, twice, strict=True):
        assert (data == again).all()
        assert data.shape == (256, 256)
        assert meta["name"]
        assert kind in ("image", "labels")
