"""A network learnt on one half of a film and applied to the other half, against one that learns there.

    python benchmarks/kept_network.py DIR --films static cells --preset fast

DIR holds NAME_noisy.tif and NAME_truth.tif, (t, y, x); the network learns on the first half. On one thread; `seconds` are those that the
processor took for the second half, `dB` as in films.py. `error` is that on hidden data over the noise, here and in the network's own data.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import torch
from _board import markdown
from films import frames_in_decibels

from napari_deep_prior import Fit, Settings

COLUMNS = ("film", "way", "noisy dB", "dB", "seconds", "error here, own")


def restored(noisy: Any, settings: Settings, network: Any = None) -> tuple[Fit, float]:
    """A fit that was run, and the seconds that it took of the processor."""
    began = time.process_time()
    for _ in (fit := Fit(noisy, None, settings, axes="TYX").drawn_by(network)):
        pass
    return fit, time.process_time() - began


def rows(folder: Path, name: str, settings: Settings) -> list[list[Any]]:
    """Two lines of the table."""
    noisy, truth = (tifffile.imread(folder / f"{name}_{kind}.tif") for kind in ("noisy", "truth"))
    half = len(noisy) // 2
    before = float(np.mean(frames_in_decibels(noisy[half:], truth[half:])))
    network = restored(noisy[:half], settings)[0].network
    found = []
    for way, given in (("applied", network), ("learnt there", None)):
        fit, seconds = restored(noisy[half:], settings, given)
        film = fit.result.image
        errors = " ".join(re.findall(r"\d+\.\d+", " ".join(fit.result.record.notes)))
        found.append([name, way, before, float(np.mean(frames_in_decibels(film, truth[half:]))), seconds, errors])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", nargs="+", required=True)
    parser.add_argument("--preset", default="fast")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(preset=asked.preset, seconds="never", device="cpu")
    table = [row for film in asked.films for row in rows(asked.folder, film, settings)]
    print(markdown(COLUMNS, table))


if __name__ == "__main__":
    main()
