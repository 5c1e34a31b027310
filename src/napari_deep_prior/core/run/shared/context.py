"""Context: neighbouring planes of a stack that a network is shown beside the plane it draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.neighbours import context_axis, neighbours, within
from napari_deep_prior.core.noise.between_planes import correlation_between
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.settings import Settings

_REACH = {"T": 2, "Z": 1, "Q": 1}
"""Neighbouring planes on each side that are shown, along each axis: more gain nothing (docs/benchmarks.md)."""

_FAR = 8
"""Frames on each side whose mean is shown as well: where nothing moves, it is nearly without noise."""

_INDEPENDENT = 0.2
"""Correlation of the noise of neighbouring planes below which they may be shown; it is measured to about a tenth."""

_MEASURED = 3
"""Pairs of planes in which it is measured."""

_NAMES = {"T": "time", "Z": "depth", "Q": "the stack"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Which neighbours a plane is shown with.

    Attributes
    ----------
    letter
        The axis along which they lie.
    reach
        How many on each side; 0: none.
    asked
        Whether the user asked for so many; otherwise drawings tell whether they help.
    notes
        What was decided and why, in words for the record.
    """

    letter: str = ""
    reach: int = 0
    asked: bool = False
    notes: tuple[str, ...] = ()

    @property
    def planes(self) -> int:
        """How many are shown: those on both sides, and in time the mean of more of them."""
        return 2 * self.reach + (1 if self.reach and self.letter == "T" else 0)

    def beside(self, pieces: Pieces, seen: Seen) -> tuple[NDArray[np.generic], ...]:
        """Pixels of the neighbours of a plane, (c, [z,] y, x) each, of the channels in which there is something to fit.

        The nearest come first. In time, the mean of more of them is the last.
        """
        near, around = self._numbers(pieces, seen.piece.number)
        axes = pieces.axes
        read = {n: seen.without_flat(axes.to_cyx(pieces.stack.look_at(n))) for n in {*near, *around}}
        planes = tuple(read[n] for n in near)
        if not around:
            return planes
        mean = np.zeros(seen.varied.shape, np.float32)
        for n in around:
            mean = mean + read[n].astype(np.float32)
        return (*planes, mean / len(around))

    def numbers(self, pieces: Pieces, number: int) -> list[int]:
        """Those of the planes that are read to show a plane its neighbours."""
        near, around = self._numbers(pieces, number)
        return sorted({*near, *around})

    def _numbers(self, pieces: Pieces, number: int) -> tuple[list[int], list[int]]:
        """Those that are shown one by one, and those of which the mean is."""
        axes, shape = pieces.axes, pieces.stack.image.shape
        if not self.reach:
            return [], []
        near = neighbours(axes, shape, number, self.letter, self.reach)
        return near, within(axes, shape, number, self.letter, _FAR) if self.letter == "T" else []


def choose_context(pieces: Pieces, learnt: Sequence[Seen], settings: Settings) -> Context:
    """What the settings ask for, or what suits the axes of the stack; none where neighbouring planes share their noise.

    Parameters
    ----------
    learnt
        Planes in which the correlation of the noise is measured.
    """
    shape = pieces.stack.image.shape
    if settings.context == 0:
        return Context()
    letter = context_axis(pieces.axes, shape, wanted=settings.context_axis)
    if letter is None:
        named = "T or Z" if settings.context_axis == "auto" else settings.context_axis
        note = f"no neighbouring planes are shown: needs an axis {named} of at least 3 planes"
        asked = (settings.context, settings.context_axis) != ("auto", "auto")
        return Context(notes=(note,) if asked else ())
    most = (shape[pieces.axes.letters.index(letter)] - 1) // 2
    reach = min(most, _REACH[letter] if settings.context == "auto" else settings.context)
    context = Context(letter=letter, reach=reach, asked=settings.context != "auto")
    shared = _correlation(context, pieces, learnt)
    if shared is None or shared < _INDEPENDENT:
        return context
    note = f"no neighbouring planes are shown: along {_NAMES[letter]} they share their noise (correlation {shared:.2f})"
    return Context(notes=(note,))


def _correlation(context: Context, pieces: Pieces, learnt: Sequence[Seen]) -> float | None:
    """Median correlation of the noise of a plane and the one beside it; None where none can be measured."""
    found = []
    for at in sorted({round(at) for at in np.linspace(0, len(learnt) - 1, _MEASURED)}):
        seen = learnt[at]
        beside = context.beside(pieces, seen)[1]
        rho = correlation_between(seen.varied, beside, seen.masks.known & np.isfinite(beside).all(axis=0))
        found += [] if rho is None else [rho]
    return float(np.median(found)) if found else None
