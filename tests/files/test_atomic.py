"""All or nothing on disk: by hidden names nobody can foresee, nothing replaced that was not to be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.files import Picture, atomic

GREY = Picture(array=np.arange(35, dtype=np.uint16).reshape(5, 7), axes="YX")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")


def save(path, **options):
    files.write(path, GREY.array, like=GREY, record="{}", **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_closed_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot be written"):
        atomic.check_place(tmp_path / "a.tif", None, overwrite=False)


def test_a_folder_that_takes_no_file_is_refused(tmp_path, monkeypatch):
    """A file system may be read-only, or full, whatever its permissions say: it is tried."""

    def refuse(*_args):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match="cannot be written to \\(Read-only"):
        atomic.check_place(tmp_path / "a.tif", None, overwrite=False)


@posix
@pytest.mark.parametrize("length", [236, 250, 251, 256, 300])
def test_a_name_is_refused_beforehand_or_can_be_written(tmp_path, length):
    """The record's name is longer by five letters: image and record fit in, or neither is begun."""
    path = tmp_path / ("n" * (length - 4) + ".tif")
    if length + 5 <= 255:
        files.check_output(path, like=GREY, dtype=np.dtype("float32"))
        save(path)
        assert names(tmp_path) == [path.name, f"{path.name}.json"]
    else:
        with pytest.raises(OSError, match="choose another name"):
            files.check_output(path, like=GREY, dtype=np.dtype("float32"))
        assert names(tmp_path) == []


def test_what_appears_while_writing_is_not_replaced(tmp_path, monkeypatch):
    write = tifffile.imwrite

    def slow(path, *args, **options):
        write(path, *args, **options)
        (tmp_path / "a.tif").write_text("another program's")

    monkeypatch.setattr(tifffile, "imwrite", slow)
    with pytest.raises(FileExistsError, match="exists by now"):
        save(tmp_path / "a.tif")
    assert (tmp_path / "a.tif").read_text() == "another program's"
    assert names(tmp_path) == ["a.tif"]


def test_where_there_are_no_hard_links_nothing_is_replaced_either(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    save(tmp_path / "a.tif")
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, GREY.array)
    (tmp_path / "part").write_text("new")
    if os.name != "nt":
        with pytest.raises(FileExistsError):
            atomic.publish(tmp_path / "part", tmp_path / "a.tif", overwrite=False)


@posix
def test_what_is_replaced_hands_on_its_permissions(tmp_path):
    save(tmp_path / "a.tif")
    (tmp_path / "a.tif").chmod(0o600)
    save(tmp_path / "a.tif", overwrite=True)
    assert stat.S_IMODE((tmp_path / "a.tif").stat().st_mode) == 0o600


@posix
def test_links_are_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "a.tif").symlink_to(victim)
    with pytest.raises(FileExistsError):
        save(tmp_path / "a.tif")
    save(tmp_path / "a.tif", overwrite=True)
    assert victim.read_text() == "precious"
    assert not (tmp_path / "a.tif").is_symlink()
    (tmp_path / "b.tif").symlink_to(tmp_path / "nothing")
    with pytest.raises(FileExistsError):
        files.check_output(tmp_path / "b.tif", like=GREY, dtype=np.dtype("float32"))


def test_hidden_names_cannot_be_foreseen(tmp_path):
    with atomic.staged(tmp_path / "a.tif") as one, atomic.staged(tmp_path / "a.tif") as two:
        assert one != two
        assert len({one.name, two.name} & set(names(tmp_path))) == 2
        assert "a" not in (one.stem.partition("prior-")[0], one.suffix)
    assert names(tmp_path) == []


def test_what_killed_runs_left_is_removed_after_a_day(tmp_path):
    for name, age in (("old", 2 * 86400), ("new", 60)):
        part = tmp_path / f".napari-deep-prior-{name}.part.tif"
        part.write_text("half")
        os.utime(part, (part.stat().st_atime, part.stat().st_mtime - age))
    save(tmp_path / "a.tif")
    assert names(tmp_path) == [".napari-deep-prior-new.part.tif", "a.tif", "a.tif.json"]


@posix
@pytest.mark.parametrize("place", ["publish", "between"])
def test_killed_while_saving_leaves_no_image_without_its_record(tmp_path, place):
    script = f"""
        import os, signal
        import numpy as np
        from napari_deep_prior import files
        from napari_deep_prior.files import Picture, atomic
        publish, done = atomic.publish, []
        def killed(part, path, **options):
            if {place!r} == "publish" or done:
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(path)
            publish(part, path, **options)
        atomic.publish = killed
        array = np.zeros((5, 7), np.float32)
        files.write({str(tmp_path / "a.tif")!r}, array, like=Picture(array=array, axes="YX"), record="{{}}")
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert process.returncode == -9
    assert not (tmp_path / "a.tif").exists()
    assert (tmp_path / "a.tif.json").exists() is (place == "between")
