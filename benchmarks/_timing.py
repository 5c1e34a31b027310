"""One timed fit in a process of its own, so that nothing measured before it is warm or counted as its memory."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import _memory
import numpy as np
from _data import Row

from napari_deep_prior import Fit, Settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one fit took.

    `curve` has seconds and PSNR of every snapshot; seconds count from before the fit is made, without the time for
    scoring. `solver` is the time the steps themselves took; `memory` the bytes at the peak over those before the fit,
    on the card where it ran on one; `warmed` whether a few steps on a corner were run before, uncounted:
    the first step of a process loads the optimiser, which takes seconds and some memory.
    """

    preset: str
    device: str
    hardware: str
    steps: int
    solver: float
    curve: list[tuple[float, float]]
    psnr: float
    memory: int
    reason: str
    warmed: bool

    @property
    def rate(self) -> float:
        """Steps per second of solver time."""
        return self.steps / self.solver if self.solver > 0 else float("nan")

    def reaches(self, target: float) -> float:
        """Seconds to this PSNR; infinite where it was not reached."""
        return next((seconds for seconds, psnr in self.curve if psnr >= target), float("inf"))


def timed(row: Row, settings: dict[str, Any], warm: bool) -> Timing:
    """Run the fit in a fresh process.

    Raises
    ------
    SystemExit
        If it failed; its words went to the standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "row.npz"
        np.savez(path, observed=row.observed, truth=row.truth, axes=row.axes, fitted=row.fitted, peak=row.peak)
        command = [sys.executable, __file__, str(path), json.dumps(settings), str(int(warm))]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"The fit of {row.name} with {settings} failed; its words are above.")
    return Timing(**json.loads(done.stdout.splitlines()[-1]))


def load(path: Path) -> Row:
    """A row from an .npz with the arrays observed and truth, and optionally axes, fitted and peak."""
    with np.load(path) as content:
        given = {name: content[name] for name in content.files}
    more = {name: given[name].item() for name in ("axes", "fitted", "peak") if name in given}
    return Row(name=path.stem, observed=given["observed"], truth=given["truth"].astype(np.float64), **more)


def run(row: Row, settings: dict[str, Any], warm: bool) -> Timing:
    """Run the fit here."""
    if warm:  # on a corner, so that what it leaves behind in memory is small
        few = {**settings, "iterations": 5, "seconds": "never"}
        for _ in Fit(row.observed[:64, :64], row.task, Settings(**few), axes=row.axes):
            pass
    _memory.forget()
    before, began, away = _memory.present(), time.perf_counter(), 0.0
    fit = Fit(row.observed, row.task, Settings(**settings), axes=row.axes)
    curve: list[tuple[float, float]] = []
    for snapshot in fit:
        arrived = time.perf_counter()
        if snapshot.image is not None:
            curve.append((arrived - began - away, row.psnr(snapshot.image)))
        away += time.perf_counter() - arrived
    memory = _memory.on_card() if fit.device.name == "cuda" else _memory.peak() - before
    result, plane = fit.result, fit.result.record.planes[-1]
    return Timing(
        preset=str(settings["preset"]),
        device=fit.device.name,
        hardware=fit.device.summary,
        steps=plane.iterations,
        solver=float(plane.seconds),
        curve=curve,
        psnr=row.psnr(result.image),
        memory=memory,
        reason=result.reason.value,
        warmed=warm,
    )


if __name__ == "__main__":
    timing = run(load(Path(sys.argv[1])), json.loads(sys.argv[2]), sys.argv[3] == "1")
    sys.stdout.write("\n" + json.dumps(dataclasses.asdict(timing)) + "\n")
