"""Neighbours of a plane along one axis of a stack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_deep_prior.core.data.axes import Axes

_TIME = "T"


def context_axis(axes: Axes, shape: Sequence[int], reach: int = 1, *, wanted: str = "auto") -> str | None:
    """The axis along which neighbouring planes show nearly the same: time, else depth; None where it has not enough planes.

    Parameters
    ----------
    axes, shape
        Of the image.
    reach
        Planes on each side.
    wanted
        T or Z: this one only, where Z is the axis of depth, whatever its letter.
    """
    lengths = {axes.letters[axis]: shape[axis] for axis in axes.stack}
    asked = {"T": (_TIME,), "Z": (axes.depth,)}.get(wanted, (_TIME, axes.depth))
    return next((letter for letter in asked if letter and lengths.get(letter, 0) > 2 * reach), None)


def within(axes: Axes, shape: Sequence[int], number: int, letter: str, reach: int) -> list[int]:
    """Numbers of the planes at most `reach` before or behind a plane, without itself; at the ends there are fewer."""
    sizes, along, place = _place(axes, shape, number, letter)
    here, found = place[along], []
    for there in range(max(0, here - reach), min(sizes[along], here + reach + 1)):
        if there != here:
            place[along] = there
            found.append(int(np.ravel_multi_index(place, sizes)))
    return found


def neighbours(axes: Axes, shape: Sequence[int], number: int, letter: str, reach: int) -> list[int]:
    """Numbers of the planes before and behind a plane, nearest first.

    One beyond the first or the last plane is replaced by the one as far on the other side, so that none has fewer neighbours and none is
    its own.

    Parameters
    ----------
    axes, shape
        Of the image.
    number
        Of the plane, in the order of `Axes.planes`.
    letter
        The axis.
    reach
        Planes on each side; the axis has more than twice as many.

    Returns
    -------
    list of int
        `2 * reach` numbers.
    """
    sizes, along, place = _place(axes, shape, number, letter)
    here, last = place[along], sizes[along] - 1
    found = []
    for step in (sign * distance for distance in range(1, reach + 1) for sign in (-1, 1)):
        place[along] = here + step if 0 <= here + step <= last else here - step
        found.append(int(np.ravel_multi_index(place, sizes)))
    return found


def _place(axes: Axes, shape: Sequence[int], number: int, letter: str) -> tuple[list[int], int, list[int]]:
    """Sizes of the axes of the stack, which of them this one is, and where on them the plane lies."""
    sizes = [shape[axis] for axis in axes.stack]
    return sizes, axes.stack.index(axes.letters.index(letter)), [int(at) for at in np.unravel_index(number, sizes)]
