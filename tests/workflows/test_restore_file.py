"""One file restored without a terminal: a job can be sent to another process."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Deconvolve, Denoise, Settings, files, restore
from napari_deep_prior.workflows.restore_file import Job, Restoration, restore_file


@pytest.fixture
def job(tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", np.random.default_rng(0).poisson(40, (24, 30)).astype(np.uint16))
    settings = Settings(preset="fast", seconds="never", iterations=50)
    return Job(input=tmp_path / "in.tif", output=tmp_path / "out.tif", task=Denoise, settings=settings)


def test_a_job_and_its_outcome_can_be_sent(job, capfd):
    sent = pickle.loads(pickle.dumps(job))
    outcome = pickle.loads(pickle.dumps(restore_file(sent)))
    assert (outcome.saved, outcome.failure, outcome.stopped) == (job.output, None, False)
    image = restore(files.read(job.input).array, settings=job.settings).image
    np.testing.assert_array_equal(files.read(job.output).array, image)
    assert capfd.readouterr() == ("", ""), "it is silent"


def test_an_older_ome_zarr_is_written_if_asked(job):
    zarr = pytest.importorskip("zarr")
    with pytest.raises(
        ValueError, match=r"ome-zarr = 0\.4: .*out\.tif is none\. Choose a name that ends in \.ome\.zarr"
    ):
        restore_file(dataclasses.replace(job, ome_zarr="0.4"))
    stores = {name: job.output.with_name(f"{name}.ome.zarr") for name in ("out", "uncertainty", "invented")}
    beside = {name: path for name, path in stores.items() if name != "out"}
    for output in (job.output, stores["out"]):  # a TIFF with stores beside it, too
        restore_file(dataclasses.replace(job, output=output, ome_zarr="0.4", by_products=beside, overwrite=True))
    for path in stores.values():
        assert zarr.open_group(path, mode="r").metadata.zarr_format == 2
    np.testing.assert_array_equal(files.read(stores["out"]).array, files.read(job.output).array)


@pytest.mark.parametrize("keep", [True, False])
def test_a_stopped_run_is_kept_or_not(job, keep):
    def stop(fit):
        for snapshot in fit:
            fit.stop()
            yield snapshot

    values = {name: getattr(job, name) for name in ("input", "output", "task")}
    settings = Settings(preset="fast", seconds="never", iterations=100000, stopping="never")
    outcome = restore_file(Job(**values, settings=settings, keep_unfinished=keep), stop)
    assert outcome.stopped
    assert outcome.saved == (job.output if keep else None)
    assert job.output.exists() is keep


def deconvolution(folder, psf_nanometres, side=15):
    """Of an image whose pixels are 100 nm wide, by a spot as if photographed with others."""
    for name, shape, size in (("in", (40, 48), 100), ("psf", (side, side), psf_nanometres)):
        squared = sum((axis - (n - 1) / 2) ** 2 for axis, n in zip(np.indices(shape), shape, strict=True))
        image = (1000 * np.exp(-squared / 8)).astype(np.float32)
        per_pixel = {"resolution": (1000 / size, 1000 / size), "metadata": {"unit": "um", "axes": "YX"}} if size else {}
        tifffile.imwrite(folder / f"{name}.tif", image, imagej=bool(size), **per_pixel)
    return Job(
        input=folder / "in.tif", output=folder / "out.tif", task=Deconvolve, companions={"psf": folder / "psf.tif"}
    )


@pytest.mark.parametrize("nanometres", [50, 104])
def test_a_psf_with_pixels_of_another_size_is_refused(tmp_path, nanometres):
    with pytest.raises(
        ValueError, match=rf"pixel of the psf is {nanometres / 1000:g} µm along Y, one of the image 0\.1 µm: resample"
    ):
        Restoration(deconvolution(tmp_path, nanometres))


@pytest.mark.parametrize("nanometres", [None, 100, 101])
def test_a_psf_of_the_same_or_an_unknown_size_is_taken(tmp_path, nanometres):
    assert Restoration(deconvolution(tmp_path, nanometres)).notes == ()


def test_what_was_done_to_a_psf_is_told_beforehand_and_in_the_record(tmp_path):
    restoration = Restoration(deconvolution(tmp_path, None, side=16))
    (note,) = restoration.notes
    assert note == "The light of the PSF lies between pixels: it was moved by (0.50, 0.50) pixels onto the middle one."
    restoration.fit.stop()
    list(restoration.fit)
    assert restoration.fit.result.record.notes == (note,)
