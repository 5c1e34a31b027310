"""A result counts as done where the same job would make it again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Inpaint, Settings, files
from napari_deep_prior.workflows.done_before import is_result_of
from napari_deep_prior.workflows.restore_file import Job, Restoration, restore_file


@pytest.fixture
def job(tmp_path):
    """An image with a mask, restored."""
    image = np.random.default_rng(0).poisson(40, (3, 24, 30)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", image, ome=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "other.tif", image + 1, ome=True, metadata={"axes": "ZYX"})
    for name, width in (("mask.tif", 3), ("wider.tif", 4)):
        mask = np.zeros((24, 30), np.uint8)
        mask[4:8, 4 : 4 + width] = 1
        tifffile.imwrite(tmp_path / name, mask)
    job = Job(
        input=tmp_path / "in.tif",
        output=tmp_path / "out.tif",
        task=Inpaint,
        companions={"mask": tmp_path / "mask.tif"},
        settings=Settings(preset="fast", seconds="never", iterations=3, device="cpu"),
        overwrite=True,
    )
    assert restore_file(job).saved == job.output
    return job


def done(job):
    return is_result_of(Restoration(job))


def test_the_same_job_is_done(job):
    assert done(job)


def test_any_other_is_not(job):
    folder = job.input.parent
    others = [
        {"input": folder / "other.tif"},
        {"companions": {"mask": folder / "wider.tif"}},
        {"settings": dataclasses.replace(job.settings, seed=1)},
        {"parameters": {"keep_known": False}},
        {"axes": "TYX"},
        {"dtype": "uint16"},
        {"task": Denoise, "companions": {}},
    ]
    for other in others:
        assert not done(dataclasses.replace(job, **other)), other


@pytest.mark.parametrize("damage", ["empty", "cut", "no record", "other record"])
def test_what_is_damaged_is_not(job, damage):
    content = job.output.read_bytes()
    match damage:
        case "empty":
            job.output.write_bytes(b"")
        case "cut":
            job.output.write_bytes(content[: len(content) // 2])
        case "no record":
            files.sidecar(job.output).unlink()
        case "other record":
            files.sidecar(job.output).write_text('{"planes": 3}')
    assert not done(job)
