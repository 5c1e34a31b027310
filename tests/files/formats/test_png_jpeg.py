"""PNG and JPEG come back as they went; what they would lose is refused."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from napari_deep_prior import files
from napari_deep_prior.files import Picture


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
@pytest.mark.parametrize(("suffix", "dtype"), [(".png", np.uint8), (".png", np.uint16), (".jpg", np.uint8)])
def test_png_and_jpeg(tmp_path, shape, suffix, dtype, ramp):
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


def test_16_bit_colour_png_is_refused_not_halved(tmp_path, ramp):
    png(tmp_path / "deep.png", 16, 2, ramp((5, 7, 3), np.uint16))
    with pytest.raises(ValueError, match="16-bit colour"):
        files.read(tmp_path / "deep.png")
    png(tmp_path / "plain.png", 8, 2, ramp((5, 7, 3), np.uint8))
    np.testing.assert_array_equal(files.read(tmp_path / "plain.png").array, ramp((5, 7, 3), np.uint8))


@pytest.mark.parametrize("kind", ["EPS", "BMP", "TIFF", "GIF", "WEBP", "PPM"])
def test_other_kinds_under_the_name_of_a_png_are_not_opened(tmp_path, kind):
    """Pillow would run Ghostscript for PostScript."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", kind)
    with pytest.raises(files.Unreadable, match="neither"):
        files.read(tmp_path / "a.png")


def test_each_is_read_under_the_name_of_the_other(tmp_path):
    Image.new("L", (8, 8), 77).save(tmp_path / "a.png", "JPEG")
    assert (files.read(tmp_path / "a.png").array == 77).all()


def test_too_many_pixels_are_said_in_words(tmp_path, monkeypatch, ramp):
    Image.fromarray(ramp((20, 20), np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    assert files.read(tmp_path / "a.png").array.shape == (20, 20)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(files.Unreadable, match="save it as TIFF"):
        files.read(tmp_path / "a.png")


def test_a_size_that_so_few_bytes_cannot_have_is_refused(tmp_path, ramp):
    files.write(tmp_path / "a.png", ramp((5, 7), np.uint8), like=Picture(array=ramp((5, 7), np.uint8), axes="YX"))
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[20:24] = (2**31 // 100).to_bytes(4, "big")  # rows
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(files.Unreadable, match="too much to be true"):
        files.read(tmp_path / "a.png")


def test_an_animation_gives_its_first_frame_and_says_so(tmp_path):
    frames = [Image.new("L", (8, 8), value) for value in (10, 20, 30)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    picture = files.read(tmp_path / "a.png")
    assert (picture.array == 10).all()
    assert "3 frames" in picture.notes[0]
