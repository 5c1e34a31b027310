"""What the demonstration draws."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np

import napari_deep_prior as package
from napari_deep_prior.demo import pictures


def test_the_film_is_small_and_shows_the_way(tmp_path):
    """Speckled colours cost ten times as much where each frame has a palette of its own."""
    rng = np.random.default_rng(0)
    end = rng.integers(0, 255, (128, 128, 3), np.uint8)
    values = {"plane": 0, "planes": 1, "index": (), "iterations_left": None, "loss": 1.0, "held_out": None}
    frames = []
    for step in range(50):
        frame = (end * (step / 49)).astype(np.uint8)
        frame[:, :64] = end[:, :64]
        snapshot = package.Snapshot(iteration=step, seconds=float(step), image=None, **values)
        frames.append((snapshot, frame))
    pictures.film(tmp_path / "a.gif", end, frames)
    film = iio.imread(tmp_path / "a.gif")[..., :3].astype(float)
    assert pictures.FILM_FRAMES / 2 < len(film) <= pictures.FILM_FRAMES + 1
    brightness = film[1:, 30:, -60:].mean(axis=(1, 2, 3))
    assert (np.diff(brightness) > -2).all()
    assert brightness[-1] > brightness[0] + 60
    assert abs(film[-1, -128:, -128:] - end).mean() < 20
    assert (tmp_path / "a.gif").stat().st_size < 20_000 * len(film)
