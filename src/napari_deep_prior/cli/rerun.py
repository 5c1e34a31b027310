"""The command that repeats a result and says by how much it differs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from typing_extensions import Doc

from napari_deep_prior.cli.exits import FAILED, fail, say
from napari_deep_prior.cli.progress import NOT_SAVED, follow
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
    input: Annotated[
        tyro.conf.Positional[Path | None],
        tyro.conf.arg(metavar="INPUT", help_behavior_hint="(default: the one the record names)"),
        Doc("The image it was made from."),
    ] = None
    companions: Annotated[
        tuple[Path, ...],
        tyro.conf.arg(metavar="FILES", help_behavior_hint="(default: those the record names)"),
        Doc("What went with the image, such as a mask, in any order."),
    ] = ()
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
