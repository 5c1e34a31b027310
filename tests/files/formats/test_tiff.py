"""TIFF, OME-TIFF and ImageJ TIFF come back as they went: values, type, axes, pixel size, record."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings

from napari_deep_prior import files
from napari_deep_prior.files import Picture, PixelSize
from napari_deep_prior.files.formats import tiff

RNG = np.random.default_rng(5)

stacks = st.permutations("TZCQ").flatmap(lambda letters: st.integers(0, 3).map(lambda n: "".join(letters[:n])))


plane = st.sampled_from(["YX", "YX", "YXS"])


sizes = st.floats(1e-6, 1e6, allow_nan=False).map(lambda x: PixelSize(size=x, unit="µm"))


@settings(max_examples=60, deadline=None)
@given(stack=stacks, plane=plane, data=st.data())
def test_ome_tiff_round_trip(stack, plane, data, ramp):
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


@pytest.mark.parametrize("axes", ["", "Q", "C", *map("".join, itertools.permutations("TCZ"))])
def test_an_image_keeps_its_order_of_axes(tmp_path, axes, ramp):
    """Also as other programs read it: the order of an OME-TIFF is free but for its plane."""
    sizes = {"Y": 5, "X": 9, "Z": 4, "C": 2, "T": 3, "Q": 6}
    array = ramp([sizes[letter] for letter in f"{axes}YX"], np.float32)
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes=f"{axes}YX"))
    with tifffile.TiffFile(tmp_path / "a.tif") as opened:
        assert opened.series[0].axes == f"{axes}YX"
        np.testing.assert_array_equal(opened.series[0].asarray(), array)


@pytest.mark.parametrize(
    ("axes", "order"), [("XY", "YX"), ("YXC", "CYX"), ("XYZ", "ZYX"), ("SYX", "YXS"), ("YZX", "ZYX"), ("TYXC", "TCYX")]
)
def test_the_plane_is_stored_last_and_samples_after_it(tmp_path, axes, order, ramp):
    sizes = {"Y": 5, "X": 9, "Z": 4, "C": 2, "S": 3, "T": 6}
    array = ramp([sizes[letter] for letter in axes], np.float32)
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes=axes))
    back = files.read(tmp_path / "a.tif")
    assert back.axes == tiff.ome_axes(axes) == order
    np.testing.assert_array_equal(back.array, array.transpose([axes.index(letter) for letter in back.axes]))


def test_time_step_and_channel_names_are_kept(tmp_path, ramp):
    array = ramp((3, 2, 5, 7), np.uint16)
    sizes = {"T": PixelSize(size=0.25, unit="min"), "X": PixelSize(size=65.0, unit="nm")}
    files.write(
        tmp_path / "a.ome.tif", array, like=Picture(array=array, axes="TCYX", pixel_size=sizes, channels=("A", "µ"))
    )
    back = files.read(tmp_path / "a.ome.tif")
    assert (back.pixel_size, back.channels) == (sizes, ("A", "µ"))


def test_imagej_stack_keeps_its_sizes(tmp_path, ramp):
    array = ramp((3, 4, 5, 7), np.uint16)
    metadata = {"axes": "TZYX", "spacing": 0.5, "unit": "micron", "finterval": 2.0}
    tifffile.imwrite(tmp_path / "ij.tif", array, imagej=True, resolution=(10, 5), metadata=metadata)
    picture = files.read(tmp_path / "ij.tif")
    assert picture.axes == "TZYX"
    expected = {"X": (0.1, "µm"), "Y": (0.2, "µm"), "Z": (0.5, "µm"), "T": (2.0, "s")}
    assert {letter: (size.size, size.unit) for letter, size in picture.pixel_size.items()} == expected
    files.write(tmp_path / "out.tif", picture.array, like=picture)
    assert files.read(tmp_path / "out.tif").pixel_size == picture.pixel_size


def test_imagej_pixels_are_no_size(tmp_path, ramp):
    tifffile.imwrite(tmp_path / "ij.tif", ramp((5, 7), np.uint8), imagej=True, metadata={"unit": "pixel"})
    assert files.read(tmp_path / "ij.tif").pixel_size == {}


@pytest.mark.parametrize(("unit", "micrometres"), [("CENTIMETER", 10000 / 400), ("INCH", 25400 / 400)])
def test_resolution_of_a_plain_tiff(tmp_path, unit, micrometres, ramp):
    tifffile.imwrite(
        tmp_path / "p.tif", ramp((5, 7), np.uint8), metadata=None, resolution=(400, 400), resolutionunit=unit
    )
    assert files.read(tmp_path / "p.tif").pixel_size["X"] == PixelSize(size=micrometres, unit="µm")


def test_axes_of_plain_tiffs_are_not_guessed(tmp_path, ramp):
    tifffile.imwrite(tmp_path / "pages.tif", ramp((4, 5, 7), np.uint8), metadata=None, photometric="minisblack")
    assert files.read(tmp_path / "pages.tif").axes == "QYX"
    tifffile.imwrite(tmp_path / "4d.tif", ramp((2, 4, 5, 7), np.uint8), photometric="minisblack")
    assert files.read(tmp_path / "4d.tif").axes is None
    tifffile.imwrite(tmp_path / "rgb.tif", ramp((5, 7, 3), np.uint8), photometric="rgb")
    assert files.read(tmp_path / "rgb.tif").axes == "YXS"


def test_several_images_and_colour_tables_are_told(tmp_path, ramp):
    with tifffile.TiffWriter(tmp_path / "two.tif") as writer:
        writer.write(ramp((5, 7), np.uint8), metadata=None)
        writer.write(ramp((9, 7), np.uint8), metadata=None)
    assert "2 images" in files.read(tmp_path / "two.tif").notes[0]
    table = np.zeros((3, 256), np.uint16)
    tifffile.imwrite(tmp_path / "lut.tif", ramp((5, 7), np.uint8), photometric="palette", colormap=table)
    picture = files.read(tmp_path / "lut.tif")
    assert "colour table" in picture.notes[0]
    np.testing.assert_array_equal(picture.array, ramp((5, 7), np.uint8))


def test_more_than_4_gb_is_bigtiff(tmp_path, monkeypatch, ramp):
    array = ramp((5, 7), np.float32)
    like = Picture(array=array, axes="YX")
    for limit, big in ((tiff.CLASSIC_LIMIT, False), (100, True)):
        monkeypatch.setattr(tiff, "CLASSIC_LIMIT", limit)
        files.write(tmp_path / f"{big}.tif", array, like=like)
        with tifffile.TiffFile(tmp_path / f"{big}.tif") as written:
            assert written.is_bigtiff is big


def test_truncated_tiff_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "t.tif", RNG.random((64, 64)))
    whole = (tmp_path / "t.tif").read_bytes()
    (tmp_path / "t.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(files.Unreadable, match=r"t\.tif"):
        files.read(tmp_path / "t.tif")


def test_four_samples_that_are_no_colours_stay_four(tmp_path, ramp):
    array = ramp((5, 7, 4), np.uint8)
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes="YXS"))
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, array)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "zstd"])
def test_compressed_tiffs_are_read(tmp_path, compression, ramp):
    array = ramp((9, 14), np.uint16)
    tifffile.imwrite(tmp_path / "small.tif", array, compression=compression)
    assert np.array_equal(files.read(tmp_path / "small.tif").array, array)


def test_white_that_is_zero_is_inverted(tmp_path, ramp):
    for shown in (ramp((5, 7), np.uint8), ramp((5, 7), np.uint16) * 500):
        stored = np.iinfo(shown.dtype).max - shown
        tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite", metadata=None)
        picture = files.read(tmp_path / "a.tif")
        np.testing.assert_array_equal(picture.array, shown)
        assert "inverted" in picture.notes[0]


def test_masks_whose_white_is_zero_are_inverted(tmp_path):
    hole = np.zeros((12, 14), bool)
    hole[3:5, 4:9] = True
    tifffile.imwrite(tmp_path / "a.tif", (~hole * 255).astype(np.uint8), photometric="miniswhite", metadata=None)
    np.testing.assert_array_equal(files.read_labels(tmp_path / "a.tif").array != 0, hole)


def test_booleans_of_python_come_back_as_they_were(tmp_path):
    """tifffile calls bits inverted and stores them as they are; other programs mean it."""
    hole = np.random.default_rng(0).random((12, 14)) > 0.7
    tifffile.imwrite(tmp_path / "a.tif", hole, metadata=None)
    np.testing.assert_array_equal(files.read_labels(tmp_path / "a.tif").array, hole)
    tifffile.imwrite(tmp_path / "b.tif", hole, metadata=None, software="scanner")
    np.testing.assert_array_equal(files.read_labels(tmp_path / "b.tif").array, ~hole)


def test_72_dpi_is_no_size(tmp_path, ramp):
    for density, known in ((72, False), (300, True)):
        tifffile.imwrite(
            tmp_path / "a.tif",
            ramp((5, 7), np.uint8),
            resolution=(density, density),
            resolutionunit="INCH",
            metadata=None,
        )
        assert bool(files.read(tmp_path / "a.tif").pixel_size) is known


def test_grey_samples_are_no_colours(tmp_path, ramp):
    grey = {"photometric": "minisblack", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", ramp((3, 5, 7), np.uint16), planarconfig="separate", **grey)
    assert files.read(tmp_path / "a.tif").axes == "QYX"
    tifffile.imwrite(tmp_path / "b.tif", ramp((5, 7, 3), np.uint16), planarconfig="contig", **grey)
    picture = files.read(tmp_path / "b.tif")
    assert picture.axes == "YXC"
    assert "taken as channels" in picture.notes[0]
    tifffile.imwrite(tmp_path / "c.tif", ramp((3, 5, 7), np.uint8), photometric="rgb", planarconfig="separate")
    assert files.read(tmp_path / "c.tif").axes == "SYX"


@pytest.mark.parametrize(("kind", "name"), [("separated", "CMYK"), ("cielab", "CIELAB"), ("ycbcr", "YCbCr")])
def test_other_colours_are_refused(tmp_path, ramp, kind, name):
    samples = 4 if kind == "separated" else 3
    tifffile.imwrite(tmp_path / "a.tif", ramp((16, 16, samples), np.uint8), photometric=kind, metadata=None)
    with pytest.raises(files.Unreadable, match=name):
        files.read(tmp_path / "a.tif")


def test_colours_of_a_jpeg_in_tiff_are_read(tmp_path):
    array = np.full((32, 32, 3), (200, 100, 50), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", compression="jpeg")
    np.testing.assert_allclose(files.read(tmp_path / "a.tif").array, array, atol=3)


@pytest.mark.parametrize(
    ("axes", "shape", "colour"),
    [
        ("YXS", (5, 7, 3), True),
        ("SYX", (3, 5, 7), True),
        ("ZYXS", (2, 5, 7, 3), True),
        ("YXS", (5, 7, 4), False),
        ("YX", (5, 3), False),
        ("CYX", (3, 5, 7), False),
    ],
)
def test_other_programs_see_three_samples_as_colours(tmp_path, axes, shape, colour, ramp):
    """A fourth would be taken for transparency."""
    array = ramp(shape, np.uint8)
    sizes = {"Y": PixelSize(size=0.5, unit="µm"), "X": PixelSize(size=650.0, unit="nm")}
    files.write(tmp_path / "a.tif", array, like=Picture(array=array, axes=axes, pixel_size=sizes), record="{}")
    with tifffile.TiffFile(tmp_path / "a.tif") as saved:
        page, ome = saved.pages[0], saved.ome_metadata
        assert (page.photometric == tifffile.PHOTOMETRIC.RGB) is colour
        assert not page.extrasamples or not colour
        assert page.samplesperpixel == (shape[axes.index("S")] if "S" in axes else 1)
        assert page.planarconfig == tifffile.PLANARCONFIG.CONTIG
        assert not saved.is_bigtiff
    for words in ('PhysicalSizeY="0.5"', 'PhysicalSizeX="650.0"', 'PhysicalSizeXUnit="nm"', "napari-deep-prior"):
        assert words in ome
