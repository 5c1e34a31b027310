"""The command gui: files become layers that know their pixel size."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.cli import window as window_module


def test_gui_opens_the_files_and_docks_the_widget(image, monkeypatch, run):
    done = []
    viewer = types.SimpleNamespace(add_image=lambda _array, **how: done.append(("image", how)))
    napari = types.SimpleNamespace(Viewer=lambda: viewer, run=lambda: done.append(("run",)))
    monkeypatch.setitem(sys.modules, "napari", napari)
    monkeypatch.setattr(window_module, "has_display", lambda: True)
    monkeypatch.setattr(window_module, "_show_panel", lambda _viewer: done.append(("panel",)))
    assert run("gui", image) == 0
    how = {"name": "in.ome", "rgb": False, "axis_labels": ("Y", "X"), "scale": (0.2, 0.13), "units": ("µm", "µm")}
    how["translate"] = (0.0, 0.0)
    assert done == [("image", how), ("panel",), ("run",)]


@pytest.mark.parametrize(
    ("axes", "shape", "stored", "scale", "units"),
    [
        ("ZCYX", (4, 2, 20, 31), "ZCYX", (0.5, 1, 1, 0.1), ("nm", "pixel", "pixel", "µm")),
        ("YXC", (20, 31, 2), "CYX", (1, 1, 0.1), ("pixel", "pixel", "µm")),
        ("YXS", (20, 31, 3), "YXS", (1, 0.1), ("pixel", "µm")),
        ("YXS", (20, 31, 2), None, None, None),
        (None, (2, 2, 20, 31), None, None, None),
    ],
)
def test_gui_lays_axes_and_pixel_size_as_napari_wants_them(monkeypatch, axes, shape, stored, scale, units):
    sizes = {"Z": files.PixelSize(size=0.5, unit="nm"), "X": files.PixelSize(size=0.1, unit="µm")}
    picture = files.Picture(array=np.zeros(shape, np.uint8), axes=axes, pixel_size=sizes, origin={"X": 3.0})
    monkeypatch.setattr(files, "read", lambda _path: picture)
    layers, opened = [], []
    viewer = types.SimpleNamespace(add_image=lambda array, **how: layers.append((array, how)), open=opened.append)
    window_module._open(viewer, Path("a.tif"))
    assert bool(opened) is (stored is None)
    for array, how in layers:
        assert array.shape == tuple(shape[axes.index(letter)] for letter in stored)
        assert (how["scale"], how["units"], how["rgb"]) == (scale, units, "S" in axes)
        assert "".join(how["axis_labels"]) == stored.removesuffix("S")
        assert how["translate"] == (0.0,) * (len(scale) - 1) + (3.0,)


def test_gui_leaves_other_kinds_of_files_to_napari(tmp_path):
    (tmp_path / "points.csv").write_text("1,2")
    opened = []
    window_module._open(types.SimpleNamespace(open=opened.append), tmp_path / "points.csv")
    assert opened == [tmp_path / "points.csv"]


def test_gui_without_napari_or_display(capsys, monkeypatch, run):
    monkeypatch.setattr(window_module, "has_display", lambda: False)
    assert run("gui") == 1
    assert "no display" in capsys.readouterr().err
    monkeypatch.setattr(window_module, "has_display", lambda: True)
    monkeypatch.setitem(sys.modules, "napari", None)
    assert run("gui") == 1
    err = capsys.readouterr().err
    assert "napari-deep-prior[all]" in err
    assert err.count("\n") == 1
