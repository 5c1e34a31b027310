"""The folder of an unfinished output: its planes so far, what was learnt, and a mark for each plane that is done.

It has the output's name with ``.partial`` behind it, so that nothing half passes for a result. All processes that work at the
same output share it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_deep_prior import files
from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import PlaneReport
from napari_deep_prior.core.run import checkpoint
from napari_deep_prior.files import atomic

_PLAN, _LEARNT, _DONE = "plan.json", "learnt.npz", "done"

_IN_A_FOLDER = 1000
"""Marks that lie in one folder."""


def place(output: Path) -> Path:
    """Where an unfinished output lies."""
    return Path(f"{output}.partial")


def exists(output: Path) -> bool:
    """Whether there is an unfinished output of planes."""
    return os.path.isdir(place(output))  # Path.is_dir raises for long names


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is known of a plane that is done.

    Attributes
    ----------
    plan
        Hash of the plan by which it was done.
    digest
        SHA-256 of the bytes it was made from.
    report
        How it went.
    ranges
        Smallest and largest number, of the plane or of each of its channels.
    clipped
        Number of its pixels that lay outside of the range of the output's numbers.
    """

    plan: str
    digest: str
    report: PlaneReport
    ranges: tuple[tuple[float, ...], ...]
    clipped: int


class PartialFolder:
    """An unfinished output.

    Parameters
    ----------
    output
        Where the result will be.
    plan
        All that decides the bits, as JSON has it.
    """

    def __init__(self, output: Path, plan: Mapping[str, Any]) -> None:
        self.path, self._plan = place(output), plan
        self.image = self.place_of("image", output)
        self.plan_hash = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()

    def place_of(self, name: str, output: Path) -> Path:
        """Where what will be `output` lies until all is whole."""
        return self.path / f"{name}{output.suffix}"

    def open(self, writers: Sequence[files.PlaneWriter], *, join: bool) -> bool:
        """Begin, or go on with what is there; whether something was.

        Parameters
        ----------
        writers
            Of the images in it.
        join
            Whether to go on with what is there.

        Raises
        ------
        OSError
            If it is there and is not to be joined, or cannot be written.
        ValueError
            If it is of another run; the message says what differs.
        """
        if not self.path.exists():
            self.path.mkdir()
            return self._create(writers)
        if not join:
            raise FileExistsError(
                f"{self.path} is there, of a run that is not finished: go on with --resume, or remove this folder."
            )
        if not (self.path / _PLAN).exists():  # killed, or another process is at it: the plan is written last
            return self._create(writers)
        self._check_plan()
        return True

    def _create(self, writers: Sequence[files.PlaneWriter]) -> bool:
        for store in self.path.iterdir():
            if store.is_dir():
                shutil.rmtree(store)
        for writer in writers:
            writer.create()
        self._write(_PLAN, json.dumps(self._plan, indent=1).encode())
        return False

    def _check_plan(self) -> None:
        then = json.loads((self.path / _PLAN).read_text("utf-8"))
        if found := next(checkpoint.differences(then, self._plan), None):
            name, before, here = found
            raise ValueError(
                f"{self.path} is of another run: {name} was {shown(before)} there and is {shown(here)} here. "
                "Repeat that run's command, or remove this folder."
            )

    @property
    def has_learnt(self) -> bool:
        """Whether what holds for all planes has been decided and learnt."""
        return (self.path / _LEARNT).exists()

    def learnt(self) -> dict[str, Any]:
        """What holds for all planes. Raises OSError or ValueError where it cannot be read."""
        return checkpoint.load_state(self.path / _LEARNT)

    def keep_learnt(self, learnt: Mapping[str, Any]) -> None:
        """Leave it for all processes."""
        with atomic.staged(self.path / _LEARNT) as part:
            checkpoint.save_state(learnt, part)
            atomic.publish(part, self.path / _LEARNT, overwrite=True)

    def done(self) -> set[int]:
        """Numbers of the planes that are done."""
        return {int(mark.stem) for mark in self.path.glob(f"{_DONE}/*/*.json")}

    def is_done(self, number: int) -> bool:
        """Whether a plane is done."""
        return (self.path / _mark_of(number)).exists()

    def keep_mark(self, mark: Mark) -> None:
        """A plane is done: its pixels are on the disk."""
        self._write(_mark_of(mark.report.plane), json.dumps(dataclasses.asdict(mark)).encode())

    def marks(self) -> list[Mark]:
        """Of all planes that are done, in order.

        Raises
        ------
        ValueError
            If one is damaged.
        """
        paths = sorted(self.path.glob(f"{_DONE}/*/*.json"), key=lambda mark: int(mark.stem))
        return [from_plain(Mark, json.loads(path.read_text("utf-8")), str(path)) for path in paths]

    def _write(self, name: str, content: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.staged(path) as part:
            part.write_bytes(content)
            atomic.publish(part, path, overwrite=True)

    def remove(self) -> None:
        """The result is whole, under its own name: nothing is left to go on with."""
        shutil.rmtree(self.path, ignore_errors=True)


def _mark_of(number: int) -> str:
    """Where the mark of a plane lies in the folder."""
    return f"{_DONE}/{number // _IN_A_FOLDER}/{number}.json"
