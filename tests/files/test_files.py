"""Files come back as they went: values, type, axes, pixel size, record; what cannot is refused in one sentence."""

from __future__ import annotations

import os
import stat
import struct
import tempfile
import zlib
from pathlib import Path

import hypothesis.strategies as st
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.files.formats import tiff

RNG = np.random.default_rng(5)


def ramp(shape, dtype):
    """Different values everywhere, so that swapped axes show."""
    return (np.arange(np.prod(shape)).reshape(shape) % 120).astype(dtype)


stacks = st.permutations("TZCQ").flatmap(lambda letters: st.integers(0, 3).map(lambda n: "".join(letters[:n])))
plane = st.sampled_from(["YX", "YX", "YXS"])
sizes = st.floats(1e-6, 1e6, allow_nan=False).map(lambda x: PixelSize(size=x, unit="µm"))


@settings(max_examples=60, deadline=None)
@given(stacks, plane, st.data())
def test_ome_tiff_round_trip(stack, plane, data):
    axes = stack + plane
    shape = tuple(3 if letter == "S" else data.draw(st.integers(2, 7), label=letter) for letter in axes)
    array = ramp(shape, data.draw(st.sampled_from(tiff.OME_DTYPES)))
    known = [letter for letter in axes if letter in "XYZ"]
    pixel_size = {letter: data.draw(sizes) for letter in known}
    picture = Picture(array=array, axes=axes, pixel_size=pixel_size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.tif"
        files.write(path, array, like=picture, record='{"a": "<µ&>"}')
        back = files.read(path)
        assert files.read_record(path) == '{"a": "<µ&>"}'
        assert files.sidecar(path).read_text(encoding="utf-8") == '{"a": "<µ&>"}'
    order = tiff.ome_axes(axes)
    assert back.axes == order
    assert back.pixel_size == pixel_size
    assert back.array.dtype == array.dtype
    np.testing.assert_array_equal(back.array, array.transpose([axes.index(letter) for letter in order]))


@pytest.mark.parametrize("axes", ["XY", "YXC", "XYZ", "SYX", "CZYX", "YZX"])
def test_any_order_of_axes_is_saved_in_the_order_of_ome(tmp_path, axes):
    sizes = {"Y": 5, "X": 9, "Z": 4, "C": 2, "S": 3}
    array = ramp([sizes[letter] for letter in axes], np.float32)
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes=axes))
    back = files.read(tmp_path / "a.tif")
    assert back.axes == tiff.ome_axes(axes)
    np.testing.assert_array_equal(back.array, array.transpose([axes.index(letter) for letter in back.axes]))


def test_time_step_and_channel_names_are_kept(tmp_path):
    array = ramp((3, 2, 5, 7), np.uint16)
    sizes = {"T": PixelSize(size=0.25, unit="min"), "X": PixelSize(size=65.0, unit="nm")}
    files.write(
        tmp_path / "a.ome.tif", array, like=Picture(array=array, axes="TCYX", pixel_size=sizes, channels=("A", "µ"))
    )
    back = files.read(tmp_path / "a.ome.tif")
    assert (back.pixel_size, back.channels) == (sizes, ("A", "µ"))


def test_imagej_stack_keeps_its_sizes(tmp_path):
    array = ramp((3, 4, 5, 7), np.uint16)
    metadata = {"axes": "TZYX", "spacing": 0.5, "unit": "micron", "finterval": 2.0}
    tifffile.imwrite(tmp_path / "ij.tif", array, imagej=True, resolution=(10, 5), metadata=metadata)
    picture = files.read(tmp_path / "ij.tif")
    assert picture.axes == "TZYX"
    expected = {"X": (0.1, "µm"), "Y": (0.2, "µm"), "Z": (0.5, "µm"), "T": (2.0, "s")}
    assert {letter: (size.size, size.unit) for letter, size in picture.pixel_size.items()} == expected
    files.write(tmp_path / "out.tif", picture.array, like=picture)
    assert files.read(tmp_path / "out.tif").pixel_size == picture.pixel_size


def test_imagej_pixels_are_no_size(tmp_path):
    tifffile.imwrite(tmp_path / "ij.tif", ramp((5, 7), np.uint8), imagej=True, metadata={"unit": "pixel"})
    assert files.read(tmp_path / "ij.tif").pixel_size == {}


