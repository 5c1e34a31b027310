"""Planes restored by the workers of a dask cluster, a block of them a task.

A worker opens the files itself, so that no pixels go over the network. What it has done is on the disk with a mark; where a
worker is lost, another one takes its task and does what has no mark.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_deep_prior import files
from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.restore_file import Job

if TYPE_CHECKING:
    from distributed import Client

BLOCK = 8
"""Planes of a task: so few that little is lost with a worker."""

_JOB_QUEUES = {"slurm": "SLURMCluster", "lsf": "LSFCluster", "pbs": "PBSCluster", "sge": "SGECluster"}


def draw_on(
    executor: Executor,
    job: Job,
    planes: Sequence[int],
    *,
    tell: Callable[[str], object] = lambda _: None,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Restore planes of a job whose folder is begun and has learnt.

    Parameters
    ----------
    executor
        Where.
    job, planes
        What, and which of its planes.
    tell
        Told where the dashboard is.
    progress
        Told how many planes a task has done, when it ends.

    Raises
    ------
    RunError
        If the cluster cannot be reached, or loses its workers again and again.
    ValueError
        If a plane cannot be restored.
    """
    from distributed import as_completed

    sent = dataclasses.replace(
        job,
        input=job.input.absolute(),
        output=job.output.absolute(),
        companions=_absolute(job.companions),
        by_products=_absolute(job.by_products),
        resume=True,
        executor=None,
    )
    with _client(executor) as client:
        tell(f"The workers can be watched at {client.dashboard_link}.")
        blocks = [planes[at : at + BLOCK] for at in range(0, len(planes), BLOCK)]
        futures = [client.submit(draw_block, sent, list(block), pure=False) for block in blocks]
        try:
            for future in as_completed(futures):
                progress(_done_by(future))
        finally:
            client.cancel(futures)


def _done_by(future: Any) -> int:
    from distributed.scheduler import KilledWorker

    try:
        return int(future.result())
    except KilledWorker as error:
        raise RunError(f"Workers died again and again, perhaps of too little memory ({error}).") from error


def _absolute(paths: Mapping[str, Path]) -> dict[str, Path]:
    return {name: path.absolute() for name, path in paths.items()}


def draw_block(job: Job, planes: Sequence[int]) -> int:
    """On a worker: restore those of these planes that are not done; how many they are."""
    _restoration(str(job.output), _Held(job)).draw(planes)
    return len(planes)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A job that takes no part in whether two are the same; its output does."""

    job: Job

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@functools.lru_cache(maxsize=1)
def _restoration(output: str, held: _Held) -> PlanewiseRestoration:
    """The job that this worker is at, opened once: tasks of one output follow each other."""
    return PlanewiseRestoration(held.job, files.open_lazily(held.job.input), why="")


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
