"""What a fit gains from being mixed with NL-Ridge in the share that the image itself says, beside the best Gaussian in hindsight.

    python benchmarks/mixture.py --data DIR --sets fmd w2s --crop 256 --preset fast --csv mixture.csv --markdown mixture.md

On one thread, with as many steps as the preset takes. `half` is the mean of the two, `hindsight` their mixture by the share that is
best for the truth; `share` is that of the fit as it was decided. `mixed` is the mixture as it was decided, `bands` what is made of it, its
detail scaled. `seconds` are those of the fit, `deciding` all others. Each image is fitted twice, the second time without bands.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import numpy as np
from _board import Board, Line, markdown, mean, tell
from _classic import gaussian
from _data import Entry, Row, choices_of_images, entries, machine

from napari_deep_prior import Settings, replay, restore

NUMBERS = ("noisy", "gaussian", "fit", "instant", "half", "mixed", "bands", "hindsight", "share", "seconds", "deciding")
COLUMNS = ("set", "image", "crop", "preset", *NUMBERS, "method", "steps", "kept")


def line(entry: Entry, row: Row, crop: int, preset: str, precision: str) -> dict[str, object] | None:
    """One line of the table; None where the two were not mixed."""
    how = {"seconds": "never", "precision": precision, "device": "cpu"}
    began = time.perf_counter()
    result = restore(row.observed, row.task, axes=row.axes, settings=Settings(preset=preset, **how))
    whole = time.perf_counter() - began
    plane = result.record.planes[0]
    if len(plane.shares) != 1:
        return None
    without = dataclasses.replace(result.record, planes=(dataclasses.replace(plane, bands=()),))
    mixture = replay(row.observed, without, **row.task.companions()).image.astype(np.float64)
    instant = restore(row.observed, row.task, axes=row.axes, settings=Settings(preset="instant", **how)).image
    alone = instant + (mixture - instant) / max(plane.shares[0], 1e-3)
    return {
        "set": entry.set,
        "image": entry.name,
        "crop": crop,
        "preset": preset,
        "noisy": row.psnr(row.observed),
        "gaussian": row.psnr(gaussian(row.observed.astype(np.float64), row.psnr)),
        "fit": row.psnr(alone),
        "instant": row.psnr(instant),
        "half": row.psnr((alone + instant) / 2),
        "mixed": row.psnr(mixture),
        "bands": row.psnr(result.image),
        "hindsight": max(row.psnr(a * alone + (1 - a) * instant) for a in np.linspace(0, 1, 21)),
        "share": plane.shares[0],
        "seconds": plane.seconds,
        "deciding": whole - plane.seconds,
        "method": plane.method,
        "steps": plane.iterations,
        "kept": plane.chosen,
    }


def summary(lines: list[Line]) -> str:
    """Mean of each set, then each image."""
    sets = list(dict.fromkeys(line["set"] for line in lines))
    means = [
        [name, *(mean([line for line in lines if line["set"] == name], column) for column in NUMBERS)] for name in sets
    ]
    each = [[line["image"], *(float(line[column]) for column in NUMBERS), line["method"]] for line in lines]
    return markdown(["set", *NUMBERS], means) + "\n" + markdown(["image", *NUMBERS, "method"], each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--csv", type=Path, default=Path("mixture.csv"))
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    board = Board(given.csv, COLUMNS, keys=4)
    chosen, left_out = entries(given.data, given.sets, given.contains, given.limit)
    for text in left_out:
        sys.stderr.write(f"left out: {text}\n")
    for entry in chosen:
        if entry.kind == "missing" or board.has(entry.set, entry.name, given.crop, given.preset):
            continue
        found = line(entry, entry.load(given.crop, given.sigma), given.crop, given.preset, given.precision)
        if found is None:
            sys.stderr.write(f"left out: {entry.name}, not mixed\n")
            continue
        board.add(**found)
        sys.stderr.write(
            f"{entry.name}: {found['fit']:.2f}, {found['instant']:.2f} -> {found['mixed']:.2f} -> {found['bands']:.2f} dB\n"
        )
    tell(f"{machine()}\n\n{summary(board.lines)}", given.markdown)


if __name__ == "__main__":
    main()
