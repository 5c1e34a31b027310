"""Planes on the workers of a dask cluster: the same bits, also where a worker is killed in the middle."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Deconvolve, Denoise, Inpaint, RemoveArtifacts, Settings, SuperResolve, files
from napari_deep_prior.cli import main
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.planewise.begin import begin
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.restore_file import Job, Outcome, Restoration

pytest.importorskip("distributed")

FILM = (np.linspace(100, 900, 31) + np.random.default_rng(0).normal(0, 60, (12, 24, 31))).astype(np.uint16)


MASK = np.pad(np.ones((3, 9), np.uint8), ((5, 16), (7, 15)))
TASKS: dict[str, dict[str, Any]] = {
    "denoise": {"task": Denoise},
    "inpaint": {"task": Inpaint, "companions": {"mask": MASK}},
    "super-resolve": {"task": SuperResolve},
    "deconvolve": {"task": Deconvolve, "companions": {"psf": np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32)}},
    "stripes": {"task": RemoveArtifacts, "parameters": {"artifact": "stripes"}},
    "volumes": {"task": Denoise, "axes": "TZYX"},
    "older-store": {"task": Denoise, "ome_zarr": "0.4"},
}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    tifffile.imwrite(tmp_path / "film.tif", FILM, ome=True, metadata={"axes": "TYX"})
    settings = Settings(preset="fast", iterations=4, seconds="never", context=0)
    return Job(input=tmp_path / "film.tif", output=tmp_path / "out.ome.tif", task=Denoise, settings=settings)


@pytest.mark.parametrize("name", TASKS)
def test_a_worker_that_is_killed_changes_no_bit(job: Job, name: str, dying: tuple[str, Path]) -> None:
    from napari_deep_prior.workflows.executors import dask_workers

    job = job_of(name, job)
    whole = dataclasses.replace(job, output=job.output.with_name("whole.tif"), ome_zarr=files.NEWEST)
    Restoration(whole).run()
    done: list[int] = []
    address, marks = dying
    executor = Executor(scheduler=address)
    restoration = begin(dataclasses.replace(job, executor=executor))
    assert isinstance(restoration, PlanewiseRestoration)

    def draw(planes: range) -> bool:
        dask_workers.draw_on(executor, restoration.job, planes, progress=done.append)
        return False

    outcome = restoration.run(draw=draw)
    assert isinstance(outcome, Outcome)
    assert [mark.name for mark in marks.iterdir() if mark.name.startswith(name)] == [f"{job.output.name}.partial"]
    assert sum(done) == outcome.record.input["shape"][0]
    np.testing.assert_array_equal(files.read(job.output).array, files.read(whole.output).array)


def test_the_command_line_has_planes_restored_by_workers(
    job: Job, dying: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """By those of a cluster that runs, one of which is killed."""
    whole = dataclasses.replace(job, output=job.output.with_name("whole.tif"))
    Restoration(whole).run()
    address, marks = dying
    output = job.output.with_name("told.ome.tif")
    settings = ["--preset=fast", "--iterations=4", "--seconds=never", "--context=0"]
    line = ["denoise", str(job.input), "--output", str(output), *settings, "--scheduler", address]
    assert main([*line, "--part", "1/2"]) == 2
    assert "needs one of them at most" in capsys.readouterr().err
    assert main(line) == 0
    assert (marks / f"{output.name}.partial").exists()
    np.testing.assert_array_equal(files.read(output).array, files.read(whole.output).array)


def job_of(name: str, job: Job) -> Job:
    """The job of a task: one network for all planes of a film, as `job` says; elsewhere a fit for each."""
    told = dict(TASKS[name])
    settings = dataclasses.replace(job.settings, context="auto", volume=name == "volumes")
    if name == "volumes":
        film = np.random.default_rng(0).poisson(60, (4, 3, 18, 20)).astype(np.uint16)
        tifffile.imwrite(job.input, film, ome=True, metadata={"axes": told["axes"]})
    for companion, array in told.get("companions", {}).items():
        tifffile.imwrite(job.input.with_name(f"{companion}.tif"), array)
    told["companions"] = {each: job.input.with_name(f"{each}.tif") for each in told.get("companions", {})}
    told["settings"] = job.settings if name == "denoise" else dataclasses.replace(settings, network="each")
    ending = "ome.zarr" if "ome_zarr" in told else "ome.tif"
    return dataclasses.replace(job, output=job.output.with_name(f"{name}.{ending}"), **told)


@pytest.mark.parametrize(("planes", "workers", "sizes"), [(3, 2, [1] * 3), (50, 2, [6] * 8 + [2]), (640, 2, [8] * 80)])
def test_where_there_are_few_planes_each_worker_gets_some(planes: int, workers: int, sizes: list[int]) -> None:
    from napari_deep_prior.workflows.executors import dask_workers

    blocks = dask_workers.blocks(range(planes), Executor(cluster="local", workers=workers))
    assert [len(block) for block in blocks] == sizes
    assert [number for block in blocks for number in block] == list(range(planes))
