"""Many files restored by the workers of a dask cluster, each file a task.

A worker reads and writes the files itself. Where a worker is lost, another one restores the file it was at; those that it had
finished are on the disk.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from napari_deep_prior.core.results import RunError
from napari_deep_prior.workflows.executors.cluster import result_of, tasks_on
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.run_many import Batch, Event, restore_one

if TYPE_CHECKING:
    from distributed import Client, Future


_Ended = tuple[Event, list[str]]
"""What became of an image, and what a user should know of how it was read."""


def run_many_on(
    executor: Executor, batch: Batch, *, tell: Callable[[str], object] = lambda _: None
) -> Generator[Event, None, None]:
    """Restore the images of a batch on a cluster, as `run_many` does here.

    Parameters
    ----------
    executor
        Where.
    batch
        What to restore, and how.
    tell
        Told where the dashboard is, and what a user should know of how an image was read.

    Yields
    ------
    Event
        Two for each image, both when it has ended, in whatever order that is.

    Raises
    ------
    RunError
        If the cluster cannot be reached.
    """
    batch.folder.mkdir(parents=True, exist_ok=True)
    whole = batch.absolute()
    numbers: dict[Future[_Ended], int] = {}

    def submit(client: Client) -> list[Future[_Ended]]:
        for number, image in enumerate(whole.images, start=1):
            alone = dataclasses.replace(whole, images=[image])  # the others need not travel with it
            numbers[client.submit(_restored, alone, pure=False)] = number
        return list(numbers)

    with tasks_on(executor, tell, submit) as tasks:
        for task in tasks:
            event, notes = _event_of(task, numbers[task], batch)
            yield dataclasses.replace(event, status="begins", message="", outcome=None)
            for note in notes:
                tell(note)
            yield event


def _restored(batch: Batch) -> _Ended:
    """On a worker: restore the only image of a batch."""
    notes: list[str] = []
    return restore_one(batch, 1, begin=lambda restoration: notes.extend(restoration.notes)), notes


def _event_of(task: Future[_Ended], number: int, batch: Batch) -> _Ended:
    """What became of an image, also where the workers died of it."""
    image = batch.images[number - 1]
    try:
        event, notes = result_of(task)
    except RunError as error:
        return Event(number=number, image=image, status="failed", message=str(error)), []
    return dataclasses.replace(event, number=number, image=image), notes
