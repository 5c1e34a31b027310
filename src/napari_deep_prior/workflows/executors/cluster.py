"""A dask cluster: reached or started, and what becomes of its tasks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows.executors.executor import Executor

if TYPE_CHECKING:
    from distributed import Client, Future

_LOOK = 10.0
"""Seconds between two looks at whether there are workers."""

_LOST_AFTER = "1 day"
"""How long the process of a worker may be away before dask gives the worker up for good. dask's own 15 s are over before a busy machine
has started one again that died twice; no worker is left then, and the tasks wait for ever."""

_JOB_QUEUES = {"slurm": "SLURMCluster", "lsf": "LSFCluster", "pbs": "PBSCluster", "sge": "SGECluster"}


@contextlib.contextmanager
def tasks_on(
    executor: Executor, tell: Callable[[str], object], submit: Callable[[Client], Sequence[Future[Any]]]
) -> Iterator[Iterator[Future[Any]]]:
    """Tasks of a cluster, each when it has ended; those that have not are given up at the end.

    Parameters
    ----------
    executor
        The cluster.
    tell
        Told where the dashboard is.
    submit
        Hands tasks to a client.

    Raises
    ------
    RunError
        If the cluster cannot be reached.
    """
    with _client(executor) as client:
        tell(f"The workers can be watched at {client.dashboard_link}.")
        futures = submit(client)
        try:
            yield _as_they_end(client, futures, tell)
        finally:
            client.cancel(futures)


def _as_they_end(
    client: Client, futures: Sequence[Future[Any]], tell: Callable[[str], object]
) -> Iterator[Future[Any]]:
    """Each task when it has ended. A cluster may have no worker for long, while jobs are queued; so that is told, once each time."""
    from distributed import as_completed

    tasks, looked, without = as_completed(futures), time.monotonic(), False
    while not tasks.is_empty():
        ended = tasks.next_batch(block=False)
        yield from ended
        if ended:
            continue
        time.sleep(0.1)
        if time.monotonic() - looked < _LOOK:
            continue
        looked, before, without = time.monotonic(), without, not client.scheduler_info()["workers"]
        if without and not before:
            tell("The cluster has no worker now: waiting for one. Ctrl-C ends the wait; what is done is kept.")


def result_of(future: Future[Any]) -> Any:
    """What a task returned, or raised.

    Raises
    ------
    RunError
        If the workers that had it died again and again.
    """
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        raise RunError(f"Workers died again and again, perhaps of too little memory ({error}).") from error


@contextlib.contextmanager
def _client(executor: Executor) -> Iterator[Client]:
    """A client of the cluster, which ends with it where it was started here.

    Raises
    ------
    RunError
        If there is none.
    """
    from distributed import Client

    with contextlib.ExitStack() as stack:
        try:
            address = executor.scheduler or stack.enter_context(_started(executor, stack))
            client = stack.enter_context(Client(address))
        except (OSError, ImportError) as error:  # a scheduler that does not answer is a TimeoutError
            raise RunError(
                f"The cluster {executor.scheduler or executor.cluster} cannot be reached: {error}"
            ) from error
        yield client


def _started(executor: Executor, stack: contextlib.ExitStack) -> Any:
    if executor.cluster == "local":
        import dask.config
        from distributed import LocalCluster

        stack.enter_context(dask.config.set({"distributed.deploy.lost-worker-timeout": _LOST_AFTER}))
        return LocalCluster(n_workers=executor.workers, threads_per_worker=1, dashboard_address=":0")
    import dask_jobqueue

    cluster = getattr(dask_jobqueue, _JOB_QUEUES[str(executor.cluster)])()
    cluster.scale(jobs=executor.workers)
    return cluster
