"""Time to a quality, against the preset `paper` in the same run, and steps per second.

    python benchmarks/speed.py --data DIR --set fmd --contains Confocal_FISH_1 --crop 256 --target 30 --limit 400

Solver time: without the drawing and scoring of snapshots. A preset that does not reach the target within the limit is
given as "more than".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _data import Row, machine, rows

from napari_deep_prior import Fit, Settings


def time_to(row: Row, preset: str, target: float, limit: float) -> tuple[float, float, float, float]:
    """Seconds to the target (inf where it is not reached), PSNR at the end, seconds run, steps per second."""
    fit = Fit(row.observed, row.task, Settings(preset=preset, seconds=limit, stopping="never"), axes=row.axes)
    reached = float("inf")
    psnr = seconds = rate = 0.0
    for snapshot in fit:
        assert snapshot.image is not None
        psnr, seconds, rate = row.psnr(snapshot.image), snapshot.seconds, snapshot.iteration / snapshot.seconds
        if psnr >= target and reached == float("inf"):
            reached = seconds
            fit.stop()
    return reached, psnr, seconds, rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with index.csv")
    parser.add_argument("--set", required=True)
    parser.add_argument("--contains", default="")
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--target", type=float, default=30.0, help="PSNR in dB")
    parser.add_argument("--limit", type=float, default=400.0, help="seconds")
    parser.add_argument("--presets", nargs="+", default=["fast", "balanced", "best", "paper"])
    given = parser.parse_args()
    say = sys.stdout.write
    say(f"{machine()}; target {given.target:g} dB, crop {given.crop}\n\n")
    say("| image | preset | seconds to target | steps/s | PSNR there |\n|---|---|---|---|---|\n")
    for row in rows(given.data, [given.set], given.contains, given.crop):
        for preset in given.presets:
            reached, psnr, seconds, rate = time_to(row, preset, given.target, given.limit)
            shown = f"{reached:.1f}" if reached < float("inf") else f"more than {seconds:.0f}"
            say(f"| {row.name} | {preset} | {shown} | {rate:.1f} | {psnr:.2f} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
