"""The command that restores many files in the same way; run again, it goes on where it was interrupted."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import tyro
from typing_extensions import Doc

from napari_deep_prior.cli.exits import FAILED, INTERRUPTED, fail
from napari_deep_prior.cli.restore import Flag, Restoration, restoration
from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.workflows import workflow as batches


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
    overwrite: Annotated[Flag, Doc("Do again, and replace, what is in DIR already.")] = False
    quiet: Annotated[Flag, Doc("No progress bars and no summaries.")] = False

    def run(self) -> int:
        """One after the other; what cannot be restored is reported and does not stop the others."""
        batch = batches.read_workflow(self.file)
        outputs = self._outputs()
        self.output.mkdir(parents=True, exist_ok=True)
        done, failed = 0, 0
        for number, (image, output) in enumerate(outputs.items(), start=1):
            if output.exists() and not self.overwrite:
                self._say(f"[{number}/{len(outputs)}] {image}: done before.")
                done += 1
                continue
            self._say(f"[{number}/{len(outputs)}] {image}")
            try:
                code = self._restoration(batch, image, output).run()
            except (RunError, ValueError, OSError) as error:
                code = fail(FAILED, f"{image}: {error}")
            except KeyboardInterrupt:
                return fail(INTERRUPTED, f"Interrupted: {done} of {len(outputs)} are done. The same command goes on.")
            done, failed = done + (code == 0), failed + (code != 0)
        self._say(f"{done} of {len(outputs)} images are restored in {self.output}.")
        return fail(FAILED, f"{failed} of {len(outputs)} images could not be restored, see above.") if failed else 0

    def _outputs(self) -> dict[Path, Path]:
        """Image -> its result; refused, before anything is done, where two would have the same."""
        if not self.images:
            raise ValueError("No images are given: needs one or more files to restore.")
        names = Counter(image.stem for image in self.images)
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise ValueError(f"Several images are called {twice[0]!r}: their results would have the same name.")
        return {image: self.output / f"{image.stem}.tif" for image in self.images}

    def _restoration(self, batch: batches.Workflow, image: Path, output: Path) -> Restoration:
        # What was interrupted, or failed after some planes, must not pass for done the next time.
        whole: Any = type("Whole", (restoration(TASKS[batch.task]),), {"saves_unfinished": False})
        given = {**batch.parameters, **batch.companion_paths(image, self.file.parent)}
        try:
            made: Restoration = whole(
                input=image,
                output=output,
                axes=batch.axes,
                dtype=batch.dtype,
                overwrite=self.overwrite,
                quiet=self.quiet,
                settings=Settings(**batch.settings),
                **given,
            )
        except TypeError as error:  # a file that goes with the image is not given
            raise ValueError(f"{self.file}: {error}") from error
        return made

    def _say(self, line: str) -> None:
        if not self.quiet:
            sys.stderr.write(f"{line}\n")
