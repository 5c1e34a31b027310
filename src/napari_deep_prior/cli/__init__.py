"""The command line: one command per task, generated from TASKS and Settings; beside them batch, methods, gui, info and others.

A new task file is a new command; nothing is edited here.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Union

import tyro

from napari_deep_prior.cli.batch import Batch
from napari_deep_prior.cli.control import Control
from napari_deep_prior.cli.demo import Demo
from napari_deep_prior.cli.exits import FAILED, INTERRUPTED, PROGRAM, REFUSED, fail
from napari_deep_prior.cli.info import Info
from napari_deep_prior.cli.learning_curves import LearningCurves
from napari_deep_prior.cli.methods import Methods
from napari_deep_prior.cli.rerun import Rerun
from napari_deep_prior.cli.restore import restore_command
from napari_deep_prior.cli.window import Gui
from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.tasks import TASKS


def _commands() -> Any:
    """The union of all commands, as tyro wants it."""
    named: list[tuple[str, type, str | None]] = [
        (name, restore_command(task), task.summary) for name, task in TASKS.items()
    ]
    others = (Batch, Methods, Rerun, Control, Gui, Info, Demo, LearningCurves)
    named += [(re.sub(r"(?<=[a-z])(?=[A-Z])", "-", other.__name__).lower(), other, other.__doc__) for other in others]
    options = [Annotated[command, tyro.conf.subcommand(name, description=text)] for name, command, text in named]
    return Union[tuple(options)]  # noqa: UP007  made at run time


def _parse(arguments: Sequence[str]) -> Any:
    """The command asked for. tyro's framed error messages are drawn together into one line."""
    messages = io.StringIO()
    try:
        with contextlib.redirect_stderr(messages):
            return tyro.cli(
                _commands(),
                prog=PROGRAM,
                args=arguments,
                description="Restores one image without training data, by Deep Image Prior.",
            )
    except SystemExit as end:
        if not end.code:
            raise
        raise ValueError(f"{_without_frame(messages.getvalue())} (see {PROGRAM} --help)") from None


def _without_frame(text: str) -> str:
    """What stands between the title of a framed message, drawn in UTF-8 or ASCII, and its first rule, on one line."""
    lines = [line.strip(" │") for line in text.splitlines() if line.strip(" │")]
    body = itertools.dropwhile(_is_rule, lines[1:])
    return " ".join(itertools.takewhile(lambda line: not _is_rule(line), body)).partition(" Got errors:")[0]


def _is_rule(line: str) -> bool:
    return not line.strip("─-╭╮╰╯")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0, 1 for a failed run, 2 for what was refused before or during it."""
    try:
        return int(_parse(sys.argv[1:] if argv is None else argv).run())
    except SystemExit as end:  # --help
        return int(end.code or 0)
    except RunError as error:
        return fail(FAILED, error)
    except (ValueError, OSError) as error:
        return fail(REFUSED, error)
    except MemoryError:
        return fail(
            FAILED, "This machine has not enough memory for it: restore a smaller crop, or close other programs."
        )
    except KeyboardInterrupt:
        return fail(INTERRUPTED, "Interrupted; nothing was saved.")
