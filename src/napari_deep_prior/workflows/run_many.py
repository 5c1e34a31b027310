"""Many files restored in the same way; run again, it goes on where it was interrupted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Literal

from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.workflows.done_before import is_result_of, read_record
from napari_deep_prior.workflows.restore_file import Job, Outcome, Restoration, Watch
from napari_deep_prior.workflows.workflow import Workflow

Status = Literal["done before", "begins", "restored", "failed", "stopped"]

_OTHER = "{output} is there, and was not made from this image in this way: choose another folder, or overwrite it."


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
        The folder in which relative paths of companions and of a network lie.
    images
        What to restore.
    folder
        Where the results go: a TIFF with its record for each image, under the image's name.
    overwrite
        Do again, and replace, what is in the folder already.

    Raises
    ------
    ValueError
        If there are no images, two results would have the same name, or one would replace an image.
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
        originals = {image.resolve() for image in self.images}
        lost = [image for image in self.images if self.output(image).resolve() in originals]
        if lost:
            raise ValueError(f"The result of {lost[0]} would replace an image: choose another folder.")

    def output(self, image: Path) -> Path:
        """Where the result of an image goes."""
        return self.folder / f"{image.stem}.tif"

    def absolute(self) -> Batch:
        """The same with paths that hold in any folder, as a process elsewhere needs them."""
        images = [image.absolute() for image in self.images]
        return dataclasses.replace(self, beside=self.beside.absolute(), images=images, folder=self.folder.absolute())

    @property
    def _settings(self) -> Settings:
        """Those of the workflow, with the file of a network in the folder `beside`."""
        settings = Settings(**self.workflow.settings)
        file = settings.network_file
        return settings if file is None else dataclasses.replace(settings, network=str(self.beside / file))

    def job(self, image: Path) -> Job:
        """How one image is restored. What was stopped, or failed after some planes, must not pass for done the next time."""
        return Job(
            input=image,
            output=self.output(image),
            task=TASKS[self.workflow.task],
            parameters=self.workflow.parameters,
            companions=self.workflow.companion_paths(image, self.beside),
            settings=self._settings,
            axes=self.workflow.axes,
            override_axes=self.workflow.override_axes,
            dtype=self.workflow.dtype,
            overwrite=self.overwrite,
            keep_unfinished=False,
        )


def run_many(
    batch: Batch, watch: Watch = iter, *, begin: Callable[[Restoration], object] = lambda _: None
) -> Generator[Event, None, None]:
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
        Two for each image, when it begins and when it ends. After one that was stopped there are no more.
    """
    batch.folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(batch.images, start=1):
        yield Event(number=number, image=image, status="begins")
        event = restore_one(batch, number, watch, begin)
        yield event
        if event.status == "stopped":
            return


def restore_one(
    batch: Batch, number: int, watch: Watch = iter, begin: Callable[[Restoration], object] = lambda _: None
) -> Event:
    """Restore one image of a batch, counted from 1; what became of it, whatever that is."""
    image = batch.images[number - 1]
    try:
        outcome = _restore_unless_done(batch.job(image), watch, begin)
    except Exception as error:  # noqa: BLE001  whatever is wrong with one image, the others are restored
        return Event(number=number, image=image, status="failed", message=str(error) or type(error).__name__)
    if outcome is None:
        return Event(number=number, image=image, status="done before")
    message = outcome.failure or ""
    return Event(number=number, image=image, status=_status(outcome), message=message, outcome=outcome)


def _restore_unless_done(job: Job, watch: Watch, begin: Callable[[Restoration], object]) -> Outcome | None:
    """What became of the image; None where its result is there already.

    Raises
    ------
    Exception
        Whatever is wrong with it.
    """
    if not job.overwrite:
        job = dataclasses.replace(job, overwrite=_is_left_over(job.output))
    if job.output.exists() and not job.overwrite:
        if is_result_of(Restoration(dataclasses.replace(job, overwrite=True))):
            return None
        raise FileExistsError(_OTHER.format(output=job.output))
    restoration = Restoration(job)
    begin(restoration)
    return restoration.run(watch)


def _is_left_over(output: Path) -> bool:
    """Whether there is a record of ours without its image: the run was killed while it saved."""
    return not output.exists() and read_record(output) is not None


def _status(outcome: Outcome) -> Status:
    if outcome.stopped and outcome.saved is None:
        return "stopped"
    return "failed" if outcome.failure else "restored"
