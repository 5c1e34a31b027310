"""The live layer: shows the fit while it runs and holds its result afterwards. Window's thread only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers import KEY, Source

if TYPE_CHECKING:
    from napari.viewer import Viewer


class LiveLayer:
    """One layer, made at the first image, held by reference: renaming it, or deleting it or its source, does no harm."""

    def __init__(self, viewer: Viewer, source: Source, name: str, dtype: np.dtype[Any]) -> None:
        self._viewer, self._source, self._name, self._dtype = viewer, source, name, dtype
        self._layer: Any = None

    @property
    def deleted(self) -> bool:
        """Whether there was a layer and the user has taken it away."""
        return self._layer is not None and self._layer not in self._viewer.layers

    def show(self, planes: Iterable[tuple[tuple[int | slice, ...], NDArray[Any]]]) -> None:
        """Draw these planes; a layer that was deleted is not forced upon the user again before the end."""
        if self.deleted:
            return
        for index, plane in planes:
            if plane.shape == self._source.placed.data.shape:  # the only plane: no copy
                self._draw(plane)
            else:
                self._draw_into_stack(index, plane)

    def finish(self, data: NDArray[Any], record: dict[str, Any]) -> None:
        """The result and how it was made; comes back as a new layer if the live one was deleted."""
        if self.deleted:
            self._layer = None
        self._draw(data)
        self._layer.metadata[KEY] = record

    def _draw(self, data: NDArray[Any]) -> None:
        if self._layer is None:
            metadata = dict(self._source.metadata)
            self._layer = self._viewer.add_image(data, name=self._name, metadata=metadata, **self._source.look)
        else:
            self._layer.data = data

    def _draw_into_stack(self, index: tuple[int | slice, ...], plane: NDArray[Any]) -> None:
        if self._layer is None:  # planes not reached yet are black; zeros cost memory only once they are written
            self._draw(np.zeros(self._source.placed.data.shape, self._dtype))
        stack = self._layer.data
        if stack.flags.writeable:
            stack[index] = plane
            self._layer.refresh()
