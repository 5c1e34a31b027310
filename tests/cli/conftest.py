"""Images, and the command line called from Python."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_deep_prior.cli import main


@pytest.fixture
def image(tmp_path):
    """A smooth uint16 picture with a pixel size, not square."""
    y, x = np.mgrid[:33, :47]
    array = (1000 + 800 * np.sin(x / 9) * np.cos(y / 7)).astype(np.uint16)
    metadata = {"axes": "YX", "PhysicalSizeX": 0.13, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.2}
    tifffile.imwrite(tmp_path / "in.ome.tif", array, ome=True, metadata=metadata)
    return tmp_path / "in.ome.tif"


@pytest.fixture
def mask(tmp_path):
    array = np.zeros((33, 47), np.uint8)
    array[10:14, 20:30] = 255
    iio.imwrite(tmp_path / "mask.png", array)
    return tmp_path / "mask.png"


@pytest.fixture(scope="session")
def run():
    """The command line: arguments -> exit code."""
    return lambda *arguments: main([str(argument) for argument in arguments])


@pytest.fixture
def refusal(run, capsys):
    """The one line on stderr of a command that must end with exit code 2."""

    def refused(*arguments):
        assert run(*arguments) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("napari-deep-prior: ")
        assert err.count("\n") == 1
        return err

    return refused
