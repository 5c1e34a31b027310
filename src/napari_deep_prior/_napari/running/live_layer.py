"""The live layer: shows the fit while it runs and holds its result afterwards. Window's thread only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.lazy_stack import LazyStack
from napari_deep_prior._napari.layers.region import place_words
from napari_deep_prior._napari.layers.source import FROM, KEY, Source, finest, whole_shape
from napari_deep_prior.files import to_dtype

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.layers.lazy_stack import Index
    from napari_deep_prior._napari.layers.neighbours import Neighbours
    from napari_deep_prior._napari.running.messages import Frame
    from napari_deep_prior.core.results import Snapshot

_SMALL = 2**24
"""Bytes that are converted in no time; larger and lazy arrays begin as they are, without a copy."""


class LiveLayer:
    """One layer, made when Run is pressed, held by reference: renaming it, or deleting it or its source, does no harm.

    It begins as the source itself, or as the layer of the fit before (`onto`), and changes from there. It is made before
    the fit starts because adding a layer is the one thing here that keeps napari busy for some tenths of a second.
    """

    def __init__(
        self,
        viewer: Viewer,
        source: Source,
        name: str,
        dtype: np.dtype[Any],
        neighbours: Neighbours,
        onto: LiveLayer | None = None,
    ) -> None:
        self._viewer, self._source, self._name, self._dtype = viewer, source, name, dtype
        self._neighbours = neighbours
        self._selected = viewer.layers.selection.active
        self._layer: Any = None
        self._drawn = False
        self._hidden = False  # added, and not revealed yet
        self._previewing = False  # an earlier snapshot is shown
        self._stack: Any = None  # the one array that may be written into: nobody else has it
        self._kept: tuple[NDArray[Any], dict[str, Any]] | None = None  # the last result and its record
        if onto is not None and not onto.deleted:  # fitted again: what it shows stays until there is something newer
            self._layer, self._kept = onto.shown
            self._base, self._given = onto.names
            self._now = finest(self._layer)
            neighbours.take_over(self._layer)
            return
        data = source.placed.data
        if isinstance(data, np.ndarray) and data.nbytes <= _SMALL:
            data = data.astype(dtype)  # spares napari a second texture at the first frame
        self._add(data)

    @property
    def layer(self) -> Any:
        """The layer itself, as long as it is in the viewer."""
        return None if self.deleted else self._layer

    @property
    def deleted(self) -> bool:
        """Whether the user has taken the layer away."""
        return self._layer not in self._viewer.layers

    @property
    def shown(self) -> tuple[Any, tuple[NDArray[Any], dict[str, Any]] | None]:
        """The layer, and the last result with its record, for a fit that takes it over."""
        return self._layer, self._kept

    @property
    def present(self) -> Any:
        """What the layer holds, also while an earlier snapshot is shown."""
        return self._now

    @property
    def names(self) -> tuple[str, str]:
        """The name the layer was given at first, and the one it was given last."""
        return self._base, self._given

    def reveal(self) -> None:
        """Let the layer be seen, and put it in its place. A turn later than it is added: Qt draws what that has changed first."""
        if self._hidden and not self.deleted:
            self._neighbours.place(self._layer)
            self._layer.visible = True
        self._hidden = False

    def show(self, frame: Frame) -> None:
        """Draw a frame; a layer that was deleted is not forced upon the user again before the end."""
        if self.deleted:
            return
        self._stack = frame.stack if frame.stack is not None else self._stack
        for index, plane in frame.planes:
            if (whole := self._whole(index, plane)) is not None:
                self._put(whole)
            elif self._stack is not None:  # never into the source's array, which the layer may begin with
                self._stack[index] = plane
            self._drawn = True
        if frame.stack is not None:
            self._put(frame.stack)
        elif self._stack is not None:
            self._layer.refresh()  # once for all planes: napari makes a new thumbnail each time

    def _whole(self, index: Index, plane: NDArray[Any]) -> NDArray[Any] | None:
        """The plane as the whole image where it is the only one, maybe of a stack one plane high: no copy."""
        shape = whole_shape(self._source.placed.data.shape, index, plane.shape)
        return plane.reshape(shape) if plane.size == math.prod(shape) else None

    def place_of(self, index: Index) -> str:
        """Where a plane lies in the stack, in words."""
        return place_words(self._source, index)

    def placement_for(self, shape: Sequence[int]) -> dict[str, Any]:
        """Where an array of this shape lies that covers the same field."""
        return self._source.placement_for(shape)

    def preview(self, snapshot: Snapshot | None) -> None:
        """Show an earlier snapshot in place of what the layer holds, until None; what is fitted meanwhile is not lost."""
        self._previewing = snapshot is not None
        if self.deleted:
            return
        if snapshot is None or snapshot.image is None:
            self._show(self._now)
            return
        plane = to_dtype(snapshot.image, self._dtype)
        if (whole := self._whole(snapshot.index, plane)) is not None:
            self._show(whole)
            return
        with_it = LazyStack(self._now, self._dtype, snapshot.index)
        with_it[snapshot.index] = plane
        self._show(with_it)

    def finish(self, data: NDArray[Any], record: dict[str, Any], part: str = "") -> None:
        """The result and how it was made; comes back as a new layer if the live one was deleted.

        `part` says in its name how much of the image is restored; a name that the user has given stays.
        """
        self._drawn = True
        self._stack, self._previewing = None, False
        self._kept = data, record
        if self.deleted:
            self._add(data)
            self.reveal()
        else:
            self._put(data)
        self._layer.metadata[KEY] = record
        if self._layer.name == self._given:
            self._layer.name = " · ".join(filter(None, (self._base, part)))
            self._given = self._layer.name

    def leave(self) -> None:
        """Leave the layer to the user."""
        self._neighbours.leave()

    def discard(self) -> None:
        """There is no new result: back to the last one; leave no layer that never showed anything but the source."""
        if self._kept is not None or not self._drawn:
            self.throw_away()
        self._stack, self._previewing = None, False

    def throw_away(self) -> None:
        """No new result is wanted: back to the last one, or to the layers as they were before."""
        self._stack, self._previewing = None, False
        if self.deleted:
            return
        if self._kept is not None:
            self._put(self._kept[0])
            self._layer.metadata[KEY] = self._kept[1]
            return
        selected = self._layer == self._viewer.layers.selection.active
        self._viewer.layers.remove(self._layer)
        if selected and self._selected in self._viewer.layers:
            self._viewer.layers.selection.active = self._selected

    def _put(self, data: Any) -> None:
        """What the layer holds; shown unless the user looks back."""
        self._now = data
        if not self._previewing:
            self._show(data)

    def _show(self, data: Any) -> None:
        """New data, which may have finer pixels than what is shown: they lie over the source all the same."""
        finer = tuple(data.shape) != tuple(self._layer.data.shape)
        self._layer.data = self._source.shown(data)
        for name in ("scale", "translate") if finer else ():
            setattr(self._layer, name, self._source.placement_for(data.shape)[name])

    def _add(self, data: Any) -> None:
        self._now, display = data, self._source.placement_for(data.shape)
        metadata = {name: value for name, value in self._source.metadata.items() if name != KEY}
        metadata[FROM] = self._source.placed.name
        levels = {"multiscale": True} if self._source.strides else {}
        self._layer = self._viewer.add_image(
            self._source.shown(data), name=self._name, metadata=metadata, visible=False, **levels, **display
        )
        self._base = self._given = self._layer.name  # napari numbers a name that is taken
        self._hidden = True
