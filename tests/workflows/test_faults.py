"""Whatever goes wrong while a file is restored: files are whole or absent, and going on gives the bits of a run that was not disturbed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.cli import main
from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows import checkpoints
from napari_deep_prior.workflows.restore_file import Job, restore_file

FILM = np.random.default_rng(0).poisson(50, (3, 32, 40)).astype(np.uint16)
FAULTS = (("card is full", 0.1), ("memory is full", 0.5), ("library fails", 0.8), ("not a number", 0.6))
SETTINGS = Settings(preset="fast", seconds="never", iterations=4, device="cpu", precision="float32")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.ome.tif"
    tifffile.imwrite(path, FILM, ome=True, metadata={"axes": "TYX"})
    return path


@pytest.mark.parametrize("network", ["each", "auto"])
def test_files_are_whole_or_absent_and_a_run_that_failed_goes_on(
    film: Path, operations: Any, network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)  # one at each snapshot
    monkeypatch.setattr(checkpoints, "FRACTION", 1e9)
    output = film.parent / "out" / "film.ome.tif"
    output.parent.mkdir()
    settings = dataclasses.replace(SETTINGS, network=network)
    job = Job(input=film, output=output, task=Denoise, settings=settings, checkpoints=True)
    restore_file(job)
    expected, length = tifffile.imread(output), operations.done
    for fault, share in FAULTS:
        for path in output.parent.iterdir():
            path.unlink()
        operations.plan(int(share * length), fault)
        failure = failure_of(job)
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
        assert main(command) == 1
        errors = capsys.readouterr().err
        assert "Traceback" not in errors
        assert ("memory" if "full" in fault else "CUDNN_STATUS") in errors
        operations.rest()
    assert main(command) == 0
