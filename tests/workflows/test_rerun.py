"""A repetition finds what went in, and says by how much it differs."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, files
from napari_deep_prior.workflows.rerun import compare, rerun
from napari_deep_prior.workflows.restore_file import restore_file


@pytest.mark.parametrize("dtype", ["auto", "uint16"])
@pytest.mark.parametrize("name", ["again.tif", "again.ome.zarr"])
def test_the_same_bits_in_every_format(filled_in, name, dtype):
    filled_in = dataclasses.replace(filled_in, output=filled_in.output.with_name(name), dtype=dtype)
    assert restore_file(filled_in).saved == filled_in.output
    for record in (filled_in.output, files.sidecar(filled_in.output)):
        if record.exists():
            repeated = rerun(record)
            assert repeated.difference.identical
            assert not repeated.difference.matters
            assert list(repeated.sentences()) == [
                f"The same bits as {filled_in.output}.",
                "The versions and the processor are those of then.",
            ]


def test_what_went_in_is_found_beside_the_record_after_a_move(filled_in, tmp_path_factory):
    there = tmp_path_factory.mktemp("elsewhere")
    for path in (filled_in.input, filled_in.output, files.sidecar(filled_in.output), filled_in.companions["mask"]):
        shutil.move(path, there / path.name)
    assert rerun(there / "out.tif").difference.identical


def test_files_are_told_apart_by_their_content(filled_in, tmp_path):
    (tmp_path / "given").mkdir()
    moved = [
        shutil.move(path, tmp_path / "given" / f"{n}.tif")
        for n, path in enumerate((filled_in.input, filled_in.companions["mask"]))
    ]
    with pytest.raises(ValueError, match="give the image as well"):
        rerun(filled_in.output)
    with pytest.raises(ValueError, match="recorded mask is not among the files"):
        rerun(filled_in.output, moved[0])
    assert rerun(filled_in.output, moved[0], moved).difference.identical
    with pytest.raises(ValueError, match="image has shape"):
        rerun(filled_in.output, moved[1], moved)


def test_another_result_is_told_with_its_distance(filled_in):
    saved = tifffile.imread(filled_in.output)
    saved[1, 5, 5] += 3
    tifffile.imwrite(filled_in.output, saved, ome=True, metadata={"axes": "ZYX"})
    repeated = rerun(filled_in.output)
    assert repeated.difference.matters
    assert repeated.difference.largest == pytest.approx(3)
    assert repeated.difference.rms == pytest.approx(3 / math.sqrt(saved.size))
    (words, *_) = repeated.sentences()
    assert "by at most 3 grey values, root mean square 0.0" in words
    assert "of the noise's standard deviation" in words


def test_other_versions_are_told(filled_in):
    beside = files.sidecar(filled_in.output)
    values = json.loads(beside.read_text("utf-8"))
    values["versions"]["torch"] = "1.0"
    beside.write_text(json.dumps(values), "utf-8")
    same, versions = rerun(filled_in.output).sentences()
    assert same.startswith("The same bits")
    assert versions.startswith("The recorded run had torch 1.0")


def test_a_record_without_its_result_or_with_another_is_refused(filled_in):
    tifffile.imwrite(filled_in.output, np.zeros((8, 9), np.float32))
    with pytest.raises(ValueError, match="it is another image"):
        rerun(filled_in.output)
    filled_in.output.unlink()
    with pytest.raises(FileNotFoundError, match="no result to compare with"):
        rerun(files.sidecar(filled_in.output))


@pytest.mark.parametrize("companions", [{"colour": {}}, {"mask": {}}])
def test_a_damaged_record_is_refused_in_words(filled_in, companions):
    beside = files.sidecar(filled_in.output)
    values = json.loads(beside.read_text("utf-8"))
    found = values["companions"]["mask"]
    values["companions"] = {name: found for name in companions}
    values["task"]["name"] = "denoise"
    beside.write_text(json.dumps(values), "utf-8")
    with pytest.raises(ValueError, match=r"needs mask|needs colour|does not know"):
        rerun(filled_in.output)


@pytest.mark.parametrize("source", [3, "", "\0", ["in.tif"]])
def test_an_odd_origin_is_no_file(filled_in, source):
    beside = files.sidecar(filled_in.output)
    beside.write_text(json.dumps({**json.loads(beside.read_text("utf-8")), "source": source}), "utf-8")
    with pytest.raises(ValueError, match="give the image as well"):
        rerun(filled_in.output)


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


def test_a_run_from_the_program_is_not_named_by_itself(filled_in):
    """`Denoise` has no companion that is needed: nothing is looked for."""
    plain = dataclasses.replace(filled_in, task=Denoise, companions={}, output=filled_in.output.with_name("plain.tif"))
    assert restore_file(plain).saved == plain.output
    assert "companion_files" not in json.loads(files.sidecar(plain.output).read_text("utf-8"))
    assert rerun(plain.output).difference.identical
