"""Restored images with their records."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Inpaint, Settings, restore
from napari_deep_prior.core.results import Record
from napari_deep_prior.workflows.restore_file import Job, restore_file

QUICK = Settings(preset="fast", iterations=3, seconds="never", seed=5, device="cpu", method="recorrupted")


@functools.cache
def made() -> Record:
    image = np.random.default_rng(0).normal(100, 5, (32, 40)).astype(np.float32)
    return restore(image, Denoise(), settings=QUICK).record


@pytest.fixture
def record() -> Record:
    """Of a real run of three steps."""
    return made()


@pytest.fixture
def filled_in(tmp_path):
    """A stack of two planes with a mask, filled in."""
    image = np.random.default_rng(0).poisson(40, (2, 36, 40)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", image, ome=True, metadata={"axes": "ZYX"})
    mask = np.zeros((36, 40), np.uint8)
    mask[4:8, 4:7] = 1
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    job = Job(
        input=tmp_path / "in.tif",
        output=tmp_path / "out.tif",
        task=Inpaint,
        companions={"mask": tmp_path / "mask.tif"},
        settings=Settings(preset="fast", seconds="never", iterations=3, device="cpu"),
    )
    assert restore_file(job).saved == job.output
    return job
