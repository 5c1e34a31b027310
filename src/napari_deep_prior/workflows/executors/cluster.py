"""A dask cluster: reached or started, and what becomes of its tasks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows.executors.executor import Executor

if TYPE_CHECKING:
    from distributed import Client, Future

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
    from distributed import as_completed

    with _client(executor) as client:
        tell(f"The workers can be watched at {client.dashboard_link}.")
        futures = submit(client)
        try:
            yield as_completed(futures)
        finally:
            client.cancel(futures)


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
            address = executor.scheduler or stack.enter_context(_started(executor))
            client = stack.enter_context(Client(address))
        except (OSError, ImportError) as error:  # a scheduler that does not answer is a TimeoutError
            raise RunError(
                f"The cluster {executor.scheduler or executor.cluster} cannot be reached: {error}"
            ) from error
        yield client


def _started(executor: Executor) -> Any:
    if executor.cluster == "local":
        from distributed import LocalCluster

        return LocalCluster(n_workers=executor.workers, threads_per_worker=1, dashboard_address=":0")
    import dask_jobqueue

    cluster = getattr(dask_jobqueue, _JOB_QUEUES[str(executor.cluster)])()
    cluster.scale(jobs=executor.workers)
    return cluster
