"""Whatever goes wrong while a file is restored: files are whole or absent, and going on gives the bits of a run that was not disturbed."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Deconvolve, Denoise, Inpaint, RemoveArtifacts, Settings, SuperResolve
from napari_deep_prior.cli import main
from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows import checkpoints
from napari_deep_prior.workflows.restore_file import Job, restore_file

FILM = np.random.default_rng(0).poisson(50, (3, 32, 40)).astype(np.uint16)
MASK = np.zeros((32, 40), np.uint8)
MASK[5:9, 8:20] = 1
PSF = np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32)
FAULTS = (("card is full", 0.1), ("memory is full", 0.5), ("library fails", 0.8), ("not a number", 0.6))
SETTINGS = Settings(preset="fast", seconds="never", iterations=4, device="cpu", precision="float32")
JOBS: dict[str, dict[str, Any]] = {
    "denoise, each": {"task": Denoise, "settings": dataclasses.replace(SETTINGS, network="each")},
    "denoise, one network": {"task": Denoise},
    "inpaint": {"task": Inpaint, "companions": {"mask": MASK}},
    "super-resolve": {"task": SuperResolve},
    "deconvolve": {"task": Deconvolve, "companions": {"psf": PSF}},
    "stripes": {"task": RemoveArtifacts, "parameters": {"artifact": "stripes"}},
}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.ome.tif"
    tifffile.imwrite(path, FILM, ome=True, metadata={"axes": "TYX"})
    return path


def job_of(name: str, film: Path) -> Job:
    """A run of one plane, but of all planes where networks are compared; its output has a folder of its own."""
    told = {"settings": SETTINGS, "companions": {}, **JOBS[name]}
    folder, source = film.parent, film
    if "," not in name:
        source = folder / "plane.ome.tif"
        tifffile.imwrite(source, FILM[0], ome=True, metadata={"axes": "YX"})
    for companion, array in told["companions"].items():
        tifffile.imwrite(folder / f"{companion}.tif", array)
    told["companions"] = {companion: folder / f"{companion}.tif" for companion in told["companions"]}
    (folder / "out").mkdir()
    return Job(input=source, output=folder / "out" / source.name, checkpoints=True, **told)


@pytest.mark.parametrize("name", JOBS)
def test_files_are_whole_or_absent_and_a_run_that_failed_goes_on(
    name: str, film: Path, operations: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)  # one at each snapshot
    monkeypatch.setattr(checkpoints, "FRACTION", 1e9)
    job = job_of(name, film)
    output = job.output
    restore_file(job)
    expected, length = tifffile.imread(output), operations.done
    for fault, share in FAULTS:
        for path in output.parent.iterdir():
            path.unlink()
        operations.plan(int(share * length), fault)
        failure = failure_of(job)
        assert operations.happened
        assert failure is None or "\n" not in failure
        assert not output.exists() or np.isfinite(tifffile.imread(output)).all()
        assert output.exists() or failure is not None
        assert {path.name for path in output.parent.iterdir()} <= {
            output.name,
            f"{output.name}.json",
            f"{output.name}.checkpoint",
        }
        operations.rest()
        restore_file(dataclasses.replace(job, resume=True, overwrite=True))
        np.testing.assert_array_equal(tifffile.imread(output), expected)


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("fault", ["full", "read-only", "gone"])
def test_what_its_folder_does_not_take_at_the_end_is_saved_elsewhere(
    name: str, fault: str, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up, is mounted for reading only, or the folder vanishes, while the run goes on."""
    job = job_of(name, film)
    home, folder, opened = film.parent / "home", job.output.parent, os.open
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)

    def refusing(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and Path(path).parent == folder:
            raise OSError(errno.ENOSPC if fault == "full" else errno.EROFS, "This disk takes nothing", str(path))
        return opened(path, flags, *rest, **named)

    def watch(fit: Any) -> Any:
        for number, snapshot in enumerate(fit):
            if number == 0 and fault == "gone":
                shutil.rmtree(folder)
            elif number == 0:
                monkeypatch.setattr(os, "open", refusing)
            yield snapshot

    outcome = restore_file(job, watch)
    monkeypatch.setattr(os, "open", opened)
    assert outcome.saved is not None
    assert outcome.saved.parent == home
    assert f"It is saved in {outcome.saved} instead." in str(outcome.failure)
    assert not folder.exists() or not list(folder.iterdir())
    folder.mkdir(exist_ok=True)
    assert restore_file(job).saved == job.output
    np.testing.assert_array_equal(tifffile.imread(outcome.saved), tifffile.imread(job.output))


def failure_of(job: Job) -> str | None:
    """What ended it too early."""
    try:
        return restore_file(job).failure
    except RunError as error:
        return str(error)


def test_the_command_says_one_line(film: Path, operations: Any, capsys: pytest.CaptureFixture[str]) -> None:
    output = film.with_name("out.ome.tif")
    command = [
        "denoise",
        str(film),
        "--output",
        str(output),
        "--preset",
        "fast",
        "--iterations",
        "4",
        "--device",
        "cpu",
        "--overwrite",
    ]
    assert main(command) == 0
    length = operations.done
    for fault, share in FAULTS[:3]:
        operations.plan(int(share * length), fault)
        failed = main(command)
        errors = capsys.readouterr().err
        assert "Traceback" not in errors
        if failed:
            assert ("memory" if "full" in fault else "CUDNN_STATUS") in errors
        else:
            assert "full" in fault
            assert "memory did not suffice" in output.with_name(f"{output.name}.json").read_text("utf8")
        operations.rest()
    assert main(command) == 0
