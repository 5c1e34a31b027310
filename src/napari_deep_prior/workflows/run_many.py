"""Many files restored in the same way; run again, it goes on where it was interrupted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.workflows.restore_file import Job, Outcome, Restoration, Watch
from napari_deep_prior.workflows.workflow import Workflow

Status = Literal["done before", "begins", "restored", "failed", "stopped"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happens to one of many files.

    Attributes
    ----------
    number
        Which file it is, counted from 1.
    image
        The file.
    status
        What has happened to it.
    message
        Why it failed; empty otherwise.
    outcome
        What became of it, where it was restored or stopped.
    """

    number: int
    image: Path
    status: Status
    message: str = ""
    outcome: Outcome | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A workflow and the images it is for.

    Attributes
    ----------
    workflow
        How each image is restored.
    beside
        The folder in which relative paths of companions lie.
    images
        What to restore.
    folder
        Where the results go: a TIFF with its record for each image, under the image's name.
    overwrite
        Do again, and replace, what is in the folder already.

    Raises
    ------
    ValueError
        If there are no images, or two results would have the same name.
    """

    workflow: Workflow
    beside: Path
    images: Sequence[Path]
    folder: Path
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not self.images:
            raise ValueError("No images are given: needs one or more files to restore.")
        twice = [name for name, count in Counter(image.stem for image in self.images).items() if count > 1]
        if twice:
            raise ValueError(f"Several images are called {twice[0]!r}: their results would have the same name.")

    def job(self, image: Path) -> Job:
        """How one image is restored. What was stopped, or failed after some planes, must not pass for done the next time."""
        return Job(
            input=image,
            output=self.folder / f"{image.stem}.tif",
            task=TASKS[self.workflow.task],
            parameters=self.workflow.parameters,
            companions=self.workflow.companion_paths(image, self.beside),
            settings=Settings(**self.workflow.settings),
            axes=self.workflow.axes,
            dtype=self.workflow.dtype,
            overwrite=self.overwrite,
            keep_unfinished=False,
        )


def run_many(
    batch: Batch, watch: Watch = iter, *, begin: Callable[[Restoration], object] = lambda _: None
) -> Iterator[Event]:
    """Restore one image after the other; what cannot be restored is reported and does not stop the others.

    Parameters
    ----------
    batch
        What to restore, and how.
    watch
        Draws the snapshots from each fit.
    begin
        Told of each image that was read and checked, before it is fitted.

    Yields
    ------
    Event
        Two for each image, when it begins and when it ends; one where it was done before. After one that was stopped there
        are no more.
    """
    batch.folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(batch.images, start=1):
        if (batch.folder / f"{image.stem}.tif").exists() and not batch.overwrite:
            yield Event(number=number, image=image, status="done before")
            continue
        yield Event(number=number, image=image, status="begins")
        try:
            restoration = Restoration(batch.job(image))
            begin(restoration)
            outcome = restoration.run(watch)
        except (RunError, ValueError, OSError) as error:
            yield Event(number=number, image=image, status="failed", message=str(error))
            continue
        status = _status(outcome)
        yield Event(number=number, image=image, status=status, message=outcome.failure or "", outcome=outcome)
        if status == "stopped":
            return


def _status(outcome: Outcome) -> Status:
    if outcome.stopped and outcome.saved is None:
        return "stopped"
    return "failed" if outcome.failure else "restored"
