"""Quality board: PSNR of the chosen result beside the best iterate of the same run, for every image of the named sets.

    python benchmarks/quality.py --data DIR --sets fmd missing50 --seconds 60 [--crop 256] [--contains FISH]

Prints a Markdown table. The best iterate is known only because the truth is: nothing in the package sees it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _data import machine, rows

from napari_deep_prior import Fit, Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with index.csv")
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--contains", default="", help="only files with this in their name")
    parser.add_argument("--crop", type=int, default=0, help="top left square of this many pixels; 0: all")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    say = sys.stdout.write
    say(f"{machine()}; preset {given.preset}, {given.seconds:g} s, seed {given.seed}, crop {given.crop or 'none'}\n\n")
    say(
        "| image | observed | chosen | best iterate | step chosen | steps | seconds | method | why it ended |\n|---|"
        + "---|" * 8
        + "\n"
    )
    settings = Settings(preset=given.preset, seconds=given.seconds, seed=given.seed)
    for row in rows(given.data, given.sets, given.contains, given.crop):
        fit = Fit(row.observed, row.task, settings, axes=row.axes)
        best = max(row.psnr(snapshot.image) for snapshot in fit if snapshot.image is not None)
        result, plane = fit.result, fit.result.record.planes[-1]
        chosen = row.psnr(result.image)
        say(
            f"| {row.name} | {row.psnr(row.observed):.2f} | {chosen:.2f} | {max(best, chosen):.2f} | {plane.chosen} "
            f"| {plane.iterations} | {plane.seconds:.0f} | {plane.method} | {result.reason.value} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
