"""Films: a row of pictures as GIF or MP4."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SUFFIXES = (".gif", ".mp4")

_LAST = 2.0
"""Seconds for which the last frame stays, unless told otherwise."""

_SAMPLED = 8
"""Number of frames, at most, from which the colours of a GIF are taken."""


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


def write_film(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    *,
    rate: float = 10.0,
    pauses: Sequence[float] | None = None,
    colours: int = 256,
) -> None:
    """Save grey (y, x) or colour (y, x, 3) frames of one shape.

    Parameters
    ----------
    path
        Where to; the ending says which kind of film.
    frames
        In their order.
    rate
        Frames per second; the last frame stays for two seconds.
    pauses
        Seconds for each frame of a GIF, in place of `rate`.
    colours
        Number of colours of a GIF in colour, at most 256: fewer make a smaller file.

    Raises
    ------
    OSError, ValueError
        If it cannot be written; as `check_film`.
    """
    check_film(path)
    if path.suffix.lower() == ".gif":
        _write_gif(path, frames, pauses or [1 / rate] * (len(frames) - 1) + [_LAST], colours)
        return
    even = [_even(_coloured(frame)) for frame in frames]  # the encoder takes no odd sizes
    even += even[-1:] * round(_LAST * rate)
    iio.imwrite(path, np.stack(even), plugin="FFMPEG", fps=rate, codec="libx264", macro_block_size=2)


def _write_gif(path: Path, frames: Sequence[NDArray[np.uint8]], pauses: Sequence[float], colours: int) -> None:
    grey = all(frame.ndim == 2 for frame in frames)
    first, *others = [Image.fromarray(frame) for frame in frames] if grey else _one_palette(frames, colours)
    milliseconds = [round(1000 * pause) for pause in pauses]
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0)


def _one_palette(frames: Sequence[NDArray[np.uint8]], colours: int) -> list[Image.Image]:
    """The frames without dithering in the same colours, so that parts that do not change take no room: a tenth of the size."""
    shots = [_coloured(frame) for frame in frames]
    sample = [*shots[:: max(1, len(shots) // _SAMPLED)], shots[-1]]
    palette = Image.fromarray(np.concatenate(sample)).quantize(colours)
    return [Image.fromarray(shot).quantize(palette=palette, dither=Image.Dither.NONE) for shot in shots]


def _coloured(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=2)


def _even(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame with its last row and column repeated where their number is odd."""
    return np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")
