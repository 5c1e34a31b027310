"""Damaged TIFF files are refused: circles, what lies beyond the end, claims that cannot be true. None is read as another image."""

from __future__ import annotations

import logging
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior import files
from napari_deep_prior.files import Picture
from napari_deep_prior.files.picture import check_claim


def directory(tags, after):
    """One directory of a little-endian TIFF: tags as (code, type, count, value)."""
    return (
        struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", after)
    )


def tags(width=2, *, height=2, offset=8, nbytes=4):
    return [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, offset), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, nbytes),
    ]  # fmt: skip


HEAD = b"II*\0" + struct.pack("<I", 16) + bytes(range(1, 9))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (directory(tags(), 130) + directory(tags(3), 16), "circle"),
        (directory(tags(), 16), "circle"),
        (directory(tags(), 10**6), "beyond its end"),
        (directory([*tags(), (270, 2, 10**9, 20)], 0), "beyond its end"),
        (directory(tags(offset=10**6), 0), "pixels lie beyond its end"),
        (directory(tags(nbytes=10**6), 0), "pixels lie beyond its end"),
        (directory(tags(2**20, height=2**20), 0), "too much to be true"),
        (b"", "cut short"),
    ],
)
def test_what_does_not_lie_in_the_file_is_refused(tmp_path, body, says):
    (tmp_path / "a.tif").write_bytes(HEAD + body)
    with pytest.raises(files.Unreadable, match=says):
        files.read(tmp_path / "a.tif")
    with pytest.raises(files.Unreadable, match=says):
        files.read_labels(tmp_path / "a.tif")


@pytest.mark.parametrize("head", [b"II*\0" + bytes(4), b"MM\0+\0\x08\0\0" + bytes(8), b"II+\0\x08\0\0\0" + bytes(8)])
def test_a_file_without_a_page_holds_no_image(tmp_path, head):
    (tmp_path / "a.tif").write_bytes(head + bytes(20))
    with pytest.raises(files.Unreadable, match="holds no image"):
        files.read(tmp_path / "a.tif")


def test_an_honest_file_of_the_same_kind_is_read(tmp_path):
    (tmp_path / "a.tif").write_bytes(HEAD + directory(tags(), 0))
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, [[1, 2], [3, 4]])


