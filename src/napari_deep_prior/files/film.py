"""Films: a row of pictures as GIF or MP4."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

SUFFIXES = (".gif", ".mp4")


def check_film(path: Path) -> None:
    """Refuse a film that could not be written.

    Raises
    ------
    ValueError
        For another ending, or for MP4 where its encoder is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path.name} has the ending {suffix or '(none)'}: a film needs .gif or .mp4.")
    if suffix == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ValueError(
            "MP4 needs an encoder that is not installed: pip install imageio-ffmpeg, and restart; or save as GIF."
        )


def write_film(path: Path, frames: Sequence[NDArray[np.uint8]], *, rate: float = 10.0) -> None:
    """Grey (y, x) or colour (y, x, 3) frames of one shape, `rate` per second; the last stays for two seconds.

    Raises
    ------
    OSError, ValueError
        If it cannot be written; as `check_film`.
    """
    check_film(path)
    if path.suffix.lower() == ".gif":
        durations = [1000 / rate] * (len(frames) - 1) + [2000]
        iio.imwrite(path, np.stack(frames), plugin="pillow", duration=durations, loop=0)
        return
    even = [_even(_coloured(frame)) for frame in frames]  # the encoder takes no odd sizes
    even += even[-1:] * round(2 * rate)
    iio.imwrite(path, np.stack(even), plugin="FFMPEG", fps=rate, codec="libx264", macro_block_size=2)


def _coloured(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=2)


def _even(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Its last row and column once more where their number is odd."""
    return np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")
