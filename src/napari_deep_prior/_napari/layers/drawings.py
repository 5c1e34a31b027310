"""Shapes and points as a mask: what they cover of an image, by world coordinates."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.resampling import in_units_of
from napari_deep_prior._napari.layers.source import LayerData

if TYPE_CHECKING:
    from napari.layers import Layer, Points, Shapes

_ROUND = np.linspace(0, 2 * np.pi, 64, endpoint=False)
"""Corners of what stands for a circle."""

Outline = NDArray[np.float64]
"""Corners (n, axes) of a polygon, in the layer's own coordinates."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawing:
    """What was drawn on a layer, at the moment Run was pressed.

    Attributes
    ----------
    placed
        Where the layer lies.
    outlines
        Of each thing that was drawn; a line is drawn with several.
    """

    placed: LayerData
    outlines: tuple[tuple[Outline, ...], ...]

    @classmethod
    def of(cls, layer: Layer) -> Drawing:
        """Read a layer of shapes or points; in the window's thread."""
        from napari.layers import Points  # here for the same reason as in `of_kind`

        outlines = _of_points(layer) if isinstance(layer, Points) else _of_shapes(layer)
        return cls(placed=LayerData.of(layer), outlines=outlines)

    def onto(self, image: LayerData, axes: str) -> NDArray[np.uint16]:
        """Labels over the image without its channels: each thing drawn has its number, from 1. Of a drawing (y, x) one plane for all.

        Raises
        ------
        ValueError
            If nothing of it lies over the image, or if it is tilted against it.
        """
        world = len(image.to_world) - 1
        own = len(self.placed.to_world) - 1
        if own > world:
            raise ValueError(
                f"'{self.placed.name}' has {own} axes, but '{image.name}' has {world}: use one with as many."
            )
        letters = axes[:world][world - own :]
        grid = dataclasses.replace(image, to_world=image.to_world[world - own :, world - own :])
        to_index = np.linalg.inv(grid.to_world) @ in_units_of(self.placed, image)
        sizes = dict(zip(axes, image.data.shape, strict=True))
        plane = [letter for letter in axes[:world] if letter not in "CS"]
        kept = plane if set(letters) > {"Y", "X"} else ["Y", "X"]
        labels = np.zeros([sizes[letter] for letter in kept], np.uint16)
        for number, outlines in enumerate(self.outlines, start=1):
            for outline in outlines:
                corners = outline @ to_index[:-1, :-1].T + to_index[:-1, -1]
                self._draw(labels, number, dict(zip(letters, corners.T, strict=True)), kept)
        if not labels.any():
            raise ValueError(f"Nothing that is drawn on '{self.placed.name}' lies over '{image.name}'.")
        return labels

    def _draw(self, labels: NDArray[np.uint16], number: int, corners: dict[str, Any], letters: list[str]) -> None:
        """One polygon into the plane it lies on."""
        from skimage.draw import polygon

        place: list[Any] = []
        for letter, size in zip(letters, labels.shape, strict=True):
            at = corners.get(letter)
            if letter in "YX" or at is None:
                place.append(slice(None))
                continue
            if np.ptp(at) > 0.5:
                raise ValueError(
                    f"'{self.placed.name}' is tilted against the planes of the image: draw it on one plane."
                )
            if not 0 <= round(float(at.mean())) < size:
                return
            place.append(round(float(at.mean())))
        transposed = letters.index("X") < letters.index("Y")
        part = labels[tuple(place)]  # a view
        flat = part.swapaxes(-1, -2) if transposed else part
        rows, columns = polygon(corners["Y"], corners["X"], flat.shape[-2:])
        flat[..., rows, columns] = number


def is_drawing(layer: Any) -> bool:
    """Whether it holds shapes or points."""
    from napari.layers import Points, Shapes  # here for the same reason as in `of_kind`

    return isinstance(layer, (Points, Shapes))


def _of_points(layer: Points) -> tuple[tuple[Outline, ...], ...]:
    """A circle around each, as large as it is drawn and no smaller than a pixel of its layer."""
    sizes = np.broadcast_to(layer.size, len(layer.data))
    return tuple((_disc(at, max(float(size), 1.0)),) for at, size in zip(np.asarray(layer.data), sizes, strict=True))


def _of_shapes(layer: Shapes) -> tuple[tuple[Outline, ...], ...]:
    widths = np.broadcast_to(layer.edge_width, len(layer.data))
    shapes = zip(layer.data, layer.shape_type, widths, strict=True)
    return tuple(_of_shape(np.asarray(data, float), kind, float(width)) for data, kind, width in shapes)


def _of_shape(corners: Outline, kind: str, width: float) -> tuple[Outline, ...]:
    if kind == "ellipse":  # given by the corners of its box
        one, other = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
        return (corners.mean(axis=0) + np.cos(_ROUND)[:, None] * one + np.sin(_ROUND)[:, None] * other,)
    if kind in ("line", "path"):
        discs = [_disc(at, width) for at in corners]
        return (*discs, *(_stroke(a, b, width) for a, b in itertools.pairwise(corners)))
    return (corners,)


def _disc(at: Outline, size: float) -> Outline:
    """On the last two axes."""
    corners = np.tile(np.asarray(at, float), (len(_ROUND), 1))
    corners[:, -2:] += size / 2 * np.stack([np.cos(_ROUND), np.sin(_ROUND)], axis=1)
    return corners


def _stroke(a: Outline, b: Outline, width: float) -> Outline:
    """A line as wide as it is drawn."""
    along = (b - a)[-2:]
    side = np.zeros_like(a)
    side[-2:] = width / 2 * np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-12)
    return np.stack([a + side, b + side, b - side, a - side])
