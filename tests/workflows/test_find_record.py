"""A record is found wherever it stands."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.workflows import find_record as module
from napari_deep_prior.workflows.find_record import find_record


@pytest.fixture(params=["out.tif", "out.png", "out.ome.zarr"])
def saved(request, tmp_path, record):
    """A result in each format, with its record."""
    path = tmp_path / request.param
    image = np.arange(1280, dtype=np.uint16).reshape(32, 40)
    files.write(path, image, like=files.Picture(array=image, axes="YX"), record=record.to_json())
    return path


def test_beside_or_inside_an_image(saved, record):
    assert find_record(saved) == record
    beside = files.sidecar(saved)
    if beside.exists():
        assert find_record(beside) == record
        beside.unlink()
        if saved.suffix == ".tif":  # a PNG has no place for it
            assert find_record(saved) == record


def test_the_file_beside_counts_before_what_is_inside(tmp_path, record):
    image = np.arange(1280, dtype=np.uint16).reshape(32, 40)
    path = tmp_path / "out.tif"
    files.write(path, image, like=files.Picture(array=image, axes="YX"), record=record.to_json())
    text = record.to_json().replace('"seed": 5', '"seed": 7')
    files.sidecar(path).write_text(text, "utf-8")
    assert find_record(path).settings["seed"] == 7


def test_what_has_none_is_refused_in_words(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "raw.tif", np.zeros((8, 8), np.uint8))
    (tmp_path / "other.json").write_text("[1]", "utf-8")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    for name, words in (
        ("raw.tif", "no record is in it"),
        ("other.json", "other.json: .*no record"),
        ("bad.json", "bad"),
    ):
        with pytest.raises(ValueError, match=words):
            find_record(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        find_record(tmp_path / "gone.json")
    monkeypatch.setattr(module, "_LARGEST", 2)
    with pytest.raises(ValueError, match="sensible size"):
        find_record(tmp_path / "other.json")
