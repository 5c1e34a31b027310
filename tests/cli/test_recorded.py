"""Commands that go back to a record take its image and companions as the record names them, or as given."""

from __future__ import annotations

from pathlib import Path

import pytest
import tyro

from napari_deep_prior.cli.control import Control
from napari_deep_prior.cli.rerun import Rerun


@pytest.mark.parametrize("command", [Control, Rerun])
def test_both_may_be_left_out(command: type) -> None:
    alone = tyro.cli(command, args=["out.tif"])
    assert (alone.input, alone.companions) == (None, ())
    given = tyro.cli(command, args=["out.tif", "in.tif", "--companions", "mask.tif", "psf.tif"])
    assert given.input == Path("in.tif")
    assert given.companions == (Path("mask.tif"), Path("psf.tif"))
