"""The demonstration as a command."""

from __future__ import annotations

import pytest

import napari_deep_prior as package
from napari_deep_prior import demo
from napari_deep_prior.cli import demo as demo_command
from napari_deep_prior.cli import main
from napari_deep_prior.cli import window as window_module

SETTINGS = package.Settings(iterations=4, seconds="never", preset="fast")


@pytest.fixture
def opened(monkeypatch):
    """What the window was opened with; the demonstration is small and quick."""
    real, opened = demo.make, []
    monkeypatch.setattr(demo, "make", lambda folder, _settings, **kw: real(folder, SETTINGS, **kw, size=64))
    monkeypatch.setattr(window_module.Gui, "run", lambda gui: opened.append(gui.files) or 0)
    return opened


def test_demo_command(tmp_path, capsys, monkeypatch, opened):
    for display, flags, windows in ((True, ["--no-show"], 0), (False, [], 0), (True, [], 1)):
        monkeypatch.setattr(demo_command, "has_display", lambda display=display: display)
        assert main(["demo", "--output", str(tmp_path), "--overwrite", *flags]) == 0
        assert len(opened) == windows
    assert "inpaint.gif" in capsys.readouterr().out
    assert all(path.suffix == ".tif" for path in opened[0])


@pytest.mark.parametrize("name", demo.FILES)
def test_nothing_is_replaced_unless_told(tmp_path, capsys, opened, name):
    (tmp_path / name).write_text("precious")
    assert main(["demo", "--output", str(tmp_path)]) == 2
    assert f"{name} exists already" in capsys.readouterr().err
    assert (tmp_path / name).read_text() == "precious"
    assert not opened