@pytest.mark.parametrize(("unit", "micrometres"), [("CENTIMETER", 10000 / 400), ("INCH", 25400 / 400)])
def test_resolution_of_a_plain_tiff(tmp_path, unit, micrometres):
    tifffile.imwrite(
        tmp_path / "p.tif", ramp((5, 7), np.uint8), metadata=None, resolution=(400, 400), resolutionunit=unit
    )
    assert files.read(tmp_path / "p.tif").pixel_size["X"] == PixelSize(size=micrometres, unit="µm")


def test_axes_of_plain_tiffs_are_not_guessed(tmp_path):
    tifffile.imwrite(tmp_path / "pages.tif", ramp((4, 5, 7), np.uint8), metadata=None, photometric="minisblack")
    assert files.read(tmp_path / "pages.tif").axes == "QYX"
    tifffile.imwrite(tmp_path / "4d.tif", ramp((2, 4, 5, 7), np.uint8), photometric="minisblack")
    assert files.read(tmp_path / "4d.tif").axes is None
    tifffile.imwrite(tmp_path / "rgb.tif", ramp((5, 7, 3), np.uint8), photometric="rgb")
    assert files.read(tmp_path / "rgb.tif").axes == "YXS"


def test_several_images_and_colour_tables_are_told(tmp_path):
    with tifffile.TiffWriter(tmp_path / "two.tif") as writer:
        writer.write(ramp((5, 7), np.uint8), metadata=None)
        writer.write(ramp((9, 7), np.uint8), metadata=None)
    assert "2 images" in files.read(tmp_path / "two.tif").notes[0]
    table = np.zeros((3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "lut.tif", ramp((5, 7), np.uint8), photometric="palette", colormap=table)
    picture = files.read(tmp_path / "lut.tif")
    assert "colour table" in picture.notes[0]
    np.testing.assert_array_equal(picture.array, ramp((5, 7), np.uint8))


def test_more_than_4_gb_is_bigtiff(tmp_path, monkeypatch):
    array = ramp((5, 7), np.float32)
    like = Picture(array=array, axes="YX")
    for limit, big in ((tiff.CLASSIC_LIMIT, False), (100, True)):
        monkeypatch.setattr(tiff, "CLASSIC_LIMIT", limit)
        files.write(tmp_path / f"{big}.tif", array, like=like)
        with tifffile.TiffFile(tmp_path / f"{big}.tif") as written:
            assert written.is_bigtiff is big


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint8), (".png", np.uint16), (".jpg", np.uint8)])
def test_png_and_jpeg(tmp_path, shape, suffix, dtype):
    axes = "YXS"[: len(shape)]
    array = np.full(shape, 100, dtype) if suffix == ".jpg" else ramp(shape, dtype) * (500 if dtype == np.uint16 else 1)
    like, path = Picture(array=array, axes=axes), tmp_path / f"a{suffix}"
    if len(shape) == 3 and dtype == np.uint16:
        with pytest.raises(ValueError, match="8 bits only"):
            files.write(path, array, like=like)
        return
    files.write(path, array, like=like, record="{}")
    back = files.read(path)
    assert (back.axes, back.array.dtype) == (axes, array.dtype)
    np.testing.assert_array_equal(back.array, array)


