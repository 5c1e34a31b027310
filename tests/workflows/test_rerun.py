"""A repetition finds what went in, and says by how much it differs."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Inpaint, Settings, files
from napari_deep_prior.workflows.rerun import compare, rerun
from napari_deep_prior.workflows.restore_file import Job, restore_file


@pytest.fixture
def job(tmp_path):
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


@pytest.mark.parametrize("dtype", ["auto", "uint16"])
@pytest.mark.parametrize("name", ["again.tif", "again.ome.zarr"])
def test_the_same_bits_in_every_format(job, name, dtype):
    job = dataclasses.replace(job, output=job.output.with_name(name), dtype=dtype)
    assert restore_file(job).saved == job.output
    for record in (job.output, files.sidecar(job.output)):
        if record.exists():
            repeated = rerun(record)
            assert repeated.difference.identical
            assert not repeated.difference.matters
            assert list(repeated.sentences()) == [
                f"The same bits as {job.output}.",
                "The versions and the processor are those of then.",
            ]


def test_what_went_in_is_found_beside_the_record_after_a_move(job, tmp_path_factory):
    there = tmp_path_factory.mktemp("elsewhere")
    for path in (job.input, job.output, files.sidecar(job.output), job.companions["mask"]):
        shutil.move(path, there / path.name)
    assert rerun(there / "out.tif").difference.identical


def test_files_are_told_apart_by_their_content(job, tmp_path):
    (tmp_path / "given").mkdir()
    moved = [
        shutil.move(path, tmp_path / "given" / f"{n}.tif") for n, path in enumerate((job.input, job.companions["mask"]))
    ]
    with pytest.raises(ValueError, match="give the image as well"):
        rerun(job.output)
    with pytest.raises(ValueError, match="recorded mask is not among the files"):
        rerun(job.output, moved[0])
    assert rerun(job.output, moved[0], moved).difference.identical
    with pytest.raises(ValueError, match="image has shape"):
        rerun(job.output, moved[1], moved)


def test_another_result_is_told_with_its_distance(job):
    saved = tifffile.imread(job.output)
    saved[1, 5, 5] += 3
    tifffile.imwrite(job.output, saved, ome=True, metadata={"axes": "ZYX"})
    repeated = rerun(job.output)
    assert repeated.difference.matters
    assert repeated.difference.largest == pytest.approx(3)
    assert repeated.difference.rms == pytest.approx(3 / math.sqrt(saved.size))
    (words, *_) = repeated.sentences()
    assert "by at most 3 grey values, root mean square 0.0" in words
    assert "of the noise's standard deviation" in words


def test_other_versions_are_told(job):
    beside = files.sidecar(job.output)
    values = json.loads(beside.read_text("utf-8"))
    values["versions"]["torch"] = "1.0"
    beside.write_text(json.dumps(values), "utf-8")
    same, versions = rerun(job.output).sentences()
    assert same.startswith("The same bits")
    assert versions.startswith("The recorded run had torch 1.0")


def test_a_record_without_its_result_or_with_another_is_refused(job):
    tifffile.imwrite(job.output, np.zeros((8, 9), np.float32))
    with pytest.raises(ValueError, match="it is another image"):
        rerun(job.output)
    job.output.unlink()
    with pytest.raises(FileNotFoundError, match="no result to compare with"):
        rerun(files.sidecar(job.output))


@pytest.mark.parametrize("companions", [{"colour": {}}, {"mask": {}}])
def test_a_damaged_record_is_refused_in_words(job, companions):
    beside = files.sidecar(job.output)
    values = json.loads(beside.read_text("utf-8"))
    found = values["companions"]["mask"]
    values["companions"] = {name: found for name in companions}
    values["task"]["name"] = "denoise"
    beside.write_text(json.dumps(values), "utf-8")
    with pytest.raises(ValueError, match=r"needs mask|needs colour|does not know"):
        rerun(job.output)


@pytest.mark.parametrize("source", [3, "", "\0", ["in.tif"]])
def test_an_odd_origin_is_no_file(job, source):
    beside = files.sidecar(job.output)
    beside.write_text(json.dumps({**json.loads(beside.read_text("utf-8")), "source": source}), "utf-8")
    with pytest.raises(ValueError, match="give the image as well"):
        rerun(job.output)


def test_distances_of_arrays():
    one = np.array([[1.0, 2.0], [np.nan, np.inf]], np.float32)
    assert compare(one, one.copy()).identical
    assert compare(one, np.where(np.isnan(one), np.float32(1), one)).largest == math.inf
    close = compare(one, np.nextafter(one, one + 1))
    assert not close.identical
    assert not close.matters
    whole = np.array([[1, 200]], np.uint8)
    assert compare(whole, np.array([[2, 200]], np.uint8)).largest == 1
    assert not compare(whole, np.array([[2, 200]], np.uint8)).matters
    assert compare(whole, np.array([[1, 198]], np.uint8)).matters


def test_a_run_from_the_program_is_not_named_by_itself(job):
    """`Denoise` has no companion that is needed: nothing is looked for."""
    plain = dataclasses.replace(job, task=Denoise, companions={}, output=job.output.with_name("plain.tif"))
    assert restore_file(plain).saved == plain.output
    assert "companion_files" not in json.loads(files.sidecar(plain.output).read_text("utf-8"))
    assert rerun(plain.output).difference.identical
