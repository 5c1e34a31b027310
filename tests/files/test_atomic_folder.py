"""A folder appears whole or not at all, and what it replaces is never half gone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from napari_deep_prior.files import atomic, atomic_folder


def anything(_path):
    return None


def filled(part, text):
    (part / "inner").mkdir()
    (part / "inner" / "a").write_text(text)


def save(path, text, *, overwrite=False, replaceable=anything):
    with atomic_folder.staged(path) as part:
        filled(part, text)
        atomic_folder.publish(part, path, overwrite=overwrite, replaceable=replaceable)


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    with atomic_folder.staged(tmp_path / "a.zarr") as part:
        filled(part, "x")
        assert part.parent == tmp_path
        assert not (tmp_path / "a.zarr").exists()
        atomic_folder.publish(part, tmp_path / "a.zarr", overwrite=False, replaceable=anything)
    assert [child.name for child in tmp_path.iterdir()] == ["a.zarr"]
    assert (tmp_path / "a.zarr" / "inner" / "a").read_text() == "x"


def test_what_was_not_published_leaves_nothing(tmp_path):
    with atomic_folder.staged(tmp_path / "a.zarr") as part:
        filled(part, "x")
    assert list(tmp_path.iterdir()) == []


def test_what_came_in_between_is_not_replaced(tmp_path):
    save(tmp_path / "a.zarr", "first")
    with pytest.raises(FileExistsError, match="exists already"):
        save(tmp_path / "a.zarr", "second")
    assert (tmp_path / "a.zarr" / "inner" / "a").read_text() == "first"


def test_replacing_leaves_no_trace(tmp_path):
    save(tmp_path / "a.zarr", "first")
    save(tmp_path / "a.zarr", "second", overwrite=True)
    assert (tmp_path / "a.zarr" / "inner" / "a").read_text() == "second"
    assert [child.name for child in tmp_path.iterdir()] == ["a.zarr"]
    with pytest.raises(IsADirectoryError, match=r"a\.zarr is dear to me"):
        save(tmp_path / "a.zarr", "third", overwrite=True, replaceable=lambda _path: "is dear to me")


def test_what_is_to_be_replaced_comes_back_after_a_failure(tmp_path, monkeypatch):
    save(tmp_path / "a.zarr", "first")
    rename = Path.rename

    def fail(self, target):
        if atomic.PART in self.name:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="Input/output"):
        save(tmp_path / "a.zarr", "second", overwrite=True)
    assert (tmp_path / "a.zarr" / "inner" / "a").read_text() == "first"
    assert [child.name for child in tmp_path.iterdir()] == ["a.zarr"]


def test_a_link_is_replaced_not_followed(tmp_path):
    save(tmp_path / "mine", "mine")
    try:
        (tmp_path / "a.zarr").symlink_to(tmp_path / "mine", target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    save(tmp_path / "a.zarr", "new", overwrite=True)
    assert (tmp_path / "mine" / "inner" / "a").read_text() == "mine"
    assert not (tmp_path / "a.zarr").is_symlink()
    assert (tmp_path / "a.zarr" / "inner" / "a").read_text() == "new"
    assert {child.name for child in tmp_path.iterdir()} == {"a.zarr", "mine"}


def test_places_that_cannot_be_written(tmp_path):
    def check(path, record=None, *, overwrite=False):
        atomic_folder.check_place(path, record, overwrite=overwrite, replaceable=anything)

    with pytest.raises(FileNotFoundError, match="create it first"):
        check(tmp_path / "none" / "a.zarr")
    (tmp_path / "a.zarr.json").write_text("{}")
    with pytest.raises(FileExistsError, match=r"a\.zarr\.json exists already"):
        check(tmp_path / "a.zarr", tmp_path / "a.zarr.json")
    check(tmp_path / "a.zarr", tmp_path / "a.zarr.json", overwrite=True)
    (tmp_path / "b.zarr").write_text("")
    with pytest.raises(NotADirectoryError, match="is a file"):
        check(tmp_path / "b.zarr", overwrite=True)
    with pytest.raises(OSError, match="choose another name"):
        check(tmp_path / ("a" * 300 + ".zarr"))


def test_what_killed_runs_left_is_swept_away(tmp_path):
    stale, fresh = (atomic.hidden(tmp_path / "a.zarr", atomic.PART) for _ in range(2))
    before = atomic.hidden(tmp_path / "a.zarr", ".before")
    for folder in (stale, fresh, before):
        folder.mkdir()
        filled(folder, "x")
    for folder in (stale, before):
        os.utime(folder, (time.time() - 48 * 3600,) * 2)
    save(tmp_path / "a.zarr", "y")
    assert {child.name for child in tmp_path.iterdir()} == {"a.zarr", fresh.name, before.name}
