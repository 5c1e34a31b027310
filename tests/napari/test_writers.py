"""Napari's own Save keeps a result's axes, pixel sizes, place and record, and never replaces what it was made from."""

import json

import numpy as np
import pytest
from npe2 import PluginManifest, write

from napari.layers import Image
from napari_deep_prior import files
from napari_deep_prior._napari.layers.saved_record import placement_of
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.writers import write_image

RECORD = {"task": {}, "settings": {}, "planes": [], "axes": "TYX"}
FILM = np.arange(4 * 20 * 24, dtype=np.float32).reshape(4, 20, 24)


def layer(**changes) -> Image:
    given = {
        "name": "cells · denoised",
        "scale": (2.0, 0.2, 0.1),
        "translate": (0, 3, 4),
        "units": ("second", "um", "um"),
        "axis_labels": ("t", "y", "x"),
        "metadata": {KEY: dict(RECORD)},
    }
    return Image(FILM, **{**given, **changes})


@pytest.mark.parametrize("ending", ["ome.tif", "ome.zarr"])
def test_a_result_keeps_its_axes_its_place_and_its_record(tmp_path, ending):
    if ending == "ome.zarr":
        pytest.importorskip("zarr")
    path, result = tmp_path / f"out.{ending}", layer()
    data, attributes, _ = result.as_layer_data_tuple()
    assert write_image(str(path), data, attributes) == [str(path)]
    again = files.read(path)
    np.testing.assert_array_equal(again.array, FILM)
    assert again.axes == "TYX"
    assert {letter: (size.size, size.unit) for letter, size in again.pixel_size.items()} == {
        "T": (2.0, "s"),
        "Y": (0.2, "µm"),
        "X": (0.1, "µm"),
    }
    text = files.sidecar(path).read_text("utf-8") if files.sidecar(path).is_file() else files.read_record(path)
    record = json.loads(text)
    assert {name: record[name] for name in RECORD} == RECORD
    assert record["place"] == placement_of(result)


@pytest.mark.parametrize(("colormap", "colour"), [("magenta", "FF00FF"), ("gray", "FFFFFF"), ("viridis", "FFFFFF")])
@pytest.mark.parametrize(
    ("turned", "origin"), [({}, {"Y": 3.0, "X": 4.0}), ({"affine": np.diag([1, 1, 1, 1])[[0, 2, 1, 3]]}, {})]
)
def test_a_store_says_name_colour_and_place_to_other_programs(tmp_path, colormap, colour, turned, origin):
    """One colour is all it can say, and places only where nothing is turned."""
    pytest.importorskip("zarr")
    data, attributes, _ = layer(colormap=colormap, **turned).as_layer_data_tuple()
    write_image(str(tmp_path / "out.ome.zarr"), data, attributes)
    again = files.read(tmp_path / "out.ome.zarr")
    assert (again.channels, again.colours, again.origin) == (("cells · denoised",), (colour,), origin)
    write_image(str(tmp_path / "out.ome.tif"), data, attributes)
    assert files.read(tmp_path / "out.ome.tif").channels == ("cells · denoised",)


def test_napari_takes_it_for_its_endings_alone(npe2pm, tmp_path):
    from pathlib import Path

    import napari_deep_prior

    manifest = PluginManifest.from_file(Path(napari_deep_prior.__file__).with_name("napari.yaml"))
    with npe2pm.tmp_plugin(manifest=manifest):
        assert npe2pm.get_writer("x.ome.tif", ["image"])[0].command == "napari-deep-prior.write_image"
        assert npe2pm.get_writer("x.tif", ["image"])[0] is None, "that of napari itself, or of another plugin"
        assert npe2pm.get_writer("x.ome.tif", ["labels"])[0] is None
        path = str(tmp_path / "out.ome.tif")
        assert write(path, [layer().as_layer_data_tuple()]) == [path]


def test_an_image_that_is_no_result_is_saved_without_a_record(tmp_path):
    path = tmp_path / "plain.ome.tif"
    data, attributes, _ = layer(metadata={}).as_layer_data_tuple()
    write_image(str(path), data, attributes)
    assert files.read(path).axes == "TYX"
    assert not files.sidecar(path).exists()


def test_what_a_result_was_made_from_is_not_replaced(tmp_path):
    path = tmp_path / "cells.ome.tif"
    data, attributes, _ = layer(metadata={KEY: {**RECORD, "source": str(path)}}).as_layer_data_tuple()
    path.write_bytes(b"as measured")
    with pytest.raises(ValueError, match="made from"):
        write_image(str(path), data, attributes)
    assert path.read_bytes() == b"as measured"
