"""Companion layers resampled onto the image's grid by world coordinates: a pixel gets the value that is seen over it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import LayerData


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """A companion on the image's grid.

    Attributes
    ----------
    array
        One value for each pixel of the image, or one plane that holds for all planes; 0 where the companion does not reach.
    coverage
        Fraction of the image's pixels that it reaches, 0 to 1.
    """

    array: NDArray[Any]
    coverage: float


def resample_onto(companion: LayerData, image: LayerData, axes: str) -> Resampled:
    """Nearest-neighbour resampling of a companion onto the image's grid.

    The result is always a copy, because the user may paint on the companion while a run reads it.

    Parameters
    ----------
    companion, image
        Arrays with the transforms of their layers.
    axes
        One letter for each axis of the image's array.

    Raises
    ------
    ValueError
        If the companion has more axes than the image, is tilted against the image or does not touch it.

    Notes
    -----
    Convention: a companion with fewer axes lies on the image's last axes, as napari draws it, and is repeated along the
    others. Channels are fitted together, so labels that differ between channels are merged: a pixel is labelled where one
    channel is, with the highest label.
    """
    letters, shape, _ = _without_channels(image, axes)
    channel = _channel_of_labels(companion, image, axes)
    grid_letters, grid_shape, grid = _with_channels(image, axes) if channel else _without_channels(image, axes)
    labels = np.array(companion.data)
    missing = len(grid_shape) - labels.ndim
    if missing < 0:
        raise ValueError(
            f"'{companion.name}' has {labels.ndim} axes, but '{image.name}' has {len(shape)} (colours not counted): "
            "use a layer with as many, or with fewer."
        )
    if not np.allclose(grid.to_world[missing:-1, :missing], 0):
        raise ValueError(
            f"'{image.name}' is tilted against '{companion.name}': use a layer with as many axes as the image."
        )
    to_world = grid.to_world[missing:, missing:]
    resampled = _nearest(labels, np.linalg.inv(in_units_of(companion, grid)) @ to_world, grid_shape[missing:])
    if resampled.coverage == 0:
        raise ValueError(
            f"'{companion.name}' does not overlap '{image.name}': check the scale, translate and units of the two layers."
        )
    array = resampled.array
    if channel:
        array = array.max(axis=grid_letters[missing:].index(channel))
    return dataclasses.replace(resampled, array=_repeated(array, letters, shape))


def _channel_of_labels(companion: LayerData, image: LayerData, axes: str) -> str:
    """The letter of the image's channel axis if napari draws these labels channel by channel; otherwise ""."""
    letters, _, _ = _with_channels(image, axes)
    covered = letters[max(0, len(letters) - companion.data.ndim) :]  # napari lays labels on the last axes
    fits = companion.labels and companion.data.ndim <= len(letters) and {"Y", "X"} <= set(covered)
    return _channel_letter(axes) if fits and _channel_letter(axes) in covered else ""


def _channel_letter(axes: str) -> str:
    """The letter of the axis whose channels are fitted together: S for colours, otherwise C."""
    return "S" if "S" in axes else "C"


def _with_channels(image: LayerData, axes: str) -> tuple[str, tuple[int, ...], LayerData]:
    """Letters and shape of the image's world axes, and its grid. The colours of an rgb layer are no world axis."""
    world = len(image.to_world) - 1
    return axes[:world], tuple(image.data.shape[:world]), image


def _without_channels(image: LayerData, axes: str) -> tuple[str, tuple[int, ...], LayerData]:
    """Letters and shape of the image's axes other than channels or colours, and the grid that they span."""
    keep = [i for i, letter in enumerate(axes) if letter != _channel_letter(axes)]
    world = len(image.to_world) - 1
    matrix = image.to_world[np.ix_([*keep, world], [*keep, world])]
    grid = dataclasses.replace(image, to_world=matrix, units=tuple(image.units[i] for i in keep))
    return "".join(axes[i] for i in keep), tuple(image.data.shape[i] for i in keep), grid


def in_units_of(companion: LayerData, grid: LayerData) -> NDArray[np.float64]:
    """The companion's matrix, its world coordinates in the grid's units."""
    factors = [_factor(a, b) for a, b in zip(companion.units[::-1], grid.units[::-1], strict=False)][::-1]
    return np.diag([*factors, 1.0]) @ companion.to_world


def _factor(unit: Any, wanted: Any) -> float:
    """How many of the wanted unit one unit is."""
    try:
        return float(wanted.m_from(1 * unit))
    except TypeError:  # pixels against micrometres: napari compares the plain numbers, and so do we
        return 1.0


def _nearest(labels: NDArray[Any], onto: NDArray[np.float64], grid: Sequence[int]) -> Resampled:
    """``labels`` at ``onto @ (index, 1)`` for every index of `grid`. Plane by plane, so that little memory is needed."""
    if labels.shape == tuple(grid) and np.allclose(onto, np.eye(len(onto)), atol=1e-4):
        return Resampled(array=labels, coverage=1.0)
    resampled = np.zeros(grid, labels.dtype)
    rows, columns = np.ogrid[: grid[-2], : grid[-1]]
    inside_count = 0
    for lead in np.ndindex(*grid[:-2]):
        inside = np.ones(grid[-2:], bool)
        index = []
        for row, size in zip(onto, labels.shape, strict=False):
            at = row[: len(lead)] @ np.asarray(lead, float) + row[-3] * rows + row[-2] * columns + row[-1]
            nearest = np.floor(at + 0.5).astype(np.intp)
            inside &= (nearest >= 0) & (nearest < size)
            index.append(nearest)
        resampled[lead][inside] = labels[tuple(i[inside] for i in index)]
        inside_count += int(inside.sum())
    return Resampled(array=resampled, coverage=inside_count / max(resampled.size, 1))


def _repeated(array: NDArray[Any], letters: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The array for every plane of a stack, without a copy. One (y, x) plane stays one: the engine repeats it itself."""
    plane = array.ndim == 2 and letters.endswith("YX")
    return array if plane or array.shape == shape else np.broadcast_to(array, shape)
