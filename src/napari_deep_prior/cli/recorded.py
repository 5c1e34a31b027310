"""Arguments of the commands that go back to what a record names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from typing_extensions import Doc

RecordedInput = Annotated[
    tyro.conf.Positional[Path | None],
    tyro.conf.arg(metavar="INPUT", help_behavior_hint="(default: the one the record names)"),
    Doc("The image that the result was made from."),
]

RecordedCompanions = Annotated[
    tuple[Path, ...],
    tyro.conf.arg(metavar="FILES", help_behavior_hint="(default: those the record names)"),
    Doc("What went with the image, such as a mask, in any order."),
]
