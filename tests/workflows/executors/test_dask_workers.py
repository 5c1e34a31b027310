"""Planes on the workers of a dask cluster: the same bits, also where a worker is killed in the middle."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import dask
import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Settings, files
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.planewise.begin import begin
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.planewise.sink import DiskSink
from napari_deep_prior.workflows.restore_file import Job, Outcome, Restoration

distributed = pytest.importorskip("distributed")

FILM = (np.linspace(100, 900, 31) + np.random.default_rng(0).normal(0, 60, (12, 24, 31))).astype(np.uint16)


def die_once(dask_worker: object, mark: str) -> None:
    """In a worker: the process ends as if it had been killed, when it has written its second plane."""
    write, written = DiskSink.write, []

    def write_or_die(self: DiskSink, plane: object) -> None:
        write(self, plane)  # type: ignore[arg-type]
        written.append(plane)
        if len(written) == 2 and not Path(mark).exists():
            Path(mark).touch()
            os._exit(9)

    DiskSink.write = write_or_die  # type: ignore[method-assign, assignment]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    tifffile.imwrite(tmp_path / "film.tif", FILM, ome=True, metadata={"axes": "TYX"})
    settings = Settings(preset="fast", iterations=4, seconds="never", context=0)
    return Job(input=tmp_path / "film.tif", output=tmp_path / "out.ome.tif", task=Denoise, settings=settings)


def test_a_worker_that_is_killed_changes_no_bit(job: Job, tmp_path: Path) -> None:
    from napari_deep_prior.workflows.executors import dask_workers

    whole = dataclasses.replace(job, output=tmp_path / "whole.tif")
    Restoration(whole).run()
    done: list[int] = []
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as client:
            client.register_plugin(Dying(str(tmp_path / "died")))
        executor = Executor(scheduler=cluster.scheduler_address)
        restoration = begin(dataclasses.replace(job, executor=executor))
        assert isinstance(restoration, PlanewiseRestoration)

        def draw(planes: range) -> bool:
            dask_workers.draw_on(executor, restoration.job, planes, progress=done.append)
            return False

        outcome = restoration.run(draw=draw)
    assert isinstance(outcome, Outcome)
    assert (tmp_path / "died").exists()
    assert sum(done) == len(FILM)
    np.testing.assert_array_equal(files.read(job.output).array, files.read(whole.output).array)


class Dying(distributed.WorkerPlugin):  # type: ignore[misc]
    """Makes a worker die once."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def setup(self, worker: object) -> None:
        die_once(worker, self.mark)


def test_a_scheduler_that_does_not_answer_is_said(job: Job) -> None:
    from napari_deep_prior.core.results import RunError
    from napari_deep_prior.workflows.executors import dask_workers

    executor = Executor(scheduler="tcp://127.0.0.1:1")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(RunError, match="cannot be reached"),
    ):
        dask_workers.draw_on(executor, job, range(2))
