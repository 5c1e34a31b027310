"""OME-Zarr stores with metadata written by hand, as other programs write them."""

from __future__ import annotations

import json

import pytest
import zarr

AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "nanometer"},
    {"name": "x", "type": "space", "unit": "nanometer"},
]


def multiscale(axes: str = "tczyx", **others):
    """One image of one level: 2 s, 0.5 µm and 65 nm apart."""
    sizes = {"t": 2.0, "c": 1.0, "z": 0.5, "y": 65.0, "x": 65.0}
    scale = {"type": "scale", "scale": [sizes[axis] for axis in axes]}
    datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    return {"axes": [dict(axis) for axis in AXES if axis["name"] in axes], "datasets": datasets, **others}


OMERO = {
    "channels": [
        {"label": "DAPI", "color": "0000FF", "window": {"start": 0, "end": 9, "min": 0, "max": 255}},
        {"label": "GFP", "color": "00FF00", "window": {"start": 0, "end": 9, "min": 0, "max": 255}},
    ]
}


@pytest.fixture
def store_05():
    """Write a group of Zarr 3 with this attribute ``ome``, and arrays by name."""

    def write(path, ome, **arrays):
        group = zarr.create_group(str(path), zarr_format=3, attributes={} if ome is None else {"ome": ome})
        for name, array in arrays.items():
            group.create_array(name.strip("_"), data=array)
        return path

    return write


@pytest.fixture
def store_04():
    """Write a group of Zarr 2 with these attributes, and arrays by name."""

    def write(path, attributes, **arrays):
        group = zarr.create_group(str(path), zarr_format=2, attributes=attributes)
        for name, array in arrays.items():
            group.create_array(name.strip("_"), data=array, chunk_key_encoding={"name": "v2", "separator": "/"})
        return path

    return write


@pytest.fixture
def image_05():
    """The attribute ``ome`` of an image with these axes."""
    return lambda axes="tczyx", **others: {"version": "0.5", "multiscales": [multiscale(axes)], **others}


@pytest.fixture
def image_04():
    """The attributes of an image with these axes."""
    return lambda axes="tczyx", **others: {"multiscales": [multiscale(axes, version="0.4")], **others}


@pytest.fixture
def omero():
    """Two channels: DAPI in blue, GFP in green."""
    return json.loads(json.dumps(OMERO))
