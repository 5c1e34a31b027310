"""Images with truth, read from an index.csv (set, kind, input, truth, aux, protocol), and how they are scored."""

from __future__ import annotations

import csv
import dataclasses
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior.core.tasks import TASKS, AbstractTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One measurement: what is observed, what it should be, and the task that leads from one to the other."""

    name: str
    observed: NDArray[np.generic]
    truth: NDArray[np.float64]
    axes: str
    task: AbstractTask
    fitted: bool

    def psnr(self, image: NDArray[np.generic]) -> float:
        """In dB. Plain: of 0..255, clipped. Fitted: best ``a x + b`` first, of the truth's 0.1 to 99.9 percentile."""
        image = image.astype(np.float64)
        if not self.fitted:
            return _decibels(255.0, np.clip(image, 0, 255) - self.truth)
        slope, offset = np.polyfit(image.ravel(), self.truth.ravel(), 1)
        low, high = np.percentile(self.truth, [0.1, 99.9])
        return _decibels(high - low, slope * image + offset - self.truth)


def _decibels(peak: float, error: NDArray[np.float64]) -> float:
    return float(10 * np.log10(peak**2 / np.mean(error**2)))


def rows(data: Path, sets: list[str], contains: str = "", crop: int = 0, sigma: float = 25.0) -> Iterator[Row]:
    """The pairs, clean images (given Gaussian noise of `sigma`, seed 0) and images with missing pixels of the named sets."""
    with (data / "index.csv").open(newline="") as table:
        for line in csv.DictReader(table):
            chosen = line["set"] in sets and contains in (line["input"] or line["truth"])
            if chosen and line["kind"] in ("pair", "clean", "missing"):
                yield _row(data, line, crop, sigma)


def _row(data: Path, line: dict[str, str], crop: int, sigma: float) -> Row:
    corner = (slice(crop or None), slice(crop or None))
    picture = files.read(data / line["truth"])
    truth = picture.array[corner].astype(np.float64)
    task: AbstractTask = TASKS["denoise"]()
    observed: NDArray[np.generic]
    if line["kind"] == "pair":
        observed = files.read(data / line["input"]).array[corner]
    elif line["kind"] == "clean":
        observed = truth + np.random.default_rng(0).normal(0, sigma, truth.shape)
    else:
        missing = files.read(data / line["aux"]).array[corner] == 0
        missing = missing[..., 0] if missing.ndim == 3 else missing
        task = TASKS["inpaint"](mask=missing.astype(np.uint8))
        observed = np.where(missing if truth.ndim == 2 else missing[..., None], 0, truth)
    name = f"{line['set']}/{Path(line['truth']).stem}"
    fitted = line["protocol"] == "fitted"
    return Row(name=name, observed=observed, truth=truth, axes=picture.axes or "YX", task=task, fitted=fitted)


def machine() -> str:
    """What this was measured on."""
    cores = torch.get_num_threads()
    return f"{platform.machine()}, {cores} threads, {platform.system()}, torch {torch.__version__}, Python {platform.python_version()}"
