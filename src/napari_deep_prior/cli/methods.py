"""The command that writes what a paper says of a result."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro
from typing_extensions import Doc

from napari_deep_prior.workflows.checklist import as_json, as_markdown, checklist
from napari_deep_prior.workflows.find_record import find_record
from napari_deep_prior.workflows.methods_section import methods_paragraph


@dataclasses.dataclass(frozen=True, kw_only=True)
class Methods:
    """Write the paragraph on a result for a paper's methods section, with citations, or the checklist of QUAREP-LiMi."""

    result: Annotated[
        tyro.conf.Positional[Path],
        tyro.conf.arg(metavar="RESULT"),
        Doc("A restored image, or the record (.json) beside it."),
    ]
    checklist: Annotated[
        Literal["none", "markdown", "json"],
        Doc("Instead of the paragraph: the minimal checklist for image analysis (Schmied et al. 2024), filled in."),
    ] = "none"

    def run(self) -> int:
        """Print it."""
        sys.stdout.write(f"{self._text().rstrip()}\n")
        return 0

    def _text(self) -> str:
        record = find_record(self.result)
        match self.checklist:
            case "markdown":
                return as_markdown(checklist(record))
            case "json":
                return as_json(checklist(record))
            case _:
                return methods_paragraph(record)
