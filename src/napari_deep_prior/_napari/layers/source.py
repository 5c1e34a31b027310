"""Layer <-> (array, axes, companions): what a run takes from a layer, and what its result gives back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.contrast import limits_without_bad_pixels
from napari_deep_prior._napari.layers.lazy_stack import EveryNth
from napari_deep_prior.core.data.axis_names import letter_of, with_stacks, without_repeats

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image, Layer

KEY = "napari-deep-prior"
"""Where the record lies in a result's `layer.metadata`."""

BY_PRODUCT = "napari-deep-prior by-product"
"""In the metadata of layers that are shown beside a result and are no images to be restored."""

FROM = "napari-deep-prior from"
"""In the metadata of a layer that a run draws: the name of its source."""

MASK = "napari-deep-prior mask"
"""In the metadata of labels that are there to be used as a mask."""

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
"""Where a layer lies in the world."""

CARRIED = (
    *PLACE,
    *("colormap", "contrast_limits", "gamma", "interpolation2d", "interpolation3d", "rendering", "attenuation"),
    *("rgb", "blending", "opacity"),
)
"""What a result takes over from its source. A result without units would remove those of the whole viewer."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerData:
    """The array of a layer and where it lies: ``world = to_world @ (index, 1)``, one unit per world axis."""

    name: str
    data: Any
    to_world: NDArray[np.float64]
    units: tuple[Any, ...]
    labels: bool = False

    @classmethod
    def of(cls, layer: Layer) -> LayerData:
        """Read a layer; in the window's thread. The data are a reference, nothing is computed or copied."""
        from napari.layers import Labels  # here for the same reason as in `of_kind`

        return cls(
            name=layer.name,
            data=finest(layer),
            to_world=_to_world(layer),
            units=tuple(layer.units),
            labels=isinstance(layer, Labels),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """An image layer at the moment Run was pressed; what happens to the layer later does not matter."""

    placed: LayerData
    axes: str
    rgb: bool
    display: dict[str, Any]
    metadata: dict[str, Any]
    window: tuple[slice, ...] = ()
    """The part of the layer that it is; empty where that is the whole."""
    strides: tuple[tuple[int, ...], ...] = ()
    """Of a multiscale layer, pixels along each axis of which each level has one, the finest level first; empty for any other."""

    @classmethod
    def of(cls, layer: Image) -> Source:
        """Read an image layer; in the window's thread."""
        rgb = bool(layer.rgb)
        axes = axes_of(layer.axis_labels, rgb=rgb)
        return cls(
            placed=LayerData.of(layer),
            axes=axes,
            rgb=rgb,
            display={name: getattr(layer, name) for name in CARRIED} | _contrast(layer, axes),
            metadata=dict(layer.metadata),
            strides=_strides(layer),
        )

    def shown(self, data: Any) -> Any:
        """An array as the result layer takes it: with as many levels as the source, which are views and cost no memory."""
        if not self.strides:
            return data
        if not isinstance(data, np.ndarray):  # on disk
            return [data, *(EveryNth(data, steps) for steps in self.strides[1:])]
        return [data[tuple(slice(None, None, step) for step in steps)] for steps in self.strides]

    def placement_for(self, shape: Sequence[int]) -> dict[str, Any]:
        """`display` for an array of another shape that covers the same field: finer pixels, each over its part of ours."""
        from napari.utils.transforms import Affine  # here for the same reason as in `of_kind`

        own, axes = self.placed.data.shape, len(self.display["scale"])
        ratio = np.asarray(own[:axes]) / np.asarray(shape[:axes])
        if (ratio == 1).all():
            return self.display
        turned = Affine(**{name: self.display[name] for name in ("scale", "rotate", "shear")}).linear_matrix
        first = turned @ ((ratio - 1) / 2)  # where the middle of the first finer pixel lies, seen from that of ours
        return self.display | {"scale": self.display["scale"] * ratio, "translate": self.display["translate"] + first}

    def dtype(self, *, keep: bool) -> np.dtype[Any]:
        """Of the result layer: float32, or the source's own if that is wanted or napari could not draw it otherwise."""
        own = np.dtype(self.placed.data.dtype)
        # napari takes colours as floats in [0, 1] or as integers: restored integer colours must stay integers.
        return own if keep or (self.rgb and own.kind in "ui") else np.dtype(np.float32)


def whole_shape(shape: Sequence[int], index: tuple[int | slice, ...], plane: Sequence[int]) -> tuple[int, ...]:
    """Shape of a stack like `shape` whose planes, at `index` and the like, have the shape `plane`."""
    sizes = iter(plane)
    whole = (*index, *(slice(None),) * (len(shape) - len(index)))
    return tuple(next(sizes) if isinstance(at, slice) else n for n, at in zip(shape, whole, strict=True))


def of_kind(viewer: Viewer, kind: str) -> list[Any]:
    """The image layers of a viewer, or those that can mark pixels; the uppermost last, without by-products of results."""
    from napari import layers  # here, so that the core's tests can read axes without napari

    wanted = {"image": (layers.Image,), "labels": (layers.Labels, layers.Shapes, layers.Points)}[kind]
    return [layer for layer in viewer.layers if isinstance(layer, wanted) and BY_PRODUCT not in layer.metadata]


def finest(layer: Layer) -> Any:
    """The array of a layer; of a multiscale layer the level with the most pixels."""
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def _strides(layer: Image) -> tuple[tuple[int, ...], ...]:
    if not layer.multiscale:
        return ()
    return tuple(
        tuple(max(1, round(whole / own)) for whole, own in zip(layer.data.shape, level.shape, strict=True))
        for level in layer.data
    )


def pixel_sizes(layer: Image) -> dict[str, float]:
    """Axis letter -> size of a pixel in metres, of those axes that are lengths in the layer's units."""
    sizes = zip(axes_of(layer.axis_labels, rgb=bool(layer.rgb)), layer.scale, layer.units, strict=False)
    return {
        letter: float(abs(size) * (1 * unit).to("metre").magnitude)
        for letter, size, unit in sizes
        if unit.is_compatible_with("metre")
    }


def axes_of(labels: Sequence[str], *, rgb: bool) -> str:
    """One letter per array axis from a layer's axis labels, never from sizes.

    Letters and words that name an axis are used; what says nothing ("-3", "axis 0") becomes Y and X if last, else a stack.
    """
    letters = _with_plane(without_repeats([letter_of(label) for label in labels]))
    if rgb:  # S is the colour, whatever else was called so
        letters = ["" if letter == "S" else letter for letter in letters] + ["S"]
    return with_stacks(letters)


def _with_plane(letters: Sequence[str]) -> list[str]:
    """Give Y and X to the last axes without a name where no label says them."""
    named = list(letters)
    for wanted in "XY":  # from the last axis backwards
        if wanted not in named:
            unnamed = [i for i, letter in enumerate(named) if not letter]
            named[unnamed[-1] if unnamed else _last_stack(named)] = wanted
    return named


def _last_stack(letters: Sequence[str]) -> int:
    """Where a plane's missing axis can be: a re-sliced (z, x) image is a plane as well."""
    stack = [i for i, letter in enumerate(letters) if letter not in ("Y", "X", "C", "S")]
    if not stack:
        raise ValueError(
            f"The axis labels leave no plane to restore: {letters}. Rename the axes of the layer to y and x."
        )
    return stack[-1]


def _contrast(layer: Image, axes: str) -> dict[str, Any]:
    """Contrast limits for a result, where those of the layer are those of a few bad pixels."""
    data = finest(layer)
    if layer.rgb or not isinstance(data, np.ndarray) or data.dtype.kind not in "uif":
        return {}
    limits = limits_without_bad_pixels(data, (axes.index("Y"), axes.index("X")), tuple(layer.contrast_limits))
    return {} if limits is None else {"contrast_limits": limits}


def _to_world(layer: Layer) -> NDArray[np.float64]:
    """The layer's transform as one (ndim + 1, ndim + 1) matrix, probed through its public method."""
    origin = np.asarray(layer.data_to_world(np.zeros(layer.ndim)))
    matrix = np.eye(layer.ndim + 1)
    matrix[:-1, -1] = origin
    for axis, unit in enumerate(np.eye(layer.ndim)):
        matrix[:-1, axis] = np.asarray(layer.data_to_world(unit)) - origin
    return matrix
