"""Planes restored by the workers of a dask cluster, a block of them a task.

A worker opens the files itself, so that no pixels go over the network. What it has done is on the disk with a mark; where a
worker is lost, another one takes its task and does what has no mark.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_deep_prior import files
from napari_deep_prior.workflows.executors.cluster import result_of, tasks_on
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.restore_file import Job

if TYPE_CHECKING:
    from distributed import Client, Future

BLOCK = 8
"""Planes of a task at most: so few that little is lost with a worker."""

_TASKS_A_WORKER = 4
"""Tasks that each worker gets at least, where there are enough planes."""


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
    sent = dataclasses.replace(
        job,
        input=job.input.absolute(),
        output=job.output.absolute(),
        companions=_absolute(job.companions),
        by_products=_absolute(job.by_products),
        resume=True,
        executor=None,
    )

    def submit(client: Client) -> list[Future[int]]:
        return [client.submit(draw_block, sent, list(block), pure=False) for block in blocks(planes, executor)]

    with tasks_on(executor, tell, submit) as tasks:
        for task in tasks:
            progress(result_of(task))


def blocks(planes: Sequence[int], executor: Executor) -> list[Sequence[int]]:
    """The planes of each task; so few, where there are few, that no worker is idle for long at the end."""
    size = min(BLOCK, max(1, len(planes) // (_TASKS_A_WORKER * executor.workers)))
    return [planes[at : at + size] for at in range(0, len(planes), size)]


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
