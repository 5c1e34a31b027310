"""What hundreds of runs in a row leave behind, without a window: memory, threads, files; and whether they have the bits they have alone.

python benchmarks/mixed_runs.py 500

Runs of all tasks and several methods and shapes, on tiny images, in random order; half are stopped at some step, one in five breaks off
another one first. Each combination was run before in a process of its own. Memory is that after the fiftieth run, and after the last.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from napari_deep_prior import Deconvolve, Denoise, Fit, Inpaint, RemoveArtifacts, Settings, SuperResolve
from napari_deep_prior.core.run import throttle

EARLY, STEPS = 50, 12
"""The run after which nothing more may be added; steps of a whole run."""

SHAPES = {"YX": (40, 36), "TYX": (2, 32, 48), "YXS": (33, 41, 3)}

KINDS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "masked": ("YX", Denoise, {"method": "blind-spot"}),
    "recorrupted": ("YX", Denoise, {"method": "recorrupted"}),
    "paper": ("YX", Denoise, {"method": "deep-image-prior"}),
    "closed form": ("YX", Denoise, {"method": "nl-ridge"}),
    "film": ("TYX", Denoise, {"network": "each"}),
    "one network": ("TYX", Denoise, {"network": "shared"}),
    "colours": ("YXS", Denoise, {}),
    "seeds": ("YX", Denoise, {"method": "deep-image-prior", "ensemble_size": 2}),
    "holes": ("YX", Inpaint, {}),
    "finer": ("YX", SuperResolve, {}),
    "blur": ("YX", Deconvolve, {}),
    "stripes": ("YX", RemoveArtifacts, {}),
}


def fit_of(kind: str) -> Fit:
    """A run that has not begun."""
    axes, task, changed = KINDS[kind]
    image = np.random.default_rng(0).poisson(60, SHAPES[axes])
    parameters: dict[str, Any] = {}
    if task is Inpaint:
        parameters["mask"] = np.zeros(SHAPES[axes][-2:], np.uint8)
        parameters["mask"][8:12, 9:15] = 1
    if task is Deconvolve:
        parameters["psf"] = np.outer([1, 2, 1], [1, 2, 1]) / 16
    if task is RemoveArtifacts:
        parameters["artifact"] = "stripes"
    settings = Settings(preset="fast", iterations=STEPS, seconds="never", device="cpu", **changed)
    return Fit(image.astype(np.float32), task(**parameters), settings, axes=axes, threads=1)


def digest(kind: str, stop: int) -> str:
    """Of the result of a run that is stopped after so many steps, or at its end."""
    fit = fit_of(kind)
    for number, _ in enumerate(fit, 1):
        if number == stop:
            fit.stop()
    return hashlib.sha256(fit.result.image.tobytes()).hexdigest()


def counted() -> dict[str, int]:
    """What there is now, by kind."""
    gc.collect()
    status = Path("/proc/self/status").read_text().splitlines()
    (resident,) = (int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return {
        "memory (MB)": round(resident / 1000),
        "Python threads": threading.active_count(),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "open files": len(list(Path("/proc/self/fd").iterdir())),
        "Python objects": len(gc.get_objects()),
    }


def alone(kind: str, stop: int) -> str:
    """The digest from a process of its own."""
    run = [sys.executable, __file__, "--alone", kind, str(stop)]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()


def main(runs: int, seed: int) -> int:
    """Prints what there is every fifty runs, what grew, and which results differ."""
    draw = random.Random(seed)
    cases = [(kind, stop) for kind in KINDS for stop in (draw.randint(1, STEPS - 2), STEPS + 99)]
    wanted = {case: alone(*case) for case in cases}
    sys.stdout.write(f"{len(cases)} combinations were run alone.\n")
    before: dict[str, int] = {}
    differing, began = 0, time.monotonic()
    for run in range(1, runs + 1):
        case = draw.choice(cases)
        if draw.random() < 0.2:
            next(iter(fit_of(case[0])))  # broken off
        differing += digest(*case) != wanted[case]
        if run % EARLY == 0:
            now = counted()
            before = before or now
            sys.stdout.write(f"{run} runs, {time.monotonic() - began:.0f} s, {differing} differ: {now}\n")
            sys.stdout.flush()
    sys.stdout.write("".join(f"{name}: {before[name]} -> {now[name]} ({now[name] - before[name]:+})\n" for name in now))
    return int(differing > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What many runs leave behind without a window.")
    parser.add_argument("runs", type=int, nargs="?", default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", nargs=2, metavar=("KIND", "STOP"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    throttle.INTERVAL, throttle.FRACTION = 0.0, 1e9  # every step is seen, however fast the machine is
    if given.alone:
        sys.stdout.write(digest(given.alone[0], int(given.alone[1])))
        sys.exit(0)
    sys.exit(main(given.runs, given.seed))
