"""Arrays of which nothing is read but what is looked at: a stack on disk with its restored planes over it, and a coarser view."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.files import to_dtype
from napari_deep_prior.files.lazy_array import whole_key

Index = tuple[int | slice, ...]


class LazyStack:
    """Looks like an array to napari, which slices it; planes not restored yet come from the source at that moment.

    Parameters
    ----------
    source
        Has a shape and can be indexed (dask, zarr).
    dtype
        Of what it shows.
    like
        The index of any one of its planes, whole numbers where the stack is: ``(3, slice(None), slice(None))``.
    """

    def __init__(self, source: Any, dtype: np.dtype[Any], like: Index) -> None:
        self.shape: tuple[int, ...] = tuple(source.shape)
        self.dtype, self.ndim = dtype, len(self.shape)
        self._source = source
        self._stack = [axis for axis, at in enumerate(like) if not isinstance(at, slice)]
        self._planes: dict[tuple[int, ...], NDArray[Any]] = {}

    @property
    def size(self) -> int:
        """Number of its values."""
        return int(np.prod(self.shape))

    def __setitem__(self, index: Index, plane: NDArray[Any]) -> None:
        self._planes[self._number(index)] = plane

    def __getitem__(self, key: Any) -> NDArray[Any]:
        asked = whole_key(key, self.ndim)
        wanted = [np.atleast_1d(np.arange(n)[at]) for n, at in zip(self.shape, asked, strict=True)]
        found = np.empty([len(axis) for axis in wanted], self.dtype)
        inside = np.ix_(*(axis for i, axis in enumerate(wanted) if i not in self._stack))
        for place in itertools.product(*(range(len(wanted[axis])) for axis in self._stack)):
            here: list[Any] = [slice(None)] * self.ndim
            there: list[Any] = [slice(None)] * self.ndim
            for axis, at in zip(self._stack, place, strict=True):
                here[axis], there[axis] = at, int(wanted[axis][at])
            found[tuple(here)] = self._plane(tuple(there))[inside]
        return found[tuple(0 if isinstance(at, (int, np.integer)) else slice(None) for at in asked)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[...].astype(dtype or self.dtype, copy=False)

    def _plane(self, index: Index) -> NDArray[Any]:
        restored = self._planes.get(self._number(index))
        return to_dtype(np.asarray(self._source[index]), self.dtype) if restored is None else restored

    def _number(self, index: Index) -> tuple[int, ...]:
        return tuple(int(index[axis]) for axis in self._stack)  # type: ignore[arg-type]  # no slice on a stack's axis


class EveryNth:
    """Looks like an array to napari: of another, every so many-th pixel along each axis, read when it is looked at.

    Parameters
    ----------
    data
        Has a shape and can be indexed.
    steps
        Of which pixels along each axis it has one.
    """

    def __init__(self, data: Any, steps: Sequence[int]) -> None:
        self._data, self._steps = data, tuple(steps)
        self.shape = tuple(-(-n // step) for n, step in zip(data.shape, steps, strict=True))
        self.dtype, self.ndim = np.dtype(data.dtype), len(self.shape)

    @property
    def size(self) -> int:
        """Number of its values."""
        return int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> NDArray[Any]:
        there: list[int | slice] = []
        turned: list[slice] = []
        for at, size, step in zip(whole_key(key, self.ndim), self.shape, self._steps, strict=True):
            wanted = range(size)[at]
            if isinstance(wanted, int):
                there.append(wanted * step)
                continue
            turned.append(slice(None, None, -1 if wanted.step < 0 else 1))  # what lies on disk is read forwards
            first, last = min(wanted, default=0), max(wanted, default=-1)
            there.append(slice(first * step, max(0, last * step + 1), abs(wanted.step) * step))
        return np.asarray(self._data[tuple(there)])[tuple(turned)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[...].astype(dtype or self.dtype, copy=False)
