"""A result among the other layers: right above its source, which is hidden where the two would add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_deep_prior._napari.layers.source import CARRIED, KEY

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image, Layer

ADDING_UP = ("additive", "minimum", "multiplicative")
"""Ways of blending in which a layer does not cover what lies below it."""


class Neighbours:
    """The layers that a result has to do with, and what is done to them for its sake.

    Parameters
    ----------
    source
        The image that is restored.
    masks
        Layers that the run uses. They are hidden while it is looked at, and shown as soon as one is selected, to be painted on.
    partial
        Whether the result covers a part of the source only, which then stays in sight around it.
    """

    def __init__(self, viewer: Viewer, source: Image, masks: Iterable[Layer] = (), *, partial: bool = False) -> None:
        self._viewer, self._source, self._partial = viewer, source, partial
        self._masks = list(masks)
        self._hidden: list[Layer] = []
        self._result: Any = None
        self._listening = False

    def place(self, result: Image) -> None:
        """Put a new result where it belongs, and hide what it would add up with."""
        self._result = result
        self._listen()
        layers = self._viewer.layers
        if self._source in layers:
            above = layers.index(self._source) + 1
            while above < len(layers) - 1 and _made_from(layers[above], self._source):
                above += 1
            if above < layers.index(result):
                layers.move(layers.index(result), above)
        seen_through = result.blending in ADDING_UP or result.opacity < 1
        if seen_through and self._partial:
            result.blending = "opaque"
        elif seen_through:
            self._hide(
                [self._source, *(layer for layer in layers if layer != result and _made_from(layer, self._source))]
            )
        self._hide(self._masks)

    def take_over(self, result: Image) -> None:
        """A result that is fitted again lies where it belongs already; what is hidden is so for its sake."""
        self._result = result
        self._listen()
        self._hidden = [mask for mask in self._masks if mask in self._viewer.layers and not mask.visible]

    def _listen(self) -> None:
        if not self._listening:
            self._viewer.layers.selection.events.active.connect(self._on_selected)
            self._viewer.layers.events.removed.connect(self._on_removed)
        self._listening = True

    def _hide(self, layers: Iterable[Layer]) -> None:
        for layer in layers:
            if layer in self._viewer.layers and layer.visible:
                layer.visible = False
                self._hidden.append(layer)

    def _on_selected(self, event: Any) -> None:
        """A mask that is selected is there to be painted on."""
        for mask in self._masks:
            if mask == event.value and mask in self._hidden:
                mask.visible = True
                self._hidden.remove(mask)

    def _on_removed(self, event: Any) -> None:
        """Without the result all is to be seen that was hidden for it."""
        if event.value == self._result:
            for layer in self._hidden:
                layer.visible = True
            self._hidden = []
            self.leave()

    def leave(self) -> None:
        """Hear of no layer any more; what is hidden stays so."""
        if self._listening:
            self._viewer.layers.selection.events.active.disconnect(self._on_selected)
            self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._listening = False


def copy_of(viewer: Viewer, result: Image, data: Any) -> Image:
    """A result whose array is `data` in a layer of its own, hidden, right below; the array is shared, a run makes new ones."""
    record = dict(result.metadata.get(KEY) or {})
    steps = [str(plane["chosen"]) for plane in record.get("planes", ())]
    name = f"{result.name} · step {steps[0]}" if len(steps) == 1 else f"{result.name} · before"
    display = {key: getattr(result, key) for key in CARRIED}
    copy = viewer.add_image(data, name=name, metadata={**result.metadata, KEY: record}, visible=False, **display)
    viewer.layers.move(viewer.layers.index(copy), viewer.layers.index(result))
    viewer.layers.selection = {result}
    return copy


def show_plane(viewer: Viewer, layer: Layer, index: Sequence[int | slice]) -> None:
    """Move the viewer's sliders to a plane of a layer, so that what happens there is seen."""
    if all(isinstance(at, slice) for at in index):
        return
    here = np.asarray(layer.world_to_data(viewer.dims.point)[-layer.ndim :])
    numbers = [at if isinstance(at, int) else here[axis] for axis, at in enumerate(index[: layer.ndim])]
    world = layer.data_to_world(numbers)
    first = viewer.dims.ndim - layer.ndim
    for axis, at in enumerate(index[: layer.ndim]):
        if isinstance(at, int):
            viewer.dims.set_point(first + axis, float(world[axis]))


def plane_index(number: int, like: Sequence[int | slice], shape: Sequence[int]) -> tuple[int | slice, ...]:
    """Index of the plane of a number in a stack of this shape; `like` is that of any one of its planes."""
    stack = [axis for axis, at in enumerate(like) if isinstance(at, int)]
    places = dict(zip(stack, np.unravel_index(number, [shape[axis] for axis in stack]), strict=True))
    return tuple(int(places[axis]) if axis in places else at for axis, at in enumerate(like))


def plane_number(viewer: Viewer, layer: Layer, like: Sequence[int | slice]) -> int | None:
    """The inverse, of the plane that is looked at; None where the viewer is beside the layer."""
    here = np.rint(np.asarray(layer.world_to_data(viewer.dims.point)[-layer.ndim :])).astype(int)
    stack = [axis for axis, at in enumerate(like[: layer.ndim]) if isinstance(at, int)]
    sizes = [layer.data.shape[axis] for axis in stack]
    place = [int(here[axis]) for axis in stack]
    inside = all(0 <= at < size for at, size in zip(place, sizes, strict=True))
    return int(np.ravel_multi_index(place, sizes)) if stack and inside else None


def _made_from(layer: Layer, source: Image) -> bool:
    """Whether a layer is a result of this source, by its record."""
    record = layer.metadata.get(KEY) or {}
    return bool(record.get("layers", {}).get("image") == source.name)
