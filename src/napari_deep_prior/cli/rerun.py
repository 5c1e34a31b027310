"""The command that repeats a result and says by how much it differs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from typing_extensions import Doc

from napari_deep_prior.cli.exits import FAILED, fail, say
from napari_deep_prior.cli.progress import NOT_SAVED, follow
from napari_deep_prior.cli.recorded import RecordedCompanions, RecordedInput
from napari_deep_prior.cli.restore import Flag
from napari_deep_prior.workflows.rerun import rerun


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rerun:
    """Repeat a result from its record and say by how much it differs; the exit code is 1 where that is more than rounding."""

    record: Annotated[
        tyro.conf.Positional[Path],
        tyro.conf.arg(metavar="RECORD"),
        Doc("A restored image, or the record (.json) beside it."),
    ]
    input: RecordedInput = None
    companions: RecordedCompanions = ()
    quiet: Annotated[Flag, Doc("No progress bar.")] = False

    def run(self) -> int:
        """Repeat, compare, and say how it compares."""
        repeated = rerun(
            self.record,
            self.input,
            self.companions,
            lambda fit: follow(fit, quiet=self.quiet, ending=NOT_SAVED),
        )
        *lines, last = repeated.sentences()
        if repeated.difference.matters:
            return fail(FAILED, " ".join([*lines, last]))
        say(*lines, last)
        return 0
