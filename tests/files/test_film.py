"""Films are written in one place: grey as it is, colours on one palette, each frame for as long as it is asked to stay."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from napari_deep_prior.files import film as films
from napari_deep_prior.files.film import check_film, write_film


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


def stays(path):
    """Milliseconds for which each frame is shown, and how often the film is: 0 is without end."""
    with Image.open(path) as film:
        durations = []
        for number in range(film.n_frames):
            film.seek(number)
            durations.append(film.info["duration"])
        return durations, film.info["loop"]


def test_frames_stay_as_long_as_they_are_asked_to_and_the_film_begins_anew(tmp_path):
    frames = [np.full((6, 6), level, np.uint8) for level in (0, 90, 200)]
    write_film(tmp_path / "a.GIF", frames)
    assert stays(tmp_path / "a.GIF") == ([100, 100, 2000], 0)
    write_film(tmp_path / "b.gif", frames, pauses=[0.5, 0.25, 1])
    assert stays(tmp_path / "b.gif") == ([500, 250, 1000], 0)


def test_colours_that_only_a_few_of_many_frames_have_are_there(tmp_path):
    """The last frame is the result: its colours count whatever their share is."""
    frames = [np.zeros((8, 8, 3), np.uint8) for _ in range(21)]
    frames[8][:] = 250, 0, 0
    frames[-1][:] = 0, 0, 240
    write_film(tmp_path / "a.gif", [*frames[:-1], np.full((8, 8), 130, np.uint8), frames[-1]], colours=8)
    back = iio.imread(tmp_path / "a.gif")[..., :3]
    np.testing.assert_allclose(back[-1][0, 0], (0, 0, 240), atol=12)
    assert any(np.allclose(frame[0, 0], (250, 0, 0), atol=12) for frame in back)


@pytest.mark.parametrize("shape", [(11, 14), (12, 15, 3), (8, 8, 3), (7, 9)])
def test_mp4_has_colours_even_sides_and_a_last_frame_that_stays(tmp_path, monkeypatch, shape):
    given = {}
    monkeypatch.setattr(films.importlib.util, "find_spec", lambda _name: "there")
    monkeypatch.setattr(
        films.iio, "imwrite", lambda path, film, **options: given.update(path=path, film=film, **options)
    )
    frames = [np.random.default_rng(seed).integers(0, 256, shape, np.uint8) for seed in range(3)]
    write_film(tmp_path / "a.mp4", frames, rate=4)
    film, (rows, columns) = given["film"], shape[:2]
    assert film.shape == (3 + 8, rows + rows % 2, columns + columns % 2, 3)
    assert (given["fps"], given["codec"]) == (4, "libx264")
    coloured = [np.broadcast_to(frame[..., None], (*shape[:2], 3)) if frame.ndim == 2 else frame for frame in frames]
    np.testing.assert_array_equal(film[:3, :rows, :columns], coloured)
    np.testing.assert_array_equal(film[:, -1, -1], film[:, rows - 1, columns - 1])
    assert (film[3:] == film[2]).all()


def test_mp4_needs_its_encoder(tmp_path, monkeypatch):
    monkeypatch.setattr(films.importlib.util, "find_spec", lambda _name: None)
    check_film(tmp_path / "a.gif")
    with pytest.raises(ValueError, match="pip install imageio-ffmpeg"):
        check_film(tmp_path / "a.mp4")
