"""Assembly: planes out of the caller's array one by one, and restored planes back into a whole."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.arrays import Axes, Index


class Assembly:
    """The image as a row of planes, and the result that grows from them.

    Parameters
    ----------
    image
        Has a shape and a dtype and can be indexed; only the asked planes are read.
    """

    def __init__(self, image: Any, axes: Axes) -> None:
        self.image = image
        self.indices: list[Index] = axes.planes(image.shape)
        self._restored: dict[int, NDArray[np.float32]] = {}
        self._uncertainty: dict[int, NDArray[np.float32]] = {}
        self._hash = self._hash_before = hashlib.sha256()

    def read(self, number: int) -> NDArray[np.generic]:
        """The plane in the caller's axis order. Each is read once, in order; its bytes go into the fingerprint."""
        plane = np.asarray(self.image[self.indices[number]])
        self._hash_before = self._hash.copy()
        self._hash.update(np.ascontiguousarray(plane).tobytes())
        return plane

    def unread(self) -> None:
        """Take the last read plane out of the fingerprint: its fit failed, and the record will not tell of it."""
        self._hash = self._hash_before.copy()

    def put(self, number: int, restored: NDArray[np.float32], uncertainty: NDArray[np.float32]) -> None:
        """Store, or replace, a plane of the result."""
        self._restored[number], self._uncertainty[number] = restored, uncertainty

    @property
    def restored(self) -> NDArray[np.float32]:
        """The whole image (a new array). Planes that were not reached are as they were."""
        whole = np.empty(self.image.shape, np.float32)
        for number, index in enumerate(self.indices):
            whole[index] = self._restored[number] if number in self._restored else np.asarray(self.image[index])
        return whole

    @property
    def uncertainty(self) -> NDArray[np.float32]:
        """The same for the standard deviation (a new array); 0 where nothing was done."""
        whole = np.zeros(self.image.shape, np.float32)
        for number, plane in self._uncertainty.items():
            whole[self.indices[number]] = plane
        return whole

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Hash of the planes that were read, in order, with shape and dtype of the whole."""
        return {"sha256": self._hash.hexdigest(), "shape": list(self.image.shape), "dtype": str(self.image.dtype)}
