"""LazyArray: pixels that stay in their file until they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = tuple[int | slice, ...]


class LazyArray:
    """Has a shape and a dtype and can be indexed like an array; each access reads a region.

    Parameters
    ----------
    shape, dtype
        Of the whole; numbers come in the machine's byte order.
    read
        Reads a region: one number or slice for each axis.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], read: Callable[[Index], NDArray[np.generic]]
    ) -> None:
        self.shape, self.dtype, self._read = shape, dtype.newbyteorder("="), read
        self.ndim, self.size = len(shape), math.prod(shape)
        self.nbytes = self.size * self.dtype.itemsize

    def __getitem__(self, index: Any) -> NDArray[np.generic]:
        return np.asarray(self._read(whole_key(index, self.ndim))).astype(self.dtype, copy=False)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.generic]:
        whole = self[...]
        return whole if dtype is None else whole.astype(dtype, copy=False)


def whole_key(key: Any, axes: int) -> tuple[Any, ...]:
    """What is asked for along each of so many axes."""
    asked = np.index_exp[key]
    if Ellipsis in asked:
        before = asked.index(Ellipsis)
        asked = (*asked[:before], *(slice(None),) * (axes - len(asked) + 1), *asked[before + 1 :])
    return (*asked, *(slice(None),) * (axes - len(asked)))