def png(path, bits, colour, rows):
    """A PNG made by hand: there is no 16-bit colour in Pillow."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = rows.shape[:2]
    lines = b"".join(b"\0" + row.tobytes() for row in rows.astype(f">u{bits // 8}"))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def test_16_bit_colour_png_is_refused_not_halved(tmp_path):
    png(tmp_path / "deep.png", 16, 2, ramp((5, 7, 3), np.uint16))
    with pytest.raises(ValueError, match="16-bit colour"):
        files.read(tmp_path / "deep.png")
    png(tmp_path / "plain.png", 8, 2, ramp((5, 7, 3), np.uint8))
    np.testing.assert_array_equal(files.read(tmp_path / "plain.png").array, ramp((5, 7, 3), np.uint8))


def save_samples(path, array, alpha="unassalpha", planar=None):
    """A picture with an alpha channel: PNG, or TIFF that calls it so or says nothing of it."""
    if path.suffix == ".png":
        iio.imwrite(path, array)
        return
    colour = array.shape[-1] == 4
    stored = np.moveaxis(array, -1, 0) if planar else array
    kind = "rgb" if colour else "minisblack"
    tifffile.imwrite(path, stored, photometric=kind, extrasamples=[alpha], planarconfig=planar or "contig")


@pytest.mark.parametrize(
    ("name", "samples", "dtype", "how"),
    [
        ("a.png", 4, np.uint8, {}),
        ("a.png", 2, np.uint8, {}),
        ("a.tif", 4, np.uint8, {}),
        ("a.tif", 4, np.uint16, {"alpha": "assocalpha"}),
        ("a.tif", 4, np.float32, {"alpha": "unspecified"}),
        ("a.tif", 4, np.uint8, {"planar": "separate"}),
        ("a.tif", 2, np.uint8, {}),
    ],
)
def test_opaque_alpha_is_dropped_and_told_other_alpha_refused(tmp_path, name, samples, dtype, how):
    path, array = tmp_path / name, ramp((5, 7, samples), dtype)
    array[..., -1] = 1 if dtype == np.float32 else np.iinfo(dtype).max
    save_samples(path, array, **how)
    picture = files.read(path)
    assert "alpha" in picture.notes[0]
    colours = array[..., :-1] if samples == 4 else array[..., 0]
    if how.get("planar"):
        colours = np.moveaxis(colours, -1, 0)
    assert picture.axes == ("YX" if samples == 2 else "SYX" if how.get("planar") else "YXS")
    np.testing.assert_array_equal(picture.array, colours)
    array[0, 0, -1] = 0
    save_samples(path, array, **how)
    with pytest.raises(files.Unreadable, match=f"{path.name} has transparent pixels"):
        files.read(path)


def test_masks(tmp_path):
    mask = RNG.random((5, 7)) > 0.5
    iio.imwrite(tmp_path / "one_bit.png", mask)
    assert iio.immeta(tmp_path / "one_bit.png")["mode"] == "1"
    np.testing.assert_array_equal(files.read_labels(tmp_path / "one_bit.png").array != 0, mask)
    iio.imwrite(tmp_path / "painted.png", np.repeat(mask[..., None] * np.uint8(255), 3, 2))
    painted = files.read_labels(tmp_path / "painted.png")
    assert painted.axes == "YX"
    np.testing.assert_array_equal(painted.array != 0, mask)
    tifffile.imwrite(tmp_path / "labels.tif", mask.astype(np.int32) * 70000)
    np.testing.assert_array_equal(files.read_labels(tmp_path / "labels.tif").array != 0, mask)


@pytest.mark.parametrize(
    ("name", "array", "needs"),
    [
        ("m.jpg", np.zeros((5, 7), np.uint8), "JPEG"),
        ("m.png", ramp((5, 7, 3), np.uint8), "one value per pixel"),
        ("m.tif", np.zeros((5, 7), np.float32), "whole numbers"),
    ],
)
def test_what_is_no_mask(tmp_path, name, array, needs):
    iio.imwrite(tmp_path / name, array) if name != "m.tif" else tifffile.imwrite(tmp_path / name, array)
    with pytest.raises(ValueError, match=needs):
        files.read_labels(tmp_path / name)


@pytest.mark.parametrize("name", ["broken.tif", "broken.png", "broken.jpg", "empty.tif", "empty.png"])
def test_broken_files_are_named(tmp_path, name):
    path = tmp_path / name
    start = b"II*\0" if name.endswith("tif") else b""
    path.write_bytes(b"" if name.startswith("empty") else start + b"this is no image")
    with pytest.raises(files.Unreadable, match=name):
        files.read(path)


def test_truncated_tiff_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "t.tif", RNG.random((64, 64)))
    whole = (tmp_path / "t.tif").read_bytes()
    (tmp_path / "t.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(files.Unreadable, match=r"t\.tif"):
        files.read(tmp_path / "t.tif")


def test_places_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        files.read(tmp_path / "none.tif")
    with pytest.raises(ValueError, match=r"needs one of \.tif"):
        files.read(tmp_path / "image.czi")
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(IsADirectoryError, match="one image file"):
        files.read(tmp_path / "folder.tif")


GREY = Picture(array=np.zeros((5, 7), np.uint16), axes="YX")
STACK = Picture(array=np.zeros((3, 5, 7), np.uint8), axes="ZYX")


@pytest.mark.parametrize(
    ("name", "like", "dtype", "needs"),
    [
        ("a.png", GREY, "float32", "choose .tif"),
        ("a.jpg", GREY, "uint16", "choose .tif"),
        ("a.png", STACK, "uint8", "one grey or RGB image"),
        ("a.tif", GREY, "int64", "choose float32"),
        ("a.tif", Picture(array=np.zeros((2, 5, 7)), axes="VYX"), "float32", "axes VYX"),
        ("a.tif", Picture(array=np.zeros((2, 2, 2, 2, 5, 7)), axes="TZCQYX"), "float32", "at most three"),
        ("a.tif", Picture(array=np.zeros((2, 5, 7)), axes=None), "float32", "axes"),
        ("a.gif", GREY, "uint8", "needs one of"),
    ],
)
def test_formats_refuse_what_they_cannot_hold(tmp_path, name, like, dtype, needs):
    with pytest.raises(ValueError, match=needs):
        files.check_output(tmp_path / name, like=like, dtype=np.dtype(dtype))


def test_places_that_cannot_be_written(tmp_path, monkeypatch):
    def check(path, **options):
        files.check_output(path, like=GREY, dtype=np.dtype("float32"), **options)

    with pytest.raises(FileNotFoundError, match="create it first"):
        check(tmp_path / "none" / "a.tif")
    (tmp_path / "a.tif.json").write_text("{}")
    with pytest.raises(FileExistsError, match="--overwrite"):
        check(tmp_path / "a.tif")
    check(tmp_path / "a.tif", overwrite=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="cannot be written"):
        check(tmp_path / "b.tif")


def test_a_failed_write_leaves_all_as_it_was(tmp_path, monkeypatch):
    array = ramp((5, 7), np.float32)
    like = Picture(array=array, axes="YX")
    files.write(tmp_path / "a.tif", array, like=like, record="old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full_disk(path, *_args, **_options):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tifffile, "imwrite", full_disk)
    with pytest.raises(OSError, match="No space"):
        files.write(tmp_path / "a.tif", array, like=like, record="new", overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_others_may_read_what_the_umask_allows(tmp_path):
    files.write(tmp_path / "a.tif", GREY.array, like=GREY, record="{}")
    mask = os.umask(0)
    os.umask(mask)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_whole_numbers_are_rounded_and_held_in_range(tmp_path):
    array = np.array([[-3.0, 0.5, 1.5], [254.6, 300.0, 7.4]], np.float32)
    like = Picture(array=array, axes="YX")
    files.write(tmp_path / "a.png", array, like=like, dtype=np.dtype("uint8"))
    np.testing.assert_array_equal(files.read(tmp_path / "a.png").array, [[0, 0, 2], [255, 255, 7]])


def test_four_samples_that_are_no_colours_stay_four(tmp_path):
    array = ramp((5, 7, 4), np.uint8)
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes="YXS"))
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, array)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (np.array([-1e30, -0.6, 2.5, 1e30]), "int64", [-(2**63), -1, 2, 2**63 - 1]),
        (np.array([-5.0, 2.0**63, 2.0**64, np.inf]), "uint64", [0, 2**63, 2**64 - 1, 2**64 - 1]),
        (np.array([3e9, -3e9], np.float32), "int32", [2**31 - 1, -(2**31)]),
        (np.array([2**53 + 1, -1], np.int64), "uint64", [2**53 + 1, 0]),
        (np.array([2**64 - 1, 7], np.uint64), "int64", [2**63 - 1, 7]),
        (np.array([-3, 300], np.int16), "uint8", [0, 255]),
        (np.array([200], np.uint8), "int8", [127]),
        (np.array([True, False]), "uint8", [1, 0]),
    ],
)
def test_whole_numbers_are_exact_up_to_64_bit(values, dtype, expected):
    with np.errstate(all="raise"):
        found = files.to_dtype(values, np.dtype(dtype))
    assert found.dtype == dtype
    assert found.tolist() == expected


def test_floats_pass_as_they_are():
    array = np.array([0.5, np.nan], np.float32)
    assert files.to_dtype(array, np.dtype("float32")) is array
    assert files.to_dtype(array, np.dtype("float64")).dtype == np.float64


@pytest.mark.parametrize(
    ("name", "wanted", "observed", "given"),
    [
        ("a.tif", "auto", "uint16", "float32"),
        ("a.tif", "input", ">u2", "uint16"),
        ("a.png", "auto", "uint16", "uint16"),
        ("a.jpg", "uint8", "uint16", "uint8"),
        ("a.TIFF", "auto", "float64", "float32"),
    ],
)
def test_type_of_the_output(name, wanted, observed, given):
    assert files.output_dtype(name, wanted, np.dtype(observed)) == np.dtype(given)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "zstd"])
def test_compressed_tiffs_are_read(tmp_path, compression):
    array = ramp((9, 14), np.uint16)
    tifffile.imwrite(tmp_path / "small.tif", array, compression=compression)
    assert np.array_equal(files.read(tmp_path / "small.tif").array, array)
