"""Planes of OME-Zarr lie in files of their own; a store of any size is opened without reading it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.files import Picture
from napari_deep_prior.files.formats._zarr_planes import ZarrLayout, ZarrPlaneWriter
from napari_deep_prior.files.formats._zarr_version import VERSIONS, Version

zarr = pytest.importorskip("zarr")


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_no_two_planes_share_a_file(tmp_path: Path, version: Version) -> None:
    like = Picture(array=np.zeros((2, 4, 8, 8), np.float32), axes="TZYX")
    layout = ZarrLayout(
        path=tmp_path / "a.zarr",
        like=like,
        shape=like.array.shape,
        dtype=like.array.dtype,
        version=version,
        by_planes=True,
    )
    writer = ZarrPlaneWriter(layout)
    writer.create()
    files_of = []
    for index in ((0, 1, slice(None), slice(None)), (0, 2, slice(None), slice(None))):
        before = set((tmp_path / "a.zarr").rglob("*"))
        writer.write(index, np.zeros((8, 8), np.float32))
        files_of.append({path for path in set((tmp_path / "a.zarr").rglob("*")) - before if path.is_file()})
    assert all(files_of), "a plane of zeros is stored too"
    assert not files_of[0] & files_of[1]
    assert set(writer._files(layout.arrays()[0], 0, (0, 2, slice(None), slice(None)))) == files_of[1]


@pytest.mark.parametrize(("begun", "going_on"), [("0.4", "0.5"), ("0.5", "0.4")])
def test_a_store_keeps_its_version(tmp_path: Path, begun: files.OmeZarr, going_on: files.OmeZarr) -> None:
    like, path = Picture(array=np.zeros((2, 8, 8), np.float32), axes="ZYX"), tmp_path / "a.ome.zarr"
    shape, dtype = like.array.shape, like.array.dtype
    first = files.plane_writer(path, path, like=like, shape=shape, dtype=dtype, ome_zarr=begun)
    second = files.plane_writer(path, path, like=like, shape=shape, dtype=dtype, ome_zarr=going_on)
    assert first is not None
    assert second is not None
    first.create()
    for act in (
        lambda: second.write((0, slice(None), slice(None)), like.array[0]),
        lambda: second.finish("{}", [(0.0, 1.0)]),
    ):
        with pytest.raises(ValueError, match=rf"is OME-Zarr {begun} and cannot go on as {going_on}: choose {begun}"):
            act()
    first.write((0, slice(None), slice(None)), like.array[0] + 1)
    assert files.read(path).array[0].min() == 1


def test_a_store_larger_than_any_memory_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.ome.zarr"
    group = zarr.create_group(path, attributes={"ome": {"version": "0.5", "multiscales": [_multiscale()]}})
    group.create_array("0", shape=(10**7, 2048, 2048), chunks=(1, 1024, 1024), dtype="uint16", fill_value=3)
    picture = files.open_lazily(path)
    assert picture.array.nbytes > 10**13
    assert picture.axes == "TYX"
    plane = picture.array[10**6]
    assert plane.shape == (2048, 2048)
    assert (plane == 3).all()
    with pytest.raises(ValueError, match="too much to be true"):
        files.read(path)


def _multiscale() -> dict[str, object]:
    return {
        "axes": [{"name": "t", "type": "time"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
        "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 1.0, 1.0]}]}],
    }
