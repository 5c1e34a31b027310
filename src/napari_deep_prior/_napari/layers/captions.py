"""What stands below each frame of a film: the step, and a scale bar where the size of a pixel is known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from napari.layers import Layer

_LETTERS, _SMALLEST, _LARGEST = 1 / 14, 8, 24
"""Height of the letters: as a share of the width of a frame, and in pixels, at least and at most."""

_LONGEST = 0.3
"""Share of the width that a scale bar takes at most."""

_UNITS = ((1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"))
"""Metres, and what they are called."""


def pixel_width(layer: Layer) -> float | None:
    """Metres from one pixel to the next along the last axis as it lies in the world; None where that is no length."""
    origin = np.zeros(layer.ndim)
    step = np.asarray(layer.data_to_world(np.eye(layer.ndim)[-1])) - layer.data_to_world(origin)
    moved = [(size, unit) for size, unit in zip(step, layer.units, strict=True) if size]
    if not moved or not all(unit.is_compatible_with("metre") for _, unit in moved):
        return None
    return math.hypot(*(float((float(size) * unit).to("metre").magnitude) for size, unit in moved))


def scale_bar(most: float) -> tuple[float, str]:
    """The longest round length of at most so many metres, and what it is called."""
    unit, name = next(((size, name) for size, name in _UNITS if most >= size), _UNITS[-1])
    decade = 10.0 ** math.floor(math.log10(most / unit))
    count = decade * next(digit for digit in (5, 2, 1) if digit * decade <= most / unit * (1 + 1e-9))
    return count * unit, f"{count:g} {name}"


def _font(letters: int) -> ImageFont.FreeTypeFont:
    """One that has a µ, as Pillow's own has not."""
    import matplotlib as mpl  # late: only a film needs it

    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", letters)


def captioned(frame: NDArray[np.uint8], words: str, pixel: float | None) -> NDArray[np.uint8]:
    """A frame (y, x, 3) with a strip below it; without the bar where there is no room for it or `pixel`, in metres, is not known."""
    width = frame.shape[1]
    letters = min(max(round(_LETTERS * width), _SMALLEST), _LARGEST)
    font, gap = _font(letters), letters // 2
    strip = Image.new("RGB", (width, 2 * letters))
    draw = ImageDraw.Draw(strip)
    draw.text((gap, gap // 2), words, fill="white", font=font)
    if pixel is not None:
        metres, name = scale_bar(_LONGEST * width * pixel)
        left = width - gap - round(metres / pixel)
        right_of_words = gap + draw.textlength(words, font=font)
        if left - gap - draw.textlength(name, font=font) > right_of_words + gap:
            draw.text((left - gap, gap // 2), name, fill="white", font=font, anchor="ra")
            draw.rectangle((left, letters - gap // 2, width - gap - 1, letters), fill="white")
    return np.concatenate([frame, np.asarray(strip)])
