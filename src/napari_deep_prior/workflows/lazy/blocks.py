"""Blocks of a stack: which planes lie in each."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Boxes into which the axes of a stack are cut; blocks and planes are numbered with the last axis fastest.

    Attributes
    ----------
    chunks
        Of each axis of the stack, how many planes along it each block has.
    """

    chunks: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return math.prod(self._counts)

    @property
    def _counts(self) -> list[int]:
        """Blocks along each axis."""
        return [len(along) for along in self.chunks]

    @property
    def _sizes(self) -> list[int]:
        """Planes along each axis."""
        return [sum(along) for along in self.chunks]

    def planes(self, block: int) -> NDArray[np.int64]:
        """Numbers of its planes, with one axis for each of the stack."""
        places = [np.arange(first, last) for first, last in self._range(block)]
        return np.asarray(np.ravel_multi_index(np.ix_(*places), self._sizes) if places else np.array(0), np.int64)

    def _range(self, block: int) -> list[tuple[int, int]]:
        at = np.unravel_index(block, self._counts) if self.chunks else ()
        return [(sum(along[:i]), sum(along[: i + 1])) for along, i in zip(self.chunks, map(int, at), strict=True)]

    def _of(self, plane: int) -> int:
        """The block in which a plane lies."""
        places = np.unravel_index(plane, self._sizes) if self.chunks else ()
        blocks = [
            bisect.bisect_right(list(itertools.accumulate(along)), at)
            for along, at in zip(self.chunks, places, strict=True)
        ]
        return int(np.ravel_multi_index(blocks, self._counts)) if self.chunks else 0

    def read_for(self, block: int, reads: Callable[[int], Sequence[int]]) -> list[int]:
        """Blocks that hold what is read to restore the planes of one.

        Planes are read along one axis. So those of the first and of the last plane, and of the block itself, are all.
        """
        planes = self.planes(block)
        ends = (int(planes.flat[0]), int(planes.flat[-1]))
        return sorted({block, *(self._of(number) for end in ends for number in reads(end))})
