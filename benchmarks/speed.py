"""Speed board: time to a quality, steps per second and peak memory, per device and preset, against the preset `paper`.

    python benchmarks/speed.py --data DIR --sets set12 --limit 1 --crop 256 --targets paper:400 nlm tv
    python benchmarks/speed.py --drawn 512 1024 2048 --presets balanced --steps 20 --warm     (rate and memory only)
    python benchmarks/speed.py --drawn 512 2048 --devices cuda --targets paper:400 --warm   (torch and numpy are enough)

Targets: a PSNR in dB; `paper:N`, what the preset `paper` reaches in N steps in this same call (`paper:N:bfloat16`: in a
precision that is about twice as fast as the published one, where waiting for that would take hours); `nlm`, non-local means;
`tv`, total variation with the best weight in hindsight. Each fit runs in a process of its own, as a user would start it:
default settings, to its own end. Seconds count from the start of the fit to the first snapshot that is good enough (there
are four a second), without loading Python and torch; `plateau` is the time to within 0.1 dB of the run's best.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _board import markdown, tell
from _data import Row, choices_of_images, drawn, entries, machine
from _timing import Timing, load, timed

COLUMNS = (
    *("image", "pixels", "device", "preset", "steps", "steps/s", "first image", "PSNR", "plateau"),
    *("target", "target dB", "seconds to it", "times sooner than paper", "peak MB", "MB per megapixel", "ended"),
)


def references(row: Row, targets: list[str], device: str, warm: bool) -> Iterator[tuple[str, float, Timing | None]]:
    """Each target's name, its PSNR, and the run of `paper` where it came from one. What cannot be had is left out, with a word."""
    for target in targets:
        if target.startswith("paper:"):
            _, steps, *precision = target.split(":")
            settings = {"preset": "paper", "iterations": int(steps), "seconds": "never", "device": device}
            settings |= {"precision": precision[0]} if precision else {}
            paper = timed(row, settings, warm)
            yield target, paper.psnr, paper
        elif target in ("nlm", "tv"):
            try:
                yield target, row.psnr(_classic_image(row, target)), None
            except ImportError as error:
                sys.stderr.write(f"left out: target {target}, because {error.name} is not installed\n")
        else:
            yield f"{float(target):g} dB", float(target), None


def _classic_image(row: Row, name: str) -> np.ndarray[Any, Any]:
    import _classic

    scaled = row.observed.astype(np.float64) / 255 if row.peak == 255 else row.observed / float(row.observed.max())
    factor = 255 if row.peak == 255 else float(row.observed.max())
    peer = _classic.nlm if name == "nlm" else _classic.tv
    return peer(scaled, lambda image: row.psnr(image * factor)) * factor


def lines(row: Row, given: argparse.Namespace, device: str) -> Iterator[list[object]]:
    """The table's lines for one image on one device."""
    targets = list(references(row, given.targets, device, given.warm))
    for name, psnr, paper in targets:
        if paper is not None:
            yield _line(row, paper, name, psnr, paper.curve[-1][0], 1.0)
    for preset in given.presets:
        settings: dict[str, Any] = {"preset": preset, "device": device}
        if given.steps is not None:
            settings |= {"iterations": given.steps, "seconds": "never", "stopping": "never"}
        elif given.seconds is not None:
            settings |= {"seconds": given.seconds}
        timing = timed(row, settings, given.warm)
        for name, psnr, paper in targets or [("", float("nan"), None)]:
            reached = timing.reaches(psnr)
            sooner = paper.curve[-1][0] / reached if paper is not None else float("nan")
            yield _line(row, timing, name, psnr, reached, sooner)


def _line(row: Row, timing: Timing, target: str, psnr: float, reached: float, sooner: float) -> list[object]:
    height, width = row.observed.shape[:2]
    best = max(score for _, score in timing.curve)
    seconds = "" if not target else f"{reached:.1f}" if reached < float("inf") else f"not in {timing.curve[-1][0]:.0f}"
    times = f"{sooner:.0f}" if sooner > 0 else ""
    first, plateau = f"{timing.curve[0][0]:.2f}", f"{timing.reaches(best - 0.1):.1f}"
    megabytes, per_megapixel = f"{timing.memory / 1e6:.0f}", f"{timing.memory / height / width:.0f}"
    start: list[object] = [row.name, f"{height}x{width}", timing.hardware, timing.preset, timing.steps]
    start += [f"{timing.rate:.1f}", first, timing.psnr, plateau]
    return [*start, target, psnr if target else "", seconds, times, megabytes, per_megapixel, timing.reason]


def rows(given: argparse.Namespace) -> Iterator[Row]:
    """Drawn pictures, .npz files, and lines of the index without missing pixels."""
    yield from (drawn(size, given.sigma) for size in given.drawn)
    yield from (load(path) for path in given.npz)
    if given.data is not None:
        for entry in entries(given.data, given.sets, given.contains, given.limit)[0]:
            if entry.kind != "missing":
                yield entry.load(given.crop, given.sigma)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=False)
    parser.add_argument("--drawn", type=int, nargs="*", default=[], help="sides of pictures drawn by the script")
    parser.add_argument("--npz", type=Path, nargs="*", default=[], help="files with the arrays observed and truth")
    parser.add_argument("--presets", nargs="+", default=["fast", "balanced", "best"])
    parser.add_argument("--devices", nargs="+", default=["auto"])
    parser.add_argument("--targets", nargs="*", default=[], help="dB, paper:N, nlm or tv")
    parser.add_argument("--seconds", type=float, help="time budget; the preset's own unless given")
    parser.add_argument("--steps", type=int, help="run just so many steps, for rate and memory")
    parser.add_argument(
        "--warm", action="store_true", help="five uncounted steps on a corner first, as in a second run"
    )
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--markdown", type=Path, help="printed unless given")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    found: list[list[object]] = []
    for row in rows(given):
        for device in given.devices:
            for line in lines(row, given, device):
                found.append(line)
                sys.stderr.write(markdown([], [line]).splitlines()[-1] + "\n")
    if given.csv is not None:
        with given.csv.open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *found])
    text = f"{machine()}{'; after five steps on a corner that do not count' if given.warm else ', cold'}\n\n{markdown(COLUMNS, found)}"
    tell(text, given.markdown)


if __name__ == "__main__":
    main()
