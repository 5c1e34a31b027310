"""The learning curves of an image from the command line."""

from __future__ import annotations

import csv

import imageio.v3 as iio
import numpy as np
import pytest

import napari_deep_prior as package
from napari_deep_prior.cli import main
from napari_deep_prior.demo import learning_curves as experiment

SETTINGS = package.Settings(
    iterations=60, seconds="never", preset="fast", method="deep-image-prior", stopping="never", device="cpu"
)


def smooth(*shape: int) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (100 + 80 * np.sin(x / 6) * np.cos(y / 5)).astype(np.uint8)


def test_the_command_writes_a_picture_and_a_table(tmp_path, capsys) -> None:
    iio.imwrite(tmp_path / "in.png", smooth(40, 40))
    arguments = ["learning-curves", str(tmp_path / "in.png"), "--output", str(tmp_path / "new" / "out")]
    options = ["--iterations", "20", "--preset", "fast", "--size", "24", "--device", "cpu"]
    assert main([*arguments, *options]) == 0
    folder = tmp_path / "new" / "out"
    assert {path.name for path in folder.iterdir()} == {"learning-curves.png", "learning-curves.csv"}
    assert iio.imread(folder / "learning-curves.png").std() > 10
    with (folder / "learning-curves.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    drawn = {row["curve"] for row in rows}
    assert drawn >= {experiment.IMAGE, experiment.NOISY, experiment.SHUFFLED, experiment.NOISE}
    assert {row["step"] for row in rows if row["curve"] == experiment.IMAGE} == {"10", "20"}
    assert str(folder / "learning-curves.png") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("array", "options", "said"),
    [
        (np.full((20, 20), 7, np.uint8), [], "constant"),
        (smooth(20, 20), ["--noise", "0"], "noise = 0.0: needs a number > 0"),
        (smooth(20, 20), ["--size", "4"], "size = 4: needs"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(tmp_path, capsys, array, options, said) -> None:
    iio.imwrite(tmp_path / "in.png", array)
    assert main(["learning-curves", str(tmp_path / "in.png"), "--output", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", experiment.FILES)
def test_nothing_is_replaced_unless_told(tmp_path, capsys, name) -> None:
    iio.imwrite(tmp_path / "in.png", smooth(40, 40))
    (tmp_path / name).write_text("precious")
    arguments = ["learning-curves", str(tmp_path / "in.png"), "--output", str(tmp_path)]
    assert main(arguments) == 2
    assert f"{name} exists already" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "precious"
    options = ["--iterations", "10", "--preset", "fast", "--size", "24", "--device", "cpu"]
    assert main([*arguments, *options, "--overwrite"]) == 0
    assert (tmp_path / name).read_bytes() != b"precious"
