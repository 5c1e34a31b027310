"""Films are written in one place: grey as it is, colours on one palette, each frame for as long as it is asked to stay."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from napari_deep_prior.files.film import write_film


def test_grey_frames_come_back_as_they_were(tmp_path):
    frames = [np.random.default_rng(seed).integers(0, 256, (12, 15), np.uint8) for seed in range(3)]
    write_film(tmp_path / "a.gif", frames, rate=5)
    back = iio.imread(tmp_path / "a.gif")
    np.testing.assert_array_equal(back[..., 0], frames)
    with Image.open(tmp_path / "a.gif") as film:
        durations = []
        for number in range(film.n_frames):
            film.seek(number)
            durations.append(film.info["duration"])
    assert durations == [200, 200, 2000]


def test_colours_share_one_palette(tmp_path):
    still = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    write_film(tmp_path / "a.gif", [still, 255 - still, still], pauses=[0.1, 0.2, 0.3], colours=32)
    back = iio.imread(tmp_path / "a.gif")[..., :3]
    np.testing.assert_array_equal(back[0], back[2])
    assert len(np.unique(back.reshape(-1, 3), axis=0)) <= 32


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.gif or \.mp4"):
        write_film(tmp_path / "a.avi", [np.zeros((2, 2), np.uint8)])
