"""Point-spread functions as people measure them: cropped to the image, centred by their light, and told where they would mislead."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_DARK = 0.05
"""Share of all light that a floor as high as the median of the rim may hold where a rim counts as dark."""

_PEAK_FRACTION = 0.05
"""Pixels count for the centre of the light from this fraction of the peak on, so that noise does not move it."""

_BETWEEN = 0.3
"""Distance in pixels from the middle between two pixels, below which the light of an even side lies there on purpose."""

_OFF_CENTRE = 0.5
"""Distance in pixels from the middle pixel from which on a displacement of the result is told."""

_LOST = 0.01
"""Share of the light that may lie beyond the image."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredPSF:
    """A PSF that is ready to be convolved with.

    Attributes
    ----------
    values
        ([z,] y, x), float64, 0 or more, not normalised. A point stays at its pixel ``size // 2``.
    notes
        What was done to it, and what about it will spoil the result, in words.
    """

    values: NDArray[np.float64]
    notes: tuple[str, ...]


def prepare_psf(psf: NDArray[np.generic], image_shape: Sequence[int]) -> MeasuredPSF:
    """Crop a PSF to an image of this shape, and centre its light where it lies between pixels.

    Parameters
    ----------
    psf
        ([z,] y, x), finite, 0 or more, with some light.
    image_shape
        As many axes. Where the PSF is larger than its `reach` and holds light beyond, it stays too large.

    Notes
    -----
    A side of n pixels, n even, has no middle pixel: light measured around (n - 1) / 2 is moved onto the pixel n / 2 by the
    shift theorem of the Fourier transform, by which no light is spread as by linear interpolation. Where the rim is not dark,
    as in a box of ones, nothing is moved.
    """
    values = psf.astype(np.float64)
    floor = float(np.median(_rim(values)))
    light = np.maximum(values - floor, 0)
    light[light < _PEAK_FRACTION * light.max()] = 0
    floor_share = floor * values.size / values.sum()
    notes = []
    if light.any():
        centre = _centroid(light)
        if floor_share <= _DARK:
            values, centre, note = _centred(values, centre)
            notes += note
        else:
            notes.append(
                f"The rim of the PSF is not dark: a floor as high as it would be {floor_share:.0%} of all light. If that is the "
                "camera's offset, subtract it; if the light goes on beyond, give a larger image of the point."
            )
        notes += _off_centre(centre, values.shape)
    values, note = _cropped(values, image_shape)
    return MeasuredPSF(values=values, notes=(*notes, *note))


def _rim(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outermost pixels; of axes of one or two pixels, none is inside."""
    inside = np.zeros(values.shape, np.bool_)
    inside[tuple(slice(1, -1) if n > 2 else slice(None) for n in values.shape)] = True
    return values if inside.all() else values[~inside]


def _centroid(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean position of the light in pixels, one number for each axis."""
    positions = np.indices(light.shape).reshape(light.ndim, -1)
    return np.asarray(positions @ light.ravel() / light.sum(), np.float64)


def _centred(
    values: NDArray[np.float64], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    """Light between the two middle pixels of an even side moved onto the second one; where it is then, and a note."""
    shifts = [
        n // 2 - at if n > 2 and n % 2 == 0 and abs(at - (n - 1) / 2) < _BETWEEN else 0.0
        for n, at in zip(values.shape, centre, strict=True)
    ]
    if not any(shifts):
        return values, centre, []
    for axis, (n, shift) in enumerate(zip(values.shape, shifts, strict=True)):
        if shift:
            phase = np.exp(-2j * np.pi * np.fft.rfftfreq(n) * shift)
            phase = phase.reshape([-1 if i == axis else 1 for i in range(values.ndim)])
            values = np.fft.irfft(np.fft.rfft(values, axis=axis) * phase, n, axis=axis)
    moved = ", ".join(f"{shift:.2f}" for shift in shifts)
    note = f"The light of the PSF lies between pixels: it was moved by ({moved}) pixels onto the middle one."
    return np.maximum(values, 0), centre + np.array(shifts), [note]


def _off_centre(centre: NDArray[np.float64], shape: Sequence[int]) -> list[str]:
    offset = [float(at) - n // 2 for n, at in zip(shape, centre, strict=True)]
    if max(map(abs, offset)) < _OFF_CENTRE:
        return []
    where, back = (", ".join(f"{sign * by:+.1f}" for by in offset) for sign in (1, -1))
    return [
        f"The light of the PSF lies ({where}) pixels off its middle pixel: the result is displaced by ({back}) pixels. "
        "Crop the PSF around its light."
    ]


def _cropped(values: NDArray[np.float64], shape: Sequence[int]) -> tuple[NDArray[np.float64], list[str]]:
    """The part around the middle pixel that is no larger than the image, where the rest holds no light; or else than its reach."""
    for rooms in (shape, reach(shape)):
        sides = [n if n <= room else room - (room + 1) % 2 for n, room in zip(values.shape, rooms, strict=True)]
        starts = [n // 2 - side // 2 for n, side in zip(values.shape, sides, strict=True)]
        part = values[tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))]
        if part.shape != values.shape and part.sum() >= (1 - _LOST) * values.sum():
            return part, [f"The PSF was cropped from {values.shape} to {part.shape} pixels: there was no light beyond."]
    return values, []


def reach(shape: Sequence[int]) -> tuple[int, ...]:
    """The largest PSF of which every pixel takes light from one pixel of an image of this shape to another: 2 n - 1 a side."""
    return tuple(2 * n - 1 for n in shape)
