"""What the thread tells the window: a frame, an outcome, a failure; and who hears of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from napari_deep_prior._napari.layers.lazy_stack import Index, LazyStack
from napari_deep_prior.core.results import Result, Snapshot

if TYPE_CHECKING:
    from napari_deep_prior.core.diagnostics.trust import Trust


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """What the window shows next: where the fit is, and the planes to draw, which may be none.

    The first that draws anything of a stack brings the `stack` they are drawn into; later ones write into the same.
    """

    snapshot: Snapshot
    planes: tuple[tuple[Index, NDArray[Any]], ...] = ()
    stack: NDArray[Any] | LazyStack | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """The end of a run, or of a part of it.

    Attributes
    ----------
    result
        What the fit found.
    data
        Its image in the layer's number type.
    planes
        How many planes the image has; the result's record tells which were reached.
    trust
        What the result shows of itself; None where it could not be examined.
    missing
        How many pixels were missing, and how they come back, in words; empty where none were.
    cautions
        What the course of the run speaks against it, in words.
    reached
        How far the run came, as a share of its budget, where it was cut short; 1 where it ended by itself.
    """

    result: Result
    data: NDArray[Any]
    planes: int = 1
    trust: Trust | None = None
    missing: str = ""
    cautions: tuple[str, ...] = ()
    reached: float = 1.0

    @property
    def done(self) -> float:
        """How much of the image is restored, 0 to 1: of a stack the share of its planes, of one plane how far the run came."""
        return min(1.0, len(self.result.record.planes) / self.planes) if self.planes > 1 else self.reached

    @property
    def part(self) -> str:
        """How much of the image is restored, "5 of 12 planes"; empty where all of it is."""
        reached = len(self.result.record.planes)
        return "" if reached >= self.planes else f"{reached} of {self.planes} planes"

    @property
    def extendable(self) -> str:
        """The plane of a finished stack that alone can be gone on with, "plane 3"; empty where all can.

        Where one network has drawn them all, it learns on, and draws all anew.
        """
        last = self.result.record.planes[-1]
        return f"plane {last.plane + 1}" if self.planes > 1 and not self.part and not last.drawings else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that speaks against it."""
        return (*self.cautions, *(() if self.trust is None else self.trust.warnings))

    @property
    def findings(self) -> dict[str, Any]:
        """What speaks for and against it, in words, as the record of its layer keeps it."""
        numbers = () if self.trust is None else self.trust.numbers
        return {"examined": self.trust is not None, "warnings": list(self.warnings), "numbers": list(numbers)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The end of a run that failed, in words for the user, and what had been restored until then.

    A value, not an exception: napari's worker swallows every RuntimeError, and under PySide6 napari 0.9.2's own handler
    of `errored` fails (it is given one argument too many), which the user would see as a second error.
    """

    words: str
    outcome: Outcome | None = None


class Listener(Protocol):
    """Who shows how a run goes; called in the window's thread."""

    def on_begin(self) -> None:
        """It goes on, and its layer is to be seen."""

    def on_progress(self, snapshot: Snapshot) -> None:
        """A few times per second."""

    def on_result(self, result: Result | None) -> None:
        """It ended, or was stopped; None if that was before its first step, or if it was cancelled."""

    def on_failure(self, words: str) -> None:
        """It failed; the words say why and what to do."""

    def on_idle(self) -> None:
        """The thread is done, whatever the end was."""
