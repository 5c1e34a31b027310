"""The range of the numbers of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def range_of(pixels: NDArray[Any]) -> tuple[float, float]:
    """Smallest and largest number that is finite; 0 and 1 where none is."""
    finite = pixels[np.isfinite(pixels)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
