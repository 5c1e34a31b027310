"""PlaneDrawer: restores planes one by one, of a stack whose pixels it is handed; it can be sent to other processes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Index
from napari_deep_prior.core.data.sink import RestoredPlane
from napari_deep_prior.core.data.stack import fingerprint_of
from napari_deep_prior.core.results import PlaneReport, Record
from napari_deep_prior.core.run.provenance import record_of
from napari_deep_prior.core.run.shared.part_fit import PartFit


class PlaneDrawer:
    """A network that has learnt from a stack, or what else was decided for all its planes, and draws each when it is asked for.

    Another process is sent what was learnt, and the pixels of the planes it was learnt from. It reads nothing itself.

    Parameters
    ----------
    image
        The stack; read a plane at a time.
    **arguments
        As for `PartFit`.

    Raises
    ------
    TypeError, ValueError, RunError
        As `PartFit`, and as it does while it learns.
    """

    def __init__(self, image: Any, **arguments: Any) -> None:
        self._planes, self._arguments, self._lock = _Planes(image), arguments, threading.Lock()
        self._fit: PartFit | None = PartFit(self._planes, planes=(), **arguments)
        for _ in self._fit:
            pass
        self._learnt = self._fit.learnt()
        self._planes.noting = False

    @property
    def fit(self) -> PartFit:
        """The fit that restores the planes of this process."""
        if self._fit is None:
            self._fit = PartFit(self._planes, planes=(), learnt=self._learnt, **self._arguments)
        return self._fit

    def draw(self, number: int, pixels: Mapping[int, NDArray[np.generic]]) -> RestoredPlane:
        """A plane, restored: one at a time.

        Parameters
        ----------
        number
            Of the plane.
        pixels
            Of the planes that `PartFit.reads` names, by their numbers, in the caller's axis order.
        """
        with self._lock:
            fit, kept = self.fit, _LastPlane()
            self._planes.given = {_key(fit.planes[n]): plane for n, plane in pixels.items()}
            fit.hand_on_to(kept)
            fit.turn_to([number])
            try:
                for _ in fit:
                    pass
            finally:
                self._planes.given = {}
        assert kept.plane is not None
        return kept.plane

    def record(self, planes: list[tuple[bytes, PlaneReport]]) -> Record:
        """Of all planes, by the hashes of what they were made from, and their reports."""
        fit, planes = self.fit, sorted(planes, key=lambda plane: plane[1].plane)
        digests = {report.plane: digest for digest, report in planes}
        image = fingerprint_of(digests, self._planes.shape, self._planes.dtype)
        sentences = self._learnt["sentences"]
        return record_of(fit.origin, image, tuple(report for _, report in planes), len(fit.planes), sentences)

    def __getstate__(self) -> dict[str, Any]:
        return {"planes": self._planes, "arguments": self._arguments, "learnt": self._learnt}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._planes, self._arguments, self._learnt = state["planes"], state["arguments"], state["learnt"]
        self._lock, self._fit = threading.Lock(), None


class _LastPlane:
    """Keeps the last plane that a run hands on."""

    image = uncertainty = invented = None

    def __init__(self) -> None:
        self.plane: RestoredPlane | None = None

    def check(self, shape: tuple[int, ...]) -> None:
        """Any will do."""

    def write(self, plane: RestoredPlane) -> None:
        """Keep it in place of the one before."""
        self.plane = plane


class _Planes:
    """The planes of a stack: those that are given, or that were sent along; in the process that has the stack, all of them."""

    def __init__(self, image: Any) -> None:
        self.shape, self.dtype, self.ndim = tuple(image.shape), np.dtype(image.dtype), len(image.shape)
        self._image: Any = image
        self._noted: dict[tuple[int, ...], Index] = {}
        self._sent: dict[tuple[int, ...], NDArray[np.generic]] = {}
        self.given: dict[tuple[int, ...], NDArray[np.generic]] = {}
        self.noting = True
        """Whether the planes that are read are to be sent along: they are learnt from."""

    def __getitem__(self, index: Index) -> NDArray[np.generic]:
        key = _key(index)
        for known in (self.given, self._sent):
            if key in known:
                return known[key]
        pixels = np.asarray(self._image[index])
        if self.noting and hasattr(self._image, "dask"):
            # Not to be computed later, while dask sends this to a cluster: that would wait for itself.
            self._sent[key] = pixels
        elif self.noting:
            self._noted[key] = index
        return pixels

    def __getstate__(self) -> dict[str, Any]:
        sent = self._sent or {key: np.asarray(self._image[index]) for key, index in self._noted.items()}
        return {"shape": self.shape, "dtype": self.dtype, "sent": sent}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.shape, self.dtype, self.ndim = state["shape"], state["dtype"], len(state["shape"])
        self._sent, self._image, self._noted, self.given, self.noting = state["sent"], None, {}, {}, False


def _key(index: Index) -> tuple[int, ...]:
    """Where on the axes of the stack a plane lies."""
    return tuple(at for at in index if not isinstance(at, slice))
