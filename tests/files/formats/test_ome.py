"""OME-TIFF over several files: the image of the file that was opened, whole, or a refusal; never another file's pixels."""

from __future__ import annotations

import logging
import re

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.files.formats import _ome

NS = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.CRITICAL)


def image(number, planes, files_of):
    """XML of one image of 32 x 32 uint16 with so many planes; (name, uuid, directory) of each of them."""
    data = "".join(
        f'<TiffData IFD="{directory}" FirstZ="{z}" PlaneCount="1"><UUID FileName="{name}">{uuid}</UUID></TiffData>'
        for z, (name, uuid, directory) in enumerate(files_of)
    )
    return (
        f'<Image ID="Image:{number}"><Pixels ID="Pixels:{number}" DimensionOrder="XYZCT" Type="uint16" SizeX="32" SizeY="32" '
        f'SizeZ="{planes}" SizeC="1" SizeT="1"><Channel ID="Channel:{number}:0" SamplesPerPixel="1"/>{data}</Pixels></Image>'
    )


def save(path, planes, own, images, padding=0):
    xml = f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{NS}" UUID="{own}">{"".join(images)}</OME>{" " * padding}'
    with tifffile.TiffWriter(path) as writer:
        for number, plane in enumerate(planes):
            writer.write(plane, description=xml if number == 0 else None, metadata=None, contiguous=False)


@pytest.mark.parametrize("planes", [1, 3])
def test_each_file_of_a_set_gives_its_own_image(tmp_path, planes):
    """As Micro-Manager writes positions: each file's metadata describe all of them, in headers of different length."""
    data = RNG.integers(1, 60000, (2, planes, 32, 32)).astype(np.uint16)
    images = [image(i, planes, [(f"p_{i}.ome.tif", f"urn:uuid:{i}", k) for k in range(planes)]) for i in range(2)]
    for number in range(2):
        save(tmp_path / f"p_{number}.ome.tif", data[number], f"urn:uuid:{number}", images, padding=400 * number)
    for number in range(2):
        picture = files.read(tmp_path / f"p_{number}.ome.tif")
        np.testing.assert_array_equal(picture.array, data[number].squeeze())
        assert "set of 2 images; the one in this file is used" in picture.notes[0]


@pytest.fixture
def parts(tmp_path):
    """One image of four planes in two files."""
    data = RNG.integers(1, 60000, (4, 32, 32)).astype(np.uint16)
    names = [(f"z_{k // 2}.ome.tif", f"urn:uuid:{k // 2}", k % 2) for k in range(4)]
    for number in range(2):
        save(
            tmp_path / f"z_{number}.ome.tif",
            data[2 * number : 2 * number + 2],
            f"urn:uuid:{number}",
            [image(0, 4, names)],
        )
    return tmp_path, data


def test_an_image_in_two_files_is_read_whole_from_either(parts):
    folder, data = parts
    for number in range(2):
        picture = files.read(folder / f"z_{number}.ome.tif")
        assert picture.axes == "ZYX"
        np.testing.assert_array_equal(picture.array, data)


def test_a_missing_part_is_named(parts):
    folder, _ = parts
    (folder / "z_1.ome.tif").unlink()
    with pytest.raises(files.Unreadable, match=r"z_1\.ome\.tif is missing"):
        files.read(folder / "z_0.ome.tif")


def test_a_part_of_another_image_is_refused(parts):
    folder, data = parts
    save(folder / "z_1.ome.tif", data[:2], "urn:uuid:other", [image(0, 2, [("z_1.ome.tif", "urn:uuid:other", 0)])])
    with pytest.raises(files.Unreadable, match="another image"):
        files.read(folder / "z_0.ome.tif")


@pytest.mark.parametrize("name", ["../secret.tif", "{folder}/secret.tif", "sub/secret.tif", "..\\secret.tif"])
def test_no_file_outside_the_folder_is_followed(tmp_path, name):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    secret = np.full((32, 32), 4711, np.uint16)
    for place in (tmp_path, tmp_path / "in" / "sub"):
        tifffile.imwrite(place / "secret.tif", secret)
    other = (name.format(folder=tmp_path), "urn:uuid:1", 0)
    save(
        tmp_path / "in" / "a.ome.tif",
        [secret * 0],
        "urn:uuid:0",
        [image(0, 2, [("a.ome.tif", "urn:uuid:0", 0), other])],
    )
    with pytest.raises(files.Unreadable, match="outside of its folder"):
        files.read(tmp_path / "in" / "a.ome.tif")


def test_a_renamed_file_is_read(tmp_path, ramp):
    array = ramp((32, 32), np.uint16)
    save(tmp_path / "new.ome.tif", [array], "", [image(0, 1, [("old.ome.tif", "urn:uuid:0", 0)])])
    np.testing.assert_array_equal(files.read(tmp_path / "new.ome.tif").array, array)


def test_a_file_that_holds_none_of_its_images_says_where_they_are(tmp_path, ramp):
    other = [("z_0.ome.tif", "urn:uuid:0", 0), ("z_1.ome.tif", "urn:uuid:1", 0)]
    save(tmp_path / "index.ome.tif", [ramp((32, 32), np.uint16)], "urn:uuid:9", [image(0, 2, other)])
    with pytest.raises(files.Unreadable, match=r"open z_0\.ome\.tif, z_1\.ome\.tif instead"):
        files.read(tmp_path / "index.ome.tif")


@pytest.mark.parametrize("size", [5, 1_000_000, 10**12])
def test_planes_that_are_not_there_are_not_made_up(tmp_path, ramp, size):
    array = ramp((3, 32, 32), np.uint16)
    tifffile.imwrite(tmp_path / "a.ome.tif", array, ome=True, metadata={"axes": "TYX"})
    xml = tifffile.TiffFile(tmp_path / "a.ome.tif").ome_metadata
    more = re.sub(r'SizeT="3"', f'SizeT="{size}"', xml)
    tifffile.imwrite(tmp_path / "b.ome.tif", array, description=more.encode(), metadata=None, photometric="minisblack")
    with pytest.raises(files.Unreadable, match=r"claims|missing"):
        files.read(tmp_path / "b.ome.tif")


def test_damaged_xml_is_said_in_words():
    with pytest.raises(ValueError, match="OME-XML is damaged"):
        _ome.read_root("<OME><Image></OME>")


def test_several_images_in_one_file_are_told(tmp_path):
    data = RNG.integers(1, 60000, (3, 32, 32)).astype(np.uint16)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        for plane in data:
            writer.write(plane, photometric="minisblack")
    picture = files.read(tmp_path / "a.ome.tif")
    np.testing.assert_array_equal(picture.array, data[0])
    assert picture.notes == ("a.ome.tif holds 3 images; the first is used.",)
    tifffile.imwrite(tmp_path / "b.ome.tif", data[0], ome=True)
    assert files.read(tmp_path / "b.ome.tif").notes == ()
