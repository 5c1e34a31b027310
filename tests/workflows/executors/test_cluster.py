"""A cluster is started, or is not there."""

from __future__ import annotations

import os
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import pytest

from napari_deep_prior import Settings, restore, restore_lazily
from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows.executors import cluster as clusters
from napari_deep_prior.workflows.executors.cluster import result_of, tasks_on
from napari_deep_prior.workflows.executors.executor import Executor

pytest.importorskip("distributed")


def test_a_local_cluster_is_started_and_ends() -> None:
    from distributed import Client

    told: list[str] = []
    with tasks_on(Executor(cluster="local", workers=1), told.append, lambda client: client.map(abs, [-3, -4])) as tasks:
        assert sorted(result_of(task) for task in tasks) == [3, 4]
    assert "The workers can be watched at http://127.0.0.1:" in told[0]
    with pytest.raises(ValueError, match="No clients found"):
        Client.current()


def test_that_there_is_no_worker_is_told_and_the_first_that_comes_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(clusters, "_LOOK", 0.2)
    told: list[str] = []
    with LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=":0") as cluster:

        def tell(words: str) -> None:
            told.append(words)
            if "no worker" in words:
                cluster.scale(1)

        executor = Executor(scheduler=cluster.scheduler_address)
        with tasks_on(executor, tell, lambda client: client.map(abs, [-3, -4])) as tasks:
            assert sorted(result_of(task) for task in tasks) == [3, 4]
    assert [words for words in told if "no worker" in words] == [
        "The cluster has no worker now: waiting for one. Ctrl-C ends the wait; what is done is kept."
    ]


@pytest.mark.timeout(60)
def test_a_worker_that_is_slow_to_come_back_is_not_given_up(tmp_path: Path) -> None:
    """dask closes a worker for good that is not back in time; with the last one gone, tasks would wait for ever."""
    mark = tmp_path / "died"

    def die_once() -> int:
        if not mark.exists():
            mark.touch()
            os._exit(9)
        return 3

    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}),
        tasks_on(Executor(cluster="local", workers=1), print, lambda client: [client.submit(die_once)]) as tasks,
    ):
        assert [result_of(task) for task in tasks] == [3]
    assert mark.exists()


def test_lazy_results_survive_a_worker_that_is_killed(dying: tuple[str, Path], tmp_path: Path) -> None:
    """Drawn again is what the dead worker had not written, and nothing else."""
    from distributed import Client

    film = np.random.default_rng(0).poisson(60, (8, 24, 31)).astype(np.uint16)
    settings = Settings(preset="fast", iterations=4, seconds="never", device="cpu", context=0)
    address, marks = dying
    with Client(address):
        lazy = restore_lazily(da.from_array(film, chunks=(1, 24, 31)), settings=settings, axes="TYX")
        lazy.image.to_zarr(tmp_path / "out.zarr")
    assert (marks / "lazily").exists()
    drawn = [int(number) for number in (marks / "drawn").read_text().split()]
    assert set(drawn) == set(range(8))
    assert len(drawn) <= 8 + 1, "the worker that died had one plane"
    expected = restore(film, settings=settings, axes="TYX").image
    np.testing.assert_array_equal(da.from_zarr(tmp_path / "out.zarr").compute(), expected)


def test_a_scheduler_that_does_not_answer_is_said() -> None:
    executor = Executor(scheduler="tcp://127.0.0.1:1")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(RunError, match="cannot be reached"),
        tasks_on(executor, print, lambda client: client.map(abs, [-3])),
    ):
        pass
