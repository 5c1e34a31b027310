"""Films with a known truth, frame by frame: one network for all frames, with and without their neighbours, and a fit for each.

    python benchmarks/films.py DIR --films cells static --settings shared context=0 each --preset balanced

DIR holds NAME_noisy.tif and NAME_truth.tif, (t, y, x). On one thread; `seconds` are those of the processor that the process took.
`dB` is the mean over the frames of the PSNR after the best brightness and contrast, over the range of the true frame; `level` the largest
relative error of the mean of a frame.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import torch
from _board import markdown
from _score import decibels, fit
from numpy.typing import NDArray

from napari_deep_prior import Settings, restore

WAYS: dict[str, dict[str, Any]] = {
    "shared": {},
    "context=0": {"context": 0},
    "context=1": {"context": 1},
    "context=2": {"context": 2},
    "each": {"network": "each"},
}
COLUMNS = ("film", "way", "noisy dB", "dB", "first dB", "last dB", "level %", "std", "seconds")


def frames_in_decibels(film: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    """PSNR of each frame; NaN where the true frame is flat."""
    found = []
    for frame, true in zip(film.astype(np.float64), truth.astype(np.float64), strict=True):
        peak = float(np.ptp(true))
        found.append(decibels(peak, fit(frame, true) - true) if peak else np.nan)
    return np.array(found)


def row(folder: Path, name: str, way: str, settings: Settings, frames: int | None) -> list[Any]:
    """One line of the table."""
    noisy, truth = (tifffile.imread(folder / f"{name}_{kind}.tif")[:frames] for kind in ("noisy", "truth"))
    began = time.process_time()
    film = restore(noisy, axes="TYX", settings=dataclasses.replace(settings, **WAYS[way])).image
    seconds = time.process_time() - began
    each = frames_in_decibels(film, truth)
    level = 100 * np.abs(film.mean((1, 2)) / truth.mean((1, 2)) - 1).max()
    middle = float(film[len(film) // 2].std())
    before = float(np.mean(frames_in_decibels(noisy, truth)))
    return [name, way, before, float(each.mean()), float(each[0]), float(each[-1]), float(level), middle, seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", nargs="+", required=True)
    parser.add_argument("--settings", nargs="+", choices=WAYS, default=["shared", "context=0"])
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--iterations", type=int, help="steps instead of those of the preset")
    parser.add_argument("--frames", type=int, help="only the first of each film")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(preset=asked.preset, iterations=asked.iterations or "auto", seconds="never")
    rows = [row(asked.folder, film, way, settings, asked.frames) for film in asked.films for way in asked.settings]
    print(markdown(COLUMNS, rows))


if __name__ == "__main__":
    main()
