"""What hundreds of runs in a row leave behind: memory, threads, files; and whether they have the bits they have alone.

python benchmarks/mixed_runs.py 500
python benchmarks/mixed_runs.py 100 --window      (needs a display, or xvfb-run)

Runs of all tasks and several methods and shapes, on tiny images, in random order; half are stopped at some step, one in five breaks off
another one first. Each combination was run before in a process of its own. Memory is that after the fiftieth run, and after the last.
In the window, Stop and Cancel are pressed after a random time, results are deleted, and a process of its own repeats each run from its
record afterwards; memory is that after the twentieth run, and after the last.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from napari_deep_prior import Deconvolve, Denoise, Fit, Inpaint, RemoveArtifacts, Settings, SuperResolve, replay
from napari_deep_prior.core.results import Record
from napari_deep_prior.core.run import throttle

EARLY, STEPS = 50, 12
"""The run after which nothing more may be added; steps of a whole run."""

EARLY_IN_WINDOW, STEPS_IN_WINDOW = 20, 60
"""The same in the window, where runs are fewer, and long enough to be stopped by hand."""

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


def image_of(axes: str) -> np.ndarray:
    """Photons."""
    return np.random.default_rng(0).poisson(60, SHAPES[axes]).astype(np.float32)


def companions_of(task: Any) -> dict[str, np.ndarray]:
    """What goes with the image."""
    if task is Inpaint:
        mask = np.zeros(SHAPES["YX"], np.uint8)
        mask[8:12, 9:15] = 1
        return {"mask": mask}
    return {"psf": np.outer([1, 2, 1], [1, 2, 1]) / 16} if task is Deconvolve else {}


def parameters_for(task: Any) -> dict[str, Any]:
    """Those that are not at their defaults."""
    return {"artifact": "stripes"} if task is RemoveArtifacts else {}


def fit_of(kind: str) -> Fit:
    """A run that has not begun."""
    axes, task, changed = KINDS[kind]
    settings = Settings(preset="fast", iterations=STEPS, seconds="never", device="cpu", **changed)
    return Fit(image_of(axes), task(**companions_of(task), **parameters_for(task)), settings, axes=axes, threads=1)


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


def in_window(runs: int, seed: int) -> int:
    """Prints what there is every twenty runs, what grew, and how many results differ when they are repeated without a window."""
    from _window import live, settle

    viewer, panel, layers = window()
    draw, found, before = random.Random(seed), {}, {}
    for run in range(1, runs + 1):
        kind = draw.choice(sorted(KINDS))
        choose(panel, layers, kind)
        panel.buttons.run.click()
        patience = draw.uniform(0, 3)
        if run % 2:
            settle(patience)
            (panel.buttons.cancel if draw.random() < 0.3 else panel.buttons.stop).click()
        live(panel.buttons.run.isEnabled)
        for layer in [layer for layer in viewer.layers if layer not in layers.values()]:
            record = layer.metadata["napari-deep-prior"]
            found[run] = {"kind": kind, "record": record, "digest": hashlib.sha256(layer.data.tobytes()).hexdigest()}
            viewer.layers.remove(layer)
        live()
        if run % EARLY_IN_WINDOW == 0 or run == runs:
            now = counted()
            before = before or now
            sys.stdout.write(f"{run} runs, {len(found)} with a result: {now}\n")
            sys.stdout.flush()
    sys.stdout.write("".join(f"{name}: {before[name]} -> {now[name]} ({now[name] - before[name]:+})\n" for name in now))
    viewer.close()
    repeat = subprocess.run(
        [sys.executable, __file__, "--repeat"], input=json.dumps(list(found.values())), text=True, check=False
    )
    return repeat.returncode


def window() -> tuple[Any, Any, dict[str, Any]]:
    """A shown window with its panel, all of it open, and the layers that the runs need."""
    from _window import opened

    viewer, open_panel = opened(image_of("YX"))
    layers = {"YX": viewer.layers[0]}
    layers["TYX"] = viewer.add_image(image_of("TYX"), name="film", axis_labels=("t", "y", "x"))
    layers["YXS"] = viewer.add_image(image_of("YXS") / 255, name="colours", rgb=True)
    layers["mask"] = viewer.add_labels(companions_of(Inpaint)["mask"], name="holes")
    layers["psf"] = viewer.add_image(companions_of(Deconvolve)["psf"], name="psf")
    panel = open_panel()
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    return viewer, panel, layers


def choose(panel: Any, layers: dict[str, Any], kind: str) -> None:
    """In the panel, as somebody would."""
    axes, task, changed = KINDS[kind]
    panel.problem.image.value = layers[axes]
    panel.problem.task.value = task.command()
    panel.problem.labels.value = layers["mask"] if task is Inpaint else None
    panel.problem.form.fill(
        parameters_for(task) | {name: layers[name] for name in companions_of(task) if name == "psf"}
    )
    usual = {"method": "auto", "network": "auto", "ensemble_size": 1}
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({**usual, "iterations": STEPS_IN_WINDOW, "device": "cpu", **changed})


def repeated(runs: list[dict[str, Any]]) -> int:
    """Repeats the runs of these records, and prints how many results differ."""
    differing = []
    for run in runs:
        axes, task, _ = KINDS[run["kind"]]
        image = image_of(axes) / 255 if axes == "YXS" else image_of(axes)
        record = Record.from_json(json.dumps(run["record"]))
        result = replay(image, record, **companions_of(task))
        if hashlib.sha256(result.image.tobytes()).hexdigest() != run["digest"]:
            differing.append(f"{run['kind']} ({', '.join(f'{p.reason} at {p.iterations}' for p in record.planes)})")
    sys.stdout.write(
        f"{len(runs)} results repeated from their records, {len(differing)} differ. {'; '.join(differing)}\n"
    )
    return int(bool(differing))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What many runs leave behind.")
    parser.add_argument("runs", type=int, nargs="?", default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--window", action="store_true", help="in a shown window of napari")
    parser.add_argument("--alone", nargs=2, metavar=("KIND", "STOP"), help=argparse.SUPPRESS)
    parser.add_argument("--repeat", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.window:
        sys.exit(in_window(given.runs, given.seed))
    if given.repeat:
        sys.exit(repeated(json.load(sys.stdin)))
    throttle.INTERVAL, throttle.FRACTION = 0.0, 1e9  # every step is seen, however fast the machine is
    if given.alone:
        sys.stdout.write(digest(given.alone[0], int(given.alone[1])))
        sys.exit(0)
    sys.exit(main(given.runs, given.seed))
