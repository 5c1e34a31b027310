"""The checkpoint beside an output: when it is written, what a run goes on from, and when it is removed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Fit, Settings, Snapshot, files
from napari_deep_prior.core.run import checkpoint
from napari_deep_prior.workflows import checkpoints
from napari_deep_prior.workflows.checkpoints import CheckpointFile, place
from napari_deep_prior.workflows.restore_file import Job, Restoration, restore_file

SETTINGS = Settings(preset="fast", seconds="never", iterations=14, method="blind-spot")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def job(tmp_path: Path) -> Job:
    tifffile.imwrite(tmp_path / "in.tif", np.random.default_rng(0).poisson(40, (16, 20)).astype(np.uint16))
    return Job(
        input=tmp_path / "in.tif", output=tmp_path / "out.tif", task=Denoise, settings=SETTINGS, checkpoints=True
    )


@pytest.fixture
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots and checkpoints, however fast the machine is."""
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.INTERVAL", 0.0)
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.FRACTION", 1e9)
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints, "FRACTION", 1e9)


class Killed(BaseException):
    """What no part of the program expects."""


def killed_at(step: int) -> object:
    def watch(fit: Fit) -> Iterator[Snapshot]:
        for snapshot in fit:
            if snapshot.iteration == step:
                raise Killed
            yield snapshot

    return watch


def written(monkeypatch: pytest.MonkeyPatch, clock: Clock, seconds: float) -> list[float]:
    """When checkpoints are written, each of which takes so long."""
    times = []

    def save(fit: object, path: Path) -> None:
        times.append(clock.now)
        clock.now += seconds
        path.write_bytes(b"")

    monkeypatch.setattr(checkpoint, "save", save)
    return times


def test_it_is_written_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    times = written(monkeypatch, clock, 0.5)
    kept = CheckpointFile(tmp_path / "out.tif", clock)
    for _ in range(200):
        clock.now += 1
        kept.tick(None)
    assert times == [60.0, 120.5, 181.0], "60 s from the end of one to the beginning of the next"
    assert [path.name for path in tmp_path.iterdir()] == ["out.tif.checkpoint"]


def test_slow_disks_and_large_stacks_take_a_twentieth_of_the_time_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    times = written(monkeypatch, clock, 10.0)
    kept = CheckpointFile(tmp_path / "out.tif", clock)
    while clock.now < 2000:
        clock.now += 1
        kept.tick(None)
    assert 10 * len(times) <= checkpoints.FRACTION * 2000
    assert len(times) > 5


def test_a_full_disk_does_not_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def save(fit: object, path: Path) -> None:
        calls.append(path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", save)
    clock = Clock()
    kept = CheckpointFile(tmp_path / "out.tif", clock)
    for _ in range(3):
        clock.now += 100
        kept.tick(None)
    assert len(calls) == 1
    assert "No space left on device" in kept.failure
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("at_every_step")
def test_what_was_killed_goes_on_with_the_same_bits(job: Job) -> None:
    assert restore_file(job).failure is None
    undisturbed = files.read(job.output).array
    assert not place(job.output).exists(), "nothing is left to go on with"
    job.output.unlink()
    files.sidecar(job.output).unlink()
    with pytest.raises(Killed):
        restore_file(job, killed_at(9))
    assert place(job.output).exists()
    again = Restoration(dataclasses.replace(job, resume=True))
    assert again.notes[-1] == f"The run goes on from {place(job.output)}."
    steps = []

    def watch(fit: Fit) -> Iterator[Snapshot]:
        for snapshot in fit:
            steps.append(snapshot.iteration)
            yield snapshot

    assert again.run(watch).saved == job.output
    assert steps[0] == 9, "the first steps are not taken twice"
    np.testing.assert_array_equal(files.read(job.output).array, undisturbed)
    assert not place(job.output).exists()


@pytest.mark.usefixtures("at_every_step")
def test_what_a_stopped_run_has_saved_is_replaced_by_the_whole(job: Job) -> None:
    def stopped(fit: Fit) -> Iterator[Snapshot]:
        for snapshot in fit:
            if snapshot.iteration == 6:
                fit.stop()
            yield snapshot

    assert restore_file(job, stopped).stopped
    assert place(job.output).exists()
    with pytest.raises(FileExistsError):
        restore_file(job)
    outcome = restore_file(dataclasses.replace(job, resume=True))
    assert (outcome.saved, outcome.stopped) == (job.output, False)
    assert outcome.record.planes[0].iterations == 14


def test_without_a_checkpoint_the_run_starts_anew_and_replaces_nothing(job: Job) -> None:
    resumed = dataclasses.replace(job, resume=True)
    assert "the run starts anew" in Restoration(resumed).notes[-1]
    job.output.write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        Restoration(resumed)


@pytest.mark.usefixtures("at_every_step")
def test_the_checkpoint_of_another_run_is_refused_and_stays(job: Job) -> None:
    with pytest.raises(Killed):
        restore_file(job, killed_at(5))
    other = dataclasses.replace(job, resume=True, settings=dataclasses.replace(SETTINGS, seed=1))
    with pytest.raises(ValueError, match=r"settings\.seed was 0 there and is 1 here"):
        Restoration(other)
    assert place(job.output).exists()


@pytest.mark.usefixtures("at_every_step")
def test_a_job_without_checkpoints_writes_none(job: Job) -> None:
    with pytest.raises(Killed):
        restore_file(dataclasses.replace(job, checkpoints=False), killed_at(5))
    assert not place(job.output).exists()
