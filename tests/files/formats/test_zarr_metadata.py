"""What OME metadata mean, what of it may be missing, and that nothing hostile in it gets further than one sentence."""

from __future__ import annotations

import copy
import json
import tempfile
import warnings
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from napari_deep_prior import files
from napari_deep_prior.files import PixelSize
from napari_deep_prior.files.formats import _zarr_metadata

HERE = Path("a.zarr")


def picture(image, shape=(2, 2, 3, 5, 7)):
    found = _zarr_metadata.image_of(image, HERE)
    return found.picture(np.zeros(shape, np.uint8), HERE)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_whole_image_is_placed_after_its_level(image_04, image_05, version):
    image = image_04() if version == "0.4" else {"ome": image_05()}
    first = (image if version == "0.4" else image["ome"])["multiscales"][0]
    first["datasets"][0]["coordinateTransformations"].append({"type": "translation", "translation": [0, 0, 1, 0, 65]})
    first["coordinateTransformations"] = [
        {"type": "scale", "scale": [0.1, 1, 2, 1, 1]},
        {"type": "translation", "translation": [0, 0, 0, 0, 5]},
    ]
    found = picture(image)
    assert found.pixel_size["T"] == PixelSize(size=0.2, unit="s")
    assert found.pixel_size["Z"] == PixelSize(size=1.0, unit="µm")
    assert found.origin == {"Z": 2.0, "X": 70.0}


@pytest.mark.parametrize(
    ("axes", "letters"),
    [
        ([("t", "time"), ("y", "space"), ("x", "space")], "TYX"),
        ([("when", "time"), ("colour", "channel"), ("y", "space"), ("x", "space")], "TCYX"),
        ([("a", None), ("y", "space"), ("x", "space")], "AYX"),
        ([("z", None), ("y", "space"), ("x", "space")], None),
        ([("angle", "tilt"), ("y", "space"), ("x", "space")], None),
        ([("row", "space"), ("column", "space")], None),
        ([("z", "space"), ("y", "space")], None),
        ([("t", "time"), ("t", "channel"), ("y", "space"), ("x", "space")], "TCYX"),
    ],
)
def test_letters_are_told_not_guessed(axes, letters):
    assert _zarr_metadata.letters_of(axes) == letters


@pytest.mark.parametrize(
    ("unit", "scale", "size"),
    [
        ("micrometer", 2.0, PixelSize(size=2.0, unit="µm")),
        ("um", 2.0, PixelSize(size=2.0, unit="µm")),
        ("foot", 2.0, PixelSize(size=2.0, unit="ft")),
        ("bananas", 2.0, None),
        (None, 2.0, PixelSize(size=2.0, unit="pixel")),
        (None, 1.0, None),
        ("micrometer", 0.0, None),
        ("micrometer", -1.0, None),
    ],
)
def test_units(image_05, unit, scale, size):
    image = image_05("yx")
    image["multiscales"][0]["axes"][1] = {"name": "x", "type": "space", **({} if unit is None else {"unit": unit})}
    image["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"] = [1.0, scale]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert picture({"ome": image}, (5, 7)).pixel_size.get("X") == size


@pytest.mark.parametrize(
    "broken",
    [None, [], "red", {"channels": 3}, {"channels": [{}]}, {"channels": [{}, None]}, {"channels": [{"label": 3}] * 2}],
)
def test_what_is_said_of_the_display_makes_no_image_unreadable(image_04, broken):
    found = picture(image_04(omero=broken))
    assert (found.axes, found.channels, found.colours) == ("TCZYX", (), ())


def test_names_without_colours_and_colours_without_names(image_04, omero):
    named, coloured = copy.deepcopy(omero), copy.deepcopy(omero)
    named["channels"][0]["color"] = "bright"
    del coloured["channels"][1]["label"]
    assert picture(image_04(omero=named)).channels == ("DAPI", "GFP")
    assert picture(image_04(omero=named)).colours == ()
    assert picture(image_04(omero=coloured)).channels == ()
    assert picture(image_04(omero=coloured)).colours == ("0000FF", "00FF00")
    omero["channels"].append({})  # one too many: nobody knows which
    assert picture(image_04(omero=omero)).channels == ()


def test_of_several_images_the_first_is_used_and_other_levels_do_not_matter(image_04):
    image = image_04("yx")
    image["multiscales"].append({"broken": True})
    image["multiscales"][0]["datasets"].append({"path": "1"})
    assert picture(image, (5, 7)).notes == ("a.zarr holds 2 images; the first is used.",)


def test_other_versions_are_named(image_04, image_05):
    with pytest.raises(files.Unreadable, match=r"OME-Zarr 0\.6: needs 0\.4 or 0\.5"):
        picture({"ome": {**image_05(), "version": "0.6"}})
    old = image_04()
    old["multiscales"][0]["version"] = "0.2"
    with pytest.raises(files.Unreadable, match=r"OME-Zarr 0\.2"):
        picture(old)


def test_damage_is_named_in_one_line(image_05):
    image = image_05("yx")
    del image["multiscales"][0]["axes"][0]["name"]
    with pytest.raises(files.Unreadable, match=r"a\.zarr has damaged OME metadata \(axes.*name: Field required\)\.$"):
        picture({"ome": image}, (5, 7))
    image = image_05("yx")
    image["multiscales"][0]["axes"][1]["unit"] = 3
    with pytest.raises(files.Unreadable, match=r"\(axes\.1\.space\.unit: Input should be .{1,90} …\)\.$"):
        picture({"ome": image}, (5, 7))
    with pytest.raises(files.Unreadable, match="describes 2 axes, and its array has 3"):
        picture({"ome": image_05("yx")}, (3, 5, 7))


junk = st.sampled_from([None, -1, 0, 1e308, 10**30, "", "../..", "\0", "ü" * 300, [], {}, [[]], True, ["a"], {"a": 1}])


def places(value, path=()):
    """Each place of a JSON document, by its path."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def put(document, path, value):
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def words_of(reader, path):
    """What is wrong, or None; anything but a refusal in words is a fault."""
    try:
        reader(path)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("file", ["zarr.json", "0/zarr.json", ".zattrs", "0/.zarray"])
def test_damaged_metadata_are_one_line_or_an_image(file, ramp, store_04, store_05, image_04, image_05, omero):
    write, image = (store_05, image_05) if "json" in file else (store_04, image_04)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.zarr", image(omero=omero), _0=ramp((2, 2, 3, 5, 7), np.uint16))
        whole = json.loads((path / file).read_text())
        every = [place for place in places(whole) if place]

        @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
        @given(place=st.sampled_from(every), value=junk)
        def check(place, value):
            broken = copy.deepcopy(whole)
            put(broken, place, value)
            (path / file).write_text(json.dumps(broken))
            for reader in (files.read, files.read_labels, files.read_record):
                words = words_of(reader, path)
                assert words is None or ("a.zarr" in words and "\n" not in words)

        check()


@given(cut=st.integers(0, 300), byte=st.binary(max_size=3))
@settings(max_examples=40, deadline=None)
def test_cut_metadata_are_one_line(cut, byte):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zarr"
        path.mkdir()
        (path / "zarr.json").write_bytes(b'{"zarr_format": 3, "attributes": {"ome": {"version": "0.5"'[:cut] + byte)
        with pytest.raises(files.Unreadable, match=r"a\.zarr"):
            files.read(path)
