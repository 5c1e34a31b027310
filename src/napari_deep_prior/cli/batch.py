"""The command that restores many files in the same way; run again, it goes on where it was interrupted."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import tyro
from typing_extensions import Doc

from napari_deep_prior.cli.executor_options import Workers, executor_of
from napari_deep_prior.cli.exits import FAILED, INTERRUPTED, fail, say
from napari_deep_prior.cli.progress import NOT_SAVED, follow
from napari_deep_prior.cli.restore import Flag
from napari_deep_prior.core.results import Snapshot
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.workflows import run_many
from napari_deep_prior.workflows.executors.executor import Kind
from napari_deep_prior.workflows.executors.many_files import run_many_on
from napari_deep_prior.workflows.restore_file import Restoration
from napari_deep_prior.workflows.summary import summary
from napari_deep_prior.workflows.workflow import read_workflow


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batch:
    """Restore many images in the way a batch file says; the window writes such files (Share > Save as batch)."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE"), Doc("The batch file, TOML.")]
    images: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="IMAGES"), Doc("What to restore.")]
    output: Annotated[
        Path,
        tyro.conf.arg(metavar="DIR"),
        Doc("Folder for the results, made if missing: a TIFF with its record for each image, under the image's name."),
    ]
    overwrite: Annotated[Flag, Doc("Do again, and replace, what is in DIR already, however it was made.")] = False
    scheduler: Annotated[
        str | None,
        tyro.conf.arg(metavar="ADDRESS"),
        Doc("Have the images restored by the workers of a dask cluster that runs, such as tcp://host:8786."),
    ] = None
    cluster: Annotated[
        Kind | None,
        Doc(
            "Start a dask cluster for the images. local: on this machine; others: jobs of that scheduler, by dask-jobqueue, which takes "
            "their size from its own file of settings."
        ),
    ] = None
    workers: Workers = 2
    quiet: Annotated[Flag, Doc("No progress bars and no summaries.")] = False

    def run(self) -> int:
        """One after the other, or by workers; what cannot be restored stops no others, is tried once more, and is listed at the end."""
        batch = run_many.Batch(
            workflow=read_workflow(self.file),
            beside=self.file.parent,
            images=self.images,
            folder=self.output,
            overwrite=self.overwrite,
        )
        total, count, failed = len(self.images), Counter[str](), dict[Path, str]()
        try:
            failed = self._restore(batch, count)
            if failed and not count["stopped"]:
                self._say(f"{len(failed)} of {total} images could not be restored. They are tried once more.")
                failed = self._restore(dataclasses.replace(batch, images=list(failed)), count)
        except KeyboardInterrupt:
            count["stopped"] += 1
        done = count["restored"] + count["done before"]
        if count["stopped"]:
            return fail(INTERRUPTED, f"Interrupted: {done} of {total} are done. The same command goes on.")
        self._say(f"{done} of {total} images are restored in {self.output}.")
        for image, why in failed.items():
            fail(FAILED, why if str(image) in why else f"{image}: {why}")
        return fail(FAILED, f"{len(failed)} of {total} images could not be restored, see above.") if failed else 0

    def _restore(self, batch: run_many.Batch, count: Counter[str]) -> dict[Path, str]:
        """One after the other; those that could not be restored, and why."""
        failed = {}
        for event in self._events(batch):
            count[event.status] += 1
            self._report(event, len(batch.images))
            if event.status == "failed":
                failed[event.image] = event.message
        return failed

    def _events(self, batch: run_many.Batch) -> Iterator[run_many.Event]:
        executor = executor_of(self.scheduler, self.cluster, self.workers)
        if executor is None:
            return run_many.run_many(batch, self._follow, begin=self._begin)
        return run_many_on(executor, batch, tell=self._say)

    def _follow(self, fit: Fit) -> Iterator[Snapshot]:
        return follow(fit, quiet=self.quiet, ending=NOT_SAVED)

    def _begin(self, restoration: Restoration) -> None:
        self._say(*restoration.notes, f"Computing on {restoration.device.summary}.")

    def _report(self, event: run_many.Event, total: int) -> None:
        title = f"[{event.number}/{total}] {event.image}"
        match event.status:
            case "begins":
                self._say(title)
            case "done before":
                self._say("  done before.")
            case "failed":
                self._say(f"  {event.message}")
            case "restored" if event.outcome is not None:
                saved = event.outcome.saved
                told = (*summary(event.outcome.record), *event.outcome.notes)
                self._say(*told, f"Saved {saved} and its record {saved}.json.")

    def _say(self, *lines: str) -> None:
        if not self.quiet:
            say(*lines)
