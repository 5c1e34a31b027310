"""OME-Zarr comes back as it went, others' stores are read as they are meant, and the standard's validator agrees."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import yaozarrs
import zarr
from hypothesis import given, settings

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize

SIZES = {
    "T": PixelSize(size=2.0, unit="s"),
    "Z": PixelSize(size=0.5, unit="µm"),
    "Y": PixelSize(size=65.0, unit="nm"),
    "X": PixelSize(size=65.0, unit="nm"),
}


@settings(max_examples=15, deadline=None)
@given(axes=st.permutations("TZCYX"), left_out=st.sets(st.sampled_from("TZC")), data=st.data())
def test_round_trip(axes, left_out, data, ramp):
    axes = "".join(letter for letter in axes if letter not in left_out)
    shape = tuple(data.draw(st.integers(1, 7), label=letter) for letter in axes)
    array = ramp(shape, data.draw(st.sampled_from(["uint8", "uint16", "int32", "float32", "float64"])))
    units = {"T": ["s", "min", "ms", "h"], **{letter: ["µm", "nm", "Å", "mm", "ft", "pixel"] for letter in "ZYX"}}
    known = [letter for letter in axes if letter in units and data.draw(st.booleans())]
    size = {letter: data.draw(st.floats(1e-6, 1e6)) for letter in known}
    pixel_size = {
        letter: PixelSize(size=size[letter], unit=data.draw(st.sampled_from(units[letter]))) for letter in known
    }
    pixel_size = {letter: one for letter, one in pixel_size.items() if (one.unit, one.size) != ("pixel", 1)}
    origin = {letter: data.draw(st.floats(1, 1e3)) for letter in known}
    count = shape[axes.index("C")] if "C" in axes else 0
    names = tuple(data.draw(st.lists(st.sampled_from(["DAPI", "µ", "GFP"]), min_size=count, max_size=count)))
    like = Picture(
        array=array, axes=axes, pixel_size=pixel_size, origin=origin, channels=names, colours=("FF8000",) * count
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.ome.zarr"
        files.write(path, array, like=like, record='{"a": {"b": ["<µ&>", 1.5, null]}}')
        yaozarrs.validate_zarr_store(str(path))
        back = files.read(path)
        assert json.loads(files.read_record(path)) == {"a": {"b": ["<µ&>", 1.5, None]}}
        assert json.loads(files.sidecar(path).read_text("utf-8")) == json.loads(files.read_record(path))
    order = "".join(letter for letter in "TCZYX" if letter in axes)
    assert (back.axes, back.array.dtype, back.notes) == (order, array.dtype, ())
    np.testing.assert_array_equal(back.array, array.transpose([axes.index(letter) for letter in order]))
    assert set(back.pixel_size) == set(pixel_size)
    for letter, one in pixel_size.items():
        assert back.pixel_size[letter].unit == one.unit
        assert back.pixel_size[letter].size == pytest.approx(one.size, rel=1e-14)
    assert (back.origin, back.channels, back.colours) == (origin, names, like.colours)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_store_of_another_program(tmp_path, ramp, store_04, store_05, image_04, image_05, omero, version):
    array, path = ramp((2, 2, 3, 5, 7), np.uint16), tmp_path / "cells.zarr"
    write, image = (store_04, image_04) if version == "0.4" else (store_05, image_05)
    write(path, image(omero=omero), _0=array)
    picture = files.read(path)
    np.testing.assert_array_equal(picture.array, array)
    assert (picture.axes, picture.pixel_size, picture.origin) == ("TCZYX", SIZES, {})
    assert (picture.channels, picture.colours) == (("DAPI", "GFP"), ("0000FF", "00FF00"))
    assert (picture.notes, files.read_record(path)) == ((), None)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_masks_are_the_labels_of_a_store(tmp_path, ramp, store_04, store_05, image_04, image_05, version):
    write, image = (store_04, image_04) if version == "0.4" else (store_05, image_05)
    path, cells, nuclei = tmp_path / "a.zarr", ramp((5, 7), np.int32), ramp((5, 7), np.uint8) // 2
    write(path, image("yx"), _0=ramp((5, 7), np.float32))
    write(
        path / "labels",
        {"version": "0.5", "labels": ["cells"]},
    )
    write(path / "labels" / "cells", {**image("yx"), "image-label": {}}, _0=cells)
    for place in (path, path / "labels", path / "labels" / "cells", path / "labels" / "cells" / "0"):
        np.testing.assert_array_equal(files.read_labels(place).array, cells)
    assert files.read_labels(path).axes == "YX"
    assert files.read(path).array.dtype == np.float32
    write(path / "more.zarr", image("yx"), _0=cells)
    write(path / "more.zarr" / "labels", {"version": "0.5", "labels": ["cells", "nuclei"]})
    write(path / "more.zarr" / "labels" / "nuclei", {**image("yx"), "image-label": {}}, _0=nuclei)
    with pytest.raises(files.Unreadable, match=r"several labels \(cells, nuclei\).*more\.zarr/labels/cells"):
        files.read_labels(path / "more.zarr")
    np.testing.assert_array_equal(files.read_labels(path / "more.zarr" / "labels" / "nuclei").array, nuclei)


def test_an_image_saved_as_a_mask_is_one(tmp_path, ramp):
    array = ramp((5, 7), np.uint8)
    files.write(tmp_path / "a.zarr", array, like=Picture(array=array, axes="YX"))
    np.testing.assert_array_equal(files.read_labels(tmp_path / "a.zarr").array, array)
    files.write(tmp_path / "b.zarr", array / 3, like=Picture(array=array, axes="YX"))
    with pytest.raises(ValueError, match="whole numbers"):
        files.read_labels(tmp_path / "b.zarr")


def test_arrays_without_ome_metadata_say_their_axes_or_are_asked_for_them(tmp_path, ramp, store_04, store_05):
    array = ramp((3, 5, 7), np.uint8)
    for number, write in enumerate((store_04, store_05)):
        path = write(tmp_path / f"{number}.zarr", None if number else {}, _0=array)
        assert files.read(path / "0").axes is None
        with pytest.raises(files.Unreadable, match=rf"such as .*{number}\.zarr/0, .*--axes"):
            files.read(path)
    zarr.create_array(str(tmp_path / "named.zarr"), data=array, dimension_names=["z", "y", "x"])
    assert files.read(tmp_path / "named.zarr").axes == "ZYX"
    zarr.create_array(str(tmp_path / "other.zarr"), data=array, dimension_names=["plane", "y", "x"])
    assert files.read(tmp_path / "other.zarr").axes is None


def test_groups_of_images(tmp_path, ramp, store_04, store_05, image_04, image_05):
    array = ramp((5, 7), np.uint8)
    plate = store_04(tmp_path / "plate.zarr", {"plate": {"wells": []}})
    with pytest.raises(files.Unreadable, match="plate or a well: give the path of one image"):
        files.read(plate)
    series = store_05(tmp_path / "series.zarr", {"version": "0.5", "bioformats2raw.layout": 3})
    with pytest.raises(files.Unreadable, match="0 is missing"):
        files.read(series)
    store_05(series / "0", image_05("yx"), _0=array)
    assert files.read(series).notes == ()
    store_05(series / "1", image_05("yx"), _0=array + 1)
    assert "several images" in files.read(series).notes[0]
    np.testing.assert_array_equal(files.read(series / "1").array, array + 1)


def test_a_result_is_a_pyramid_with_its_levels_in_place(tmp_path):
    array = np.arange(1100 * 70, dtype=np.float32).reshape(1100, 70)
    like = Picture(array=array, axes="YX", pixel_size={"Y": PixelSize(size=2.0, unit="µm")}, origin={"Y": 10.0})
    files.write(tmp_path / "a.ome.zarr", array, like=like)
    group = zarr.open_group(str(tmp_path / "a.ome.zarr"), mode="r")
    assert [group[name].shape for name in "012"] == [(1100, 70), (550, 35), (275, 18)]
    np.testing.assert_allclose(group["1"][3, 4], array[6:8, 8:10].mean())
    levels = group.attrs["ome"]["multiscales"][0]["datasets"]
    steps = [[one[one["type"]] for one in level["coordinateTransformations"]] for level in levels]
    assert steps == [[[2.0, 1.0], [10.0, 0.0]], [[4.0, 2.0], [11.0, 0.5]], [[8.0, 4.0], [13.0, 1.5]]]
    yaozarrs.validate_zarr_store(str(tmp_path / "a.ome.zarr"))


def test_colours_are_saved_as_channels(tmp_path, ramp):
    array = ramp((5, 7, 3), np.uint8)
    files.write(tmp_path / "a.zarr", array, like=Picture(array=array, axes="YXS"))
    back = files.read(tmp_path / "a.zarr")
    assert (back.axes, back.channels, back.colours[0]) == ("CYX", ("Red", "Green", "Blue"), "FF0000")
    np.testing.assert_array_equal(back.array, np.moveaxis(array, -1, 0))


def test_a_row_of_unknown_meaning_keeps_its_letter(tmp_path, ramp):
    array = ramp((3, 5, 7), np.uint8)
    files.write(tmp_path / "a.zarr", array, like=Picture(array=array, axes="QYX"))
    assert files.read(tmp_path / "a.zarr").axes == "QYX"
    yaozarrs.validate_zarr_store(str(tmp_path / "a.zarr"))


@pytest.mark.parametrize("axes", ["CYXS", "QCYX", "ZX"])
def test_axes_that_have_no_place(tmp_path, axes):
    like = Picture(array=np.zeros((3,) * len(axes)), axes=axes)
    with pytest.raises(ValueError, match=f"axes {axes}"):
        files.check_output(tmp_path / "a.zarr", like=like, dtype=np.dtype("float32"))


def test_what_is_there_is_replaced_only_if_asked(tmp_path, ramp, store_05, image_05):
    path, array = tmp_path / "a.zarr", ramp((5, 7), np.uint8)
    like = Picture(array=array, axes="YX")
    files.write(path, array, like=like, record='{"a": 1}')
    with pytest.raises(FileExistsError, match="--overwrite"):
        files.write(path, array + 1, like=like)
    files.write(path, array + 1, like=like, record='{"a": 2}', overwrite=True)
    np.testing.assert_array_equal(files.read(path).array, array + 1)
    assert json.loads(files.read_record(path)) == {"a": 2}
    assert sorted(child.name for child in tmp_path.iterdir()) == ["a.zarr", "a.zarr.json"]
    with pytest.raises(ValueError, match="inside of a store"):
        files.write(path / "b.zarr", array, like=like)
    with pytest.raises(ValueError, match="inside of a store"):
        files.write(path / "b", array, like=like)
    store_05(path / "labels", {"version": "0.5", "labels": ["cells"]})
    (tmp_path / "mine.zarr").mkdir()
    for place, words in ((path, "labels too, which would be lost"), (tmp_path / "mine.zarr", "no OME-Zarr image")):
        with pytest.raises(IsADirectoryError, match=words):
            files.write(place, array, like=like, overwrite=True)


def test_a_failed_write_leaves_all_as_it_was(tmp_path, monkeypatch, ramp):
    array = ramp((5, 7), np.float32)
    like = Picture(array=array, axes="YX")
    files.write(tmp_path / "a.zarr", array, like=like, record='"old"')
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full_disk(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.write(tmp_path / "a.zarr", array, like=like, record='"new"', overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_without_its_packages_it_says_how_to_get_them(tmp_path, monkeypatch, ramp):
    array = ramp((5, 7), np.float32)
    like = Picture(array=array, axes="YX")
    files.write(tmp_path / "a.zarr", array, like=like)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "yaozarrs" else find(name))
    for act in (
        lambda: files.read(tmp_path / "a.zarr"),
        lambda: files.read_labels(tmp_path / "a.zarr"),
        lambda: files.check_output(tmp_path / "b.zarr", like=like, dtype=array.dtype),
    ):
        with pytest.raises(ValueError, match=r'pip install "napari-deep-prior\[zarr\]"'):
            act()
