"""The checkpoint of a run beside its output: written from time to time, and removed when the result is saved."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from napari_deep_prior.core.run import checkpoint
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.files.atomic import publish, staged

EVERY = 60.0
"""Seconds from one checkpoint to the next, at least: as much of a run that is killed is lost."""

FRACTION = 0.05
"""Fraction of the time that may go into writing checkpoints: those of large stacks are written less often."""


def place(output: Path) -> Path:
    """Where the checkpoint of a run with this output lies: its whole name plus ``.checkpoint``."""
    return Path(f"{output}.checkpoint")


def exists(output: Path) -> bool:
    """Whether there is a checkpoint of a run with this output."""
    return os.path.exists(place(output))  # Path.exists raises for long names


def go_on(fit: Fit, output: Path) -> str:
    """Let a fit that has not begun go on from the checkpoint, if there is one; returns what becomes of it, in words.

    Raises
    ------
    OSError, ValueError
        If the checkpoint cannot be read, or is of another run.
    """
    if not exists(output):
        return f"There is no {place(output)} to go on from: the run starts anew."
    checkpoint.load(fit, place(output))
    return f"The run goes on from {place(output)}."


class CheckpointFile:
    """Keeps a run's checkpoint.

    Parameters
    ----------
    output
        Where the result will go.
    clock
        Tells the time in seconds.

    Attributes
    ----------
    failure
        Why checkpoints cannot be written, in words; None: they can.
    """

    def __init__(self, output: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path, self._clock = place(output), clock
        self.failure: str | None = None
        self._due = clock() + EVERY

    def tick(self, fit: Fit) -> None:
        """Write one, if it is time. To be called between two snapshots. A run does not end because it cannot be written."""
        began = self._clock()
        if self.failure is not None or began < self._due:
            return
        try:
            with staged(self.path) as part:
                checkpoint.save(fit, part)
                publish(part, self.path, overwrite=True)
        except OSError as error:
            self.failure = (
                f"The checkpoint {self.path} could not be written ({error}): a run that is killed starts anew."
            )
        now = self._clock()
        self._due = now + max(EVERY, (now - began) / FRACTION)

    def remove(self) -> None:
        """The result is saved: nothing is left to go on with."""
        self.path.unlink(missing_ok=True)
