"""A film in a file, and a job that restores it in a few steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.workflows.restore_file import Job

FILM = (np.linspace(100, 900, 31) + np.random.default_rng(0).normal(0, 60, (5, 24, 31))).astype(np.uint16)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    tifffile.imwrite(tmp_path / "film.tif", FILM, ome=True, metadata={"axes": "TYX"})
    settings = Settings(preset="fast", iterations=6, seconds="never", context=1)
    return Job(input=tmp_path / "film.tif", output=tmp_path / "out.ome.tif", task=Denoise, settings=settings)
