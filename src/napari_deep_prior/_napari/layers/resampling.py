"""A companion layer laid onto the image's grid, in world coordinates: what lies on a pixel on screen belongs to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import LayerData


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matched:
    """A companion on the image's grid and which share of the image it covers; beyond it there is 0."""

    array: NDArray[Any]
    coverage: float


def resample_onto(companion: LayerData, image: LayerData, axes: str) -> Matched:
    """Nearest neighbour of every image pixel; never the companion's own array, which may be painted on meanwhile.

    A companion with fewer axes is laid on the image's last ones, as napari draws it, and holds for all the others. Labels
    drawn channel by channel hold for the pixel as soon as one channel has a label, the highest one, since channels are
    fitted together.

    Raises
    ------
    ValueError
        If it has too many axes, is tilted against the image or does not touch it.
    """
    letters, shape, _ = _without_channels(image, axes)
    channel = _drawn_on_channels(companion, image, axes)
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
    last = grid.to_world[missing:, missing:]
    matched = _resampled(labels, np.linalg.inv(_in_units_of(companion, grid)) @ last, grid_shape[missing:])
    if matched.coverage == 0:
        raise ValueError(
            f"'{companion.name}' does not overlap '{image.name}': check the scale, translate and units of the two layers."
        )
    array = matched.array
    if channel:
        array = array.max(axis=grid_letters[missing:].index(channel))
    return dataclasses.replace(matched, array=_spread(array, letters, shape))


def _drawn_on_channels(companion: LayerData, image: LayerData, axes: str) -> str:
    """The letter of the channel axis, if napari draws these labels, on the image's last axes, channel by channel; or ""."""
    letters, _, _ = _with_channels(image, axes)
    under = letters[max(0, len(letters) - companion.data.ndim) :]
    fits = companion.labels and companion.data.ndim <= len(letters) and {"Y", "X"} <= set(under)
    return _colour(axes) if fits and _colour(axes) in under else ""


def _colour(axes: str) -> str:
    """The letter of the axis that is fitted together with the plane."""
    return "S" if "S" in axes else "C"


def _with_channels(image: LayerData, axes: str) -> tuple[str, tuple[int, ...], LayerData]:
    """The axes and shape of the image in the world; the colours of an rgb layer are an axis of the array only."""
    world = len(image.to_world) - 1
    return axes[:world], tuple(image.data.shape[:world]), image


def _without_channels(image: LayerData, axes: str) -> tuple[str, tuple[int, ...], LayerData]:
    """The axes and shape of the image without its colours, and where that grid lies."""
    keep = [i for i, letter in enumerate(axes) if letter != _colour(axes)]
    world = len(image.to_world) - 1
    matrix = image.to_world[np.ix_([*keep, world], [*keep, world])]
    grid = dataclasses.replace(image, to_world=matrix, units=tuple(image.units[i] for i in keep))
    return "".join(axes[i] for i in keep), tuple(image.data.shape[i] for i in keep), grid


def _in_units_of(companion: LayerData, grid: LayerData) -> NDArray[np.float64]:
    """The companion's matrix, its world coordinates in the grid's units."""
    factors = [_factor(a, b) for a, b in zip(companion.units[::-1], grid.units[::-1], strict=False)][::-1]
    return np.diag([*factors, 1.0]) @ companion.to_world


def _factor(unit: Any, wanted: Any) -> float:
    try:
        return float(wanted.m_from(1 * unit))
    except TypeError:  # pixels against micrometres: napari draws the plain numbers, and so do we
        return 1.0


def _resampled(labels: NDArray[Any], onto: NDArray[np.float64], grid: Sequence[int]) -> Matched:
    """``labels`` at ``onto @ (index, 1)`` for every index of `grid`, plane by plane so that little memory is needed."""
    if labels.shape == tuple(grid) and np.allclose(onto, np.eye(len(onto)), atol=1e-4):
        return Matched(array=labels, coverage=1.0)
    found = np.zeros(grid, labels.dtype)
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
        found[lead][inside] = labels[tuple(i[inside] for i in index)]
        inside_count += int(inside.sum())
    return Matched(array=found, coverage=inside_count / max(found.size, 1))


def _spread(array: NDArray[Any], letters: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The same for every plane of a stack, without a copy; one (y, x) plane is handed on, the engine spreads it itself."""
    plane = array.ndim == 2 and letters.endswith("YX")
    return array if plane or array.shape == shape else np.broadcast_to(array, shape)
