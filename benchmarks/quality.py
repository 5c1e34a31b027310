"""Quality board: the chosen result beside the best iterate of the same run, for every image of the named sets.

    python benchmarks/quality.py --data DIR --sets fmd missing50 --seconds 60 --csv board.csv --markdown board.md
    python benchmarks/quality.py --data DIR --presets fast balanced --seeds 0 1 2 --jobs 2 --curves pictures --peers peers.csv
    python benchmarks/quality.py --data DIR --sets fmd --crop 256 --set method=blind-spot stopping=never

Rows that are in the CSV already are not run again. The best iterate is known only because the truth is: nothing in the
package sees it. `rank` is Spearman's correlation of the result's uncertainty with its absolute error.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from _board import Board, tell
from _curves import draw, keep
from _data import Entry, choices_of_images, entries, machine
from _quality_tables import summary
from _score import fit as fitted_to
from _score import spearman

from napari_deep_prior import Fit, RunError, Settings

KEYS = ("set", "image", "noise", "crop", "settings", "seed")
COLUMNS = (
    *(*KEYS, "observed", "psnr", "fitted", "ssim", "best", "rank", "chosen_step", "steps", "seconds", "wall"),
    *("method", "reason", "protocol", "pixels", "threads"),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of the board. `threads`: None lets the package choose."""

    entry: Entry
    crop: int
    sigma: float
    clip: bool
    settings: dict[str, Any]
    seed: int
    threads: int | None
    curves: Path | None

    @property
    def key(self) -> tuple[Any, ...]:
        entry, words = self.entry, " ".join(f"{name}={value}" for name, value in self.settings.items())
        return entry.set, entry.name, entry.noise(self.sigma, self.clip), self.crop, words, self.seed


def run(job: Job) -> dict[str, object]:
    """The line of the board. On top level, so that another process can be asked for it."""
    row = job.entry.load(job.crop, job.sigma, job.clip)
    began = time.perf_counter()
    fit = Fit(row.observed, row.task, Settings(**job.settings, seed=job.seed), axes=row.axes, threads=job.threads)
    curve = [
        (snapshot.iteration, snapshot.seconds, row.psnr(snapshot.image), snapshot.held_out)
        for snapshot in fit
        if snapshot.image is not None
    ]
    wall = time.perf_counter() - began
    result, plane = fit.result, fit.result.record.planes[-1]
    image, psnr = result.image.astype(np.float64), row.psnr(result.image)
    error = np.abs((fitted_to(image, row.truth) if row.fitted else image) - row.truth)
    line = {
        **dict(zip(KEYS, job.key, strict=True)),
        **dataclasses.asdict(row.scores(image)),
        "observed": row.psnr(row.observed),
        "best": max(psnr, *(point[2] for point in curve)),
        "rank": spearman(result.uncertainty, error),
        "chosen_step": plane.chosen,
        "steps": plane.iterations,
        "seconds": float(plane.seconds),
        "wall": wall,
        "method": plane.method,
        "reason": result.reason.value,
        "protocol": job.entry.protocol,
        "pixels": "x".join(map(str, row.observed.shape)),
        "threads": job.threads or "auto",
    }
    if job.curves is not None:
        keep(job.curves, job.key, curve, int(plane.chosen), psnr)
    return line


def jobs(given: argparse.Namespace) -> list[Job]:
    """Set by set, the seeds of one image after one another."""
    chosen, left_out = entries(given.data, given.sets, given.contains, given.limit)
    for text in left_out:
        sys.stderr.write(f"left out: {text}\n")
    budget: dict[str, Any] = {} if given.seconds is None else {"seconds": given.seconds}
    more = dict(_setting(text) for text in given.set)
    threads = max(1, (os.cpu_count() or 1) // given.jobs) if given.jobs > 1 else None
    return [
        Job(
            entry=entry,
            crop=given.crop,
            sigma=given.sigma,
            clip=given.clip,
            settings={"preset": preset, **budget, **more},
            seed=seed,
            threads=threads,
            curves=given.curves,
        )
        for preset in given.presets
        for entry in chosen
        for seed in given.seeds
    ]


def _setting(text: str) -> tuple[str, str | int | float]:
    """``"input_noise=0.02"`` -> the field's name and its value, a number where it reads as one."""
    name, _, value = text.partition("=")
    for number in (int, float):
        try:
            return name, number(value)
        except ValueError:
            continue
    return name, value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--clip", action="store_true", help="cut that noise off at 0 and 255")
    parser.add_argument("--presets", nargs="+", default=["balanced"])
    parser.add_argument("--seconds", type=float, help="time budget of a row; the preset's own unless given")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="further settings of the fit")
    parser.add_argument("--jobs", type=int, default=1, help="images measured at once, each with its share of the cores")
    parser.add_argument("--csv", type=Path, default=Path("quality.csv"))
    parser.add_argument("--markdown", type=Path, help="printed unless given")
    parser.add_argument("--curves", type=Path, help="folder for the learning curves, a picture per set")
    parser.add_argument("--peers", type=Path, help="CSV of peers.py, to be shown beside")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    board = Board(given.csv, COLUMNS, keys=len(KEYS))
    wanted = [job for job in jobs(given) if not board.has(*job.key)]
    if given.jobs > 1:  # before the processes begin: OpenMP reads it once
        os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // given.jobs))
    started = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(given.jobs, mp_context=started) as pool:
        running = {pool.submit(run, job): job for job in wanted}
        for number, future in enumerate(concurrent.futures.as_completed(running), 1):
            job = running[future]
            try:
                line = future.result()
            except (RunError, ValueError) as error:
                sys.stderr.write(f"{number}/{len(wanted)} failed: {job.entry.name}, {job.settings}: {error}\n")
                continue
            board.add(**line)
            what = f"{line['image']}, {line['settings']}, seed {line['seed']}"
            score = line["psnr" if line["protocol"] == "plain" else "fitted"]
            sys.stderr.write(f"{number}/{len(wanted)} {what}: {score:.2f} of {line['best']:.2f} dB\n")
    at_once = f", {given.jobs} images at once, each on its share of {os.cpu_count()} cores" if given.jobs > 1 else ""
    text = f"{machine()}{at_once}\n\n{summary(board.lines, given.peers)}"
    tell(text, given.markdown)
    if given.curves:
        draw(given.curves)


if __name__ == "__main__":
    main()
