"""How the error of a result that is estimated without the truth compares with the true one.

    python benchmarks/expected_error.py --data DIR --sets set12 confocal --crop 256 --preset fast --csv error.csv --markdown error.md
    python benchmarks/expected_error.py --scenes 40 --preset fast --csv error.csv --markdown error.md

One thread. `true`, `estimated`, `low` and `high` are root mean squared errors in units of the noise's standard deviation as measured;
of sets whose truth has another scale, after that of the truth was fitted to the observed image. `inside` is whether the interval holds the
true error, `half_width` that of the interval in dB, `off` by how many dB the estimate is wrong. `covered` is the share of the pixels whose
error is no larger than their uncertainty, `rank` Spearman's correlation of the two. `scenes` are drawn (see `_scenes.py`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _board import Board, Line, markdown, mean, tell
from _data import Array, choices_of_images, entries, machine
from _scenes import scene
from _score import spearman
from numpy.typing import NDArray

from napari_deep_prior import Settings, restore

NUMBERS = ("true", "estimated", "low", "high", "inside", "half_width", "off", "covered", "rank")
COLUMNS = ("set", "image", "crop", "preset", *NUMBERS, "method")


def line(
    name: str, image: str, observed: Array, truth: NDArray[np.float64], crop: int, preset: str
) -> dict[str, object] | None:
    """One line of the table; None where no error was estimated."""
    result = restore(observed, axes="YX", settings=Settings(preset=preset, seconds="never", device="cpu"))
    (plane,) = result.record.planes
    error = plane.error
    if error is None:
        return None
    true = float(np.sqrt(np.mean((result.image - truth) ** 2))) / error.noise
    wrong = np.abs(result.image - truth)
    return {
        "set": name,
        "image": image,
        "crop": crop,
        "preset": preset,
        "true": true,
        "estimated": error.relative,
        "low": error.low,
        "high": error.high,
        "inside": float(error.low <= true <= error.high),
        "half_width": 10 * float(np.log10(error.high / error.low)),
        "off": abs(20 * float(np.log10(error.relative / true))),
        "covered": float(np.mean(wrong <= result.uncertainty)),
        "rank": spearman(result.uncertainty, wrong),
        "method": plane.method,
    }


def images(given: argparse.Namespace) -> Iterator[tuple[str, str, Array, NDArray[np.float64]]]:
    """Set, name, observed image and truth on its scale."""
    for number in range(given.scenes):
        drawn = scene(number, seed=3, size=given.crop or 128)
        yield f"scenes, {drawn.noise}", f"{number} {drawn.kind}", drawn.observed.astype(np.float32), drawn.truth
    for entry in entries(given.data, given.sets, given.contains, given.limit)[0] if given.data else ():
        if entry.kind == "missing":
            continue
        row = entry.load(given.crop, given.sigma)
        if row.axes == "YX":
            yield entry.set, entry.name, row.observed, row.truth_as_observed


def summary(lines: list[Line]) -> str:
    """Mean of each set, then each image."""
    sets = list(dict.fromkeys(str(line["set"]) for line in lines))
    of = {name: [line for line in lines if line["set"] == name] for name in sets}
    means = [[name, len(of[name]), *(mean(of[name], column) for column in NUMBERS)] for name in sets]
    each = [[line["image"], *(float(line[column]) for column in NUMBERS), line["method"]] for line in lines]
    return markdown(["set", "images", *NUMBERS], means) + "\n" + markdown(["image", *NUMBERS, "method"], each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=False)
    parser.add_argument("--scenes", type=int, default=0, help="drawn scenes")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--csv", type=Path, default=Path("expected_error.csv"))
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    board = Board(given.csv, COLUMNS, keys=4)
    for name, image, observed, truth in images(given):
        if board.has(name, image, given.crop, given.preset):
            continue
        found = line(name, image, observed, truth, given.crop, given.preset)
        if found is None:
            sys.stderr.write(f"left out: {image}, no error was estimated\n")
            continue
        board.add(**found)
        sys.stderr.write(f"{image}: true {found['true']:.3f}, {found['low']:.3f} to {found['high']:.3f}\n")
    tell(f"{machine()}\n\n{summary(board.lines)}", given.markdown)


if __name__ == "__main__":
    main()