def test_a_pyramid_is_read_at_its_finest(tmp_path, ramp):
    """Each level is named by the page above it, and linked to the next level as well: no circle."""
    array = ramp((64, 64), np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        writer.write(array, subifds=2, tile=(16, 16), metadata={"axes": "YX"})
        writer.write(array[::2, ::2], subfiletype=1, tile=(16, 16))
        writer.write(array[::4, ::4], subfiletype=1, tile=(16, 16))
    np.testing.assert_array_equal(files.read(tmp_path / "a.ome.tif").array, array)


@pytest.mark.parametrize(
    "how",
    [
        {"ome": True, "metadata": {"axes": "ZCYX", "PhysicalSizeX": 0.1}},
        {"imagej": True, "metadata": {"axes": "ZCYX", "unit": "um"}, "resolution": (10, 10)},
        {"imagej": True, "compression": "zlib", "metadata": {"axes": "ZCYX"}},
        {"metadata": None, "photometric": "minisblack"},
        {"metadata": {"axes": "ZCYX"}, "photometric": "minisblack", "compression": "lzw"},
        {"metadata": {"axes": "ZCYX"}, "photometric": "minisblack", "bigtiff": True},
        {"metadata": None, "photometric": "minisblack", "byteorder": ">"},
        {"metadata": None, "photometric": "minisblack", "bigtiff": True, "byteorder": ">", "tile": (16, 16)},
    ],
    ids=["ome", "imagej", "imagej-zlib", "plain", "lzw", "big", "swapped", "big-swapped-tiles"],
)
def test_a_stack_that_is_cut_short_is_refused_or_whole(tmp_path, how, caplog):
    caplog.set_level(logging.CRITICAL)
    stack = np.random.default_rng(0).integers(0, 60000, (2, 3, 12, 10)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "whole.tif", stack, **how)
    content, whole = (tmp_path / "whole.tif").read_bytes(), files.read(tmp_path / "whole.tif")
    refused = 0
    for length in {*range(8, len(content), 97), *range(len(content) - 40, len(content))}:
        (tmp_path / "cut.tif").write_bytes(content[:length])
        try:
            cut = files.read(tmp_path / "cut.tif")
        except files.Unreadable:
            refused += 1
            continue
        assert (cut.axes, cut.pixel_size) == (whole.axes, whole.pixel_size)
        np.testing.assert_array_equal(cut.array, whole.array)
    assert refused > len(content) // 97 - 5


def test_jpeg_in_tiff_that_is_cut_short_is_refused(tmp_path):
    array = np.random.default_rng(0).integers(0, 255, (40, 48, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", array, compression="jpeg", photometric="rgb")
    content = (tmp_path / "a.tif").read_bytes()
    for length in range(100, len(content), 41):
        (tmp_path / "cut.tif").write_bytes(content[:length])
        with pytest.raises(files.Unreadable, match=r"cut\.tif"):
            files.read(tmp_path / "cut.tif")


@given(data=st.data())
def test_damaged_bytes_end_in_an_image_or_one_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    array = np.arange(120, dtype=np.uint16).reshape(10, 12)
    files.write(folder / "a.tif", array, like=Picture(array=array, axes="YX"), record="{}")
    content = bytearray((folder / "a.tif").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    (folder / "b.tif").write_bytes(content)
    try:
        picture = files.read(folder / "b.tif")
    except files.Unreadable as error:
        message = str(error)
    else:
        message = f"b.tif is read: {picture.array.dtype}"
    assert "b.tif" in message


def test_more_than_a_gigabyte_needs_a_file_of_some_size(tmp_path):
    check_claim(2**27, 100, tmp_path)
    check_claim(2**30, 2**30 // 20_000 + 1, tmp_path)
    check_claim(2**34, 2**34 // 200 + 1, tmp_path)
    with pytest.raises(files.Unreadable, match="too much to be true"):
        check_claim(2**30 + 1, 10**6, tmp_path)
    with pytest.raises(files.Unreadable, match="too much to be true"):
        check_claim(2**27 + 1, 100, tmp_path)


SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@pytest.mark.parametrize(("kind", "nbytes"), SIZES.items())
def test_values_of_each_type_may_reach_to_the_last_byte_and_no_further(tmp_path, kind, nbytes):
    """Sizes of the types as TIFF 6.0 and BigTIFF have them."""
    end = len(HEAD) + len(directory([*tags(), (65000, kind, 5, 0)], 0))
    content = HEAD + directory([*tags(), (65000, kind, 5, end)], 0) + bytes(5 * nbytes)
    (tmp_path / "a.tif").write_bytes(content)
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, [[1, 2], [3, 4]])
    (tmp_path / "a.tif").write_bytes(content[:-1])
    with pytest.raises(files.Unreadable, match="beyond its end"):
        files.read(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", [4, 13])
@pytest.mark.parametrize(("after", "says"), [(0, "circle"), (10**6, "beyond its end")])
def test_directories_below_a_page_are_walked_too(tmp_path, kind, after, says):
    """Their place may be a number of 4 bytes, or of the type that TIFF has for it."""
    below = len(HEAD) + len(directory([*tags(), (330, kind, 1, 0)], 0))
    whole = HEAD + directory([*tags(), (330, kind, 1, below)], 0)
    coarse = tags(1, height=1, nbytes=1)
    (tmp_path / "a.tif").write_bytes(whole + directory(coarse, 0))
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, [[1, 2], [3, 4]])
    (tmp_path / "a.tif").write_bytes(whole + directory(coarse, after or below))
    with pytest.raises(files.Unreadable, match=says):
        files.read(tmp_path / "a.tif")


@pytest.mark.parametrize(("kind", "code"), [(1, "B"), (3, "H"), (4, "I"), (13, "I")])
def test_places_of_pixels_are_looked_at_whatever_type_they_have(tmp_path, kind, code):
    """Two strips, the second cut off."""
    assert struct.calcsize(code) in (1, 2, 4)
    pixels = bytes(range(1, 5))

    def content(second):
        start = 8 + len(pixels)
        entries = [*tags()[:5], (273, kind, 2, 0), tags()[6], (278, 4, 1, 1), (279, 4, 2, 0)]
        end = start + len(directory(entries, 0))
        offsets = struct.pack(f"<2{code}", 8, second).ljust(8, b"\0")
        inline = int.from_bytes(offsets[:4], "little") if 2 * struct.calcsize(code) <= 4 else end
        entries[5] = (273, kind, 2, inline)
        entries[8] = (279, 4, 2, end + 8)
        return b"II*\0" + struct.pack("<I", start) + pixels + directory(entries, 0) + offsets + struct.pack("<2I", 2, 2)

    (tmp_path / "a.tif").write_bytes(content(10))
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, [[1, 2], [3, 4]])
    (tmp_path / "a.tif").write_bytes(content(250))
    with pytest.raises(files.Unreadable, match="pixels lie beyond its end"):
        files.read(tmp_path / "a.tif")
