"""Formats are found by themselves, and a folder of files can be one."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.files import Picture
from napari_deep_prior.files.formats import registry
from napari_deep_prior.files.formats._base import Format


def test_endings_lead_to_their_format():
    assert [kind.names[0] for kind in registry.FORMATS] == ["TIFF", "PNG", "JPEG", "OME-Zarr"]
    assert registry.format_of(Path("a.TIFF")) is registry.FORMATS[0]
    assert registry.format_of(Path("a.ome.zarr/labels/cells")) is registry.FORMATS[3]
    with pytest.raises(ValueError, match="ending"):
        registry.format_of(Path("a.tif/labels/cells"))
    assert files.names() == "TIFF, OME-TIFF, PNG, JPEG or OME-Zarr"


class Store(Format):
    """An image that is a folder, with its record inside."""

    names = ("store",)
    suffixes = (".store",)

    def check_exists(self, path):
        if not (path / "array.npy").is_file():
            raise FileNotFoundError(f"{path} does not exist.")

    def read(self, path):
        return Picture(array=np.load(path / "array.npy"), axes=(path / "axes").read_text())

    def read_record(self, path):
        return json.loads((path / "record").read_text())

    def check(self, axes, shape, dtype):
        pass

    def write(self, path, array, *, like, record):
        path.mkdir()
        np.save(path / "array.npy", array)
        (path / "axes").write_text(like.letters)
        (path / "record").write_text(json.dumps(record))

    def check_place(self, path, *, overwrite):
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} exists already.")

    def record_path(self, path):
        return None

    def publish(self, part, path, *, overwrite):
        part.rename(path)

    @contextlib.contextmanager
    def staged(self, path):
        part = path.with_name(f".{path.name}.part")
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)


@pytest.fixture
def _store(monkeypatch):
    monkeypatch.setitem(registry.SUFFIXES, ".store", Store())


@pytest.mark.usefixtures("_store")
def test_a_folder_can_be_a_format(tmp_path, ramp):
    array, path = ramp((3, 4, 5), np.uint16), tmp_path / "a.store"
    files.write(path, array, like=Picture(array=array, axes="ZYX"), record="{}")
    assert [child.name for child in tmp_path.iterdir()] == ["a.store"]
    np.testing.assert_array_equal(files.read(path).array, array)
    assert (files.read(path).axes, files.read_record(path)) == ("ZYX", "{}")
    with pytest.raises(FileExistsError, match="exists already"):
        files.write(path, array, like=Picture(array=array, axes="ZYX"))
    with pytest.raises(FileNotFoundError, match="does not exist"):
        files.read(tmp_path / "b.store")
