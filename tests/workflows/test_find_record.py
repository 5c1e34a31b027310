"""A record is found wherever it stands."""

from __future__ import annotations

import contextlib
import functools
import json

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_deep_prior import Denoise, Settings, files, methods_paragraph, restore
from napari_deep_prior.workflows import find_record as module
from napari_deep_prior.workflows.as_text import settings_of_record
from napari_deep_prior.workflows.checklist import as_json, as_markdown, checklist
from napari_deep_prior.workflows.find_record import find_record
from napari_deep_prior.workflows.summary import summary


@pytest.fixture(params=["out.tif", "out.png", "out.ome.zarr"])
def saved(request, tmp_path, record):
    """A result in each format, with its record."""
    path = tmp_path / request.param
    image = np.arange(1280, dtype=np.uint16).reshape(32, 40)
    files.write(path, image, like=files.Picture(array=image, axes="YX"), record=record.to_json())
    return path


def test_beside_or_inside_an_image(saved, record):
    assert find_record(saved) == record
    beside = files.sidecar(saved)
    if beside.exists():
        assert find_record(beside) == record
        beside.unlink()
        if saved.suffix == ".tif":  # a PNG has no place for it
            assert find_record(saved) == record


def test_the_file_beside_counts_before_what_is_inside(tmp_path, record):
    image = np.arange(1280, dtype=np.uint16).reshape(32, 40)
    path = tmp_path / "out.tif"
    files.write(path, image, like=files.Picture(array=image, axes="YX"), record=record.to_json())
    text = record.to_json().replace('"seed": 5', '"seed": 7')
    files.sidecar(path).write_text(text, "utf-8")
    assert find_record(path).settings["seed"] == 7


def test_what_has_none_is_refused_in_words(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "raw.tif", np.zeros((8, 8), np.uint8))
    (tmp_path / "other.json").write_text("[1]", "utf-8")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    for name, words in (
        ("raw.tif", "no record is in it"),
        ("other.json", "other.json: .*no record"),
        ("bad.json", "bad"),
    ):
        with pytest.raises(ValueError, match=words):
            find_record(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        find_record(tmp_path / "gone.json")
    monkeypatch.setattr(module, "_LARGEST", 2)
    with pytest.raises(ValueError, match="sensible size"):
        find_record(tmp_path / "other.json")


ODD = [
    None,
    True,
    -1,
    3,
    1.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\0",
    "YX",
    [],
    {},
    [[3]],
    {"a": 1},
    "9" * 99,
]


@functools.cache
def made():
    image = np.random.default_rng(0).normal(100, 5, (2, 32, 40)).astype(np.float32)
    quick = Settings(preset="fast", iterations=2, seconds="never", device="cpu")
    return restore(image, Denoise(), axes="TYX", settings=quick).record


def places(values, path=()):
    """Paths to all values of nested lists and dictionaries."""
    inside = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    return [path, *(place for name, value in inside for place in places(value, (*path, name)))]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_a_record_says_it_is_told_of_or_refused_in_words(tmp_path_factory, data):
    values = json.loads(made().to_json())
    for _ in range(data.draw(st.integers(1, 3))):
        *outside, last = data.draw(st.sampled_from([place for place in places(values) if place]))
        holder = functools.reduce(lambda inside, name: inside[name], outside, values)
        if data.draw(st.booleans()):
            holder[last] = data.draw(st.sampled_from(ODD))
        else:
            del holder[last]
    path = tmp_path_factory.getbasetemp() / "odd.json"
    path.write_text(json.dumps(values), "utf-8")
    with contextlib.suppress(ValueError):  # any other kind of error fails the test
        found = find_record(path)
        assert list(summary(found))
        assert methods_paragraph(found)
        assert as_markdown(checklist(found))
        assert as_json(checklist(found))
        settings_of_record(found.as_dict())
