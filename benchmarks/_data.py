"""Images with truth, read from an index.csv (set, kind, input, truth, aux, protocol), or drawn where there is none."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import platform
from pathlib import Path

import numpy as np
import torch
from _score import Scores, decibels, fit, spread, ssim
from numpy.typing import NDArray

from napari_deep_prior.core.tasks import TASKS, AbstractTask

Array = NDArray[np.generic]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One measurement: what is observed, what it should be, and the task that leads from one to the other."""

    name: str
    observed: Array
    truth: NDArray[np.float64]
    axes: str = "YX"
    task: AbstractTask = dataclasses.field(default_factory=TASKS["denoise"])
    fitted: bool = False
    peak: float = 255.0

    @property
    def truth_as_observed(self) -> NDArray[np.float64]:
        """The truth on the scale of what is observed."""
        if not self.fitted:
            return self.truth
        slope, offset = np.polyfit(self.truth.ravel(), self.observed.astype(np.float64).ravel(), 1)
        scaled: NDArray[np.float64] = slope * self.truth + offset
        return scaled

    def psnr(self, image: Array) -> float:
        """In dB, by the row's protocol. Plain: clipped to 0..255 where that is the range. Fitted: see `Scores`."""
        image = image.astype(np.float64)
        if self.fitted:
            return decibels(spread(self.truth), fit(image, self.truth) - self.truth)
        return decibels(self.peak, self._clipped(image) - self.truth)

    def scores(self, image: Array) -> Scores:
        """PSNR both ways, and SSIM of the image that the protocol scores."""
        image = image.astype(np.float64)
        adapted = fit(image, self.truth)
        shown = adapted if self.fitted else self._clipped(image)
        return Scores(
            psnr=decibels(self.peak, self._clipped(image) - self.truth),
            fitted=decibels(spread(self.truth), adapted - self.truth),
            ssim=ssim(shown, self.truth, spread(self.truth) if self.fitted else self.peak),
        )

    def _clipped(self, image: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(image, 0, 255) if self.peak == 255 else image


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the index; its files are read by `load`."""

    data: Path
    set: str
    kind: str
    input: str
    truth: str
    aux: str
    protocol: str

    @property
    def name(self) -> str:
        return f"{self.set}/{Path(self.input if self.kind == 'blurred' else self.truth).stem}"

    def noise(self, sigma: float, clip: bool) -> str:
        """What noise `load` gives, in a word."""
        if self.kind == "clean":
            return f"{sigma:g}{' clipped' if clip else ''}"
        return "real" if self.kind == "pair" else "none"

    def load(self, crop: int = 0, sigma: float = 25.0, clip: bool = False) -> Row:
        """The row: its top left `crop` pixels squared (0: all). Clean images get Gaussian noise of `sigma`, seed 0.

        `clip` cuts that noise off at 0 and 255, as the Deep Image Prior paper does; other papers do not.
        """
        truth, axes, peak = self._read(self.truth, crop)
        task: AbstractTask = TASKS["denoise"]()
        observed: Array
        if self.kind == "pair":
            observed = self._read(self.input, crop)[0]
        elif self.kind == "clean":
            observed = truth + np.random.default_rng(0).normal(0, sigma, truth.shape)
            observed = np.clip(observed, 0, 255) if clip else observed
        else:
            missing = self._read(self.aux, crop)[0] == 0
            missing = missing[..., 0] if missing.ndim == 3 else missing
            task = TASKS["inpaint"](mask=missing.astype(np.uint8))
            observed = np.where(missing if truth.ndim == 2 else missing[..., None], 0, truth)
        return Row(
            name=self.name,
            observed=observed,
            truth=truth.astype(np.float64),
            axes=axes,
            task=task,
            fitted=self.protocol == "fitted",
            peak=peak,
        )

    def _read(self, path: str, crop: int) -> tuple[Array, str, float]:
        """Array, axes and peak: 255 for 8-bit files, else the spread of the values.

        A colour image of one intensity in one hue (grey, green, yellow...) is that intensity.
        """
        from napari_deep_prior import files  # not on a machine that has only torch and numpy

        picture = files.read(self.data / path)
        array = picture.array[slice(crop or None), slice(crop or None)]
        peak = 255.0 if array.dtype == np.uint8 else spread(array.astype(np.float64))
        if array.ndim == 3:
            live = [channel for channel in np.moveaxis(array, -1, 0) if np.ptp(channel) > 0]
            if live and all((channel == live[0]).all() for channel in live):
                return np.ascontiguousarray(live[0]), "YX", peak
        return array, picture.axes or "YX", peak


def entries(data: Path, sets: list[str], contains: str = "", limit: int = 0) -> tuple[list[Entry], list[str]]:
    """The lines of the named sets (none named: all) that can be measured, and why the others of them cannot.

    `limit` takes the first so many of each set; 0: all.
    """
    chosen: list[Entry] = []
    left_out: list[str] = []
    with (data / "index.csv").open(newline="") as table:
        for line in csv.DictReader(table):
            if (sets and line["set"] not in sets) or contains not in (line["input"] or line["truth"]):
                continue
            entry = Entry(data=data, **line)
            if limit and sum(other.set == entry.set for other in chosen) >= limit:
                continue
            if entry.kind in ("pair", "clean", "missing"):
                chosen.append(entry)
            elif entry.truth:
                left_out.append(f"{entry.name}: kind {entry.kind}, which no task of this board undoes")
    return chosen, left_out


def drawn(size: int, sigma: float = 25.0) -> Row:
    """A picture made of blobs, bars and texture with Gaussian noise, for machines without data; always the same."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    truth = 40 + 20 * np.sin(x / 37) * np.cos(y / 53)
    for _ in range(max(8, size * size // 3000)):
        cy, cx, width = *random.uniform(0, size, 2).tolist(), random.uniform(2, 14)
        ys, xs = (slice(max(0, int(c - 4 * width)), int(c + 4 * width) + 1) for c in (cy, cx))
        distance = np.hypot(y[ys, xs] - cy, x[ys, xs] - cx)
        truth[ys, xs] += random.uniform(20, 110) / (1 + np.exp(2 * (distance - width)))
    truth += np.where((x // 8 + y // 64) % 7 == 0, 25, 0) + 12 * np.sin(x * y / size / 3) * (x > size / 2)
    truth = np.clip(truth, 0, 255)
    return Row(name=f"drawn {size}", observed=truth + random.normal(0, sigma, truth.shape), truth=truth)


def machine(threads: int | None = None) -> str:
    """What this was measured on."""
    where = f"{platform.machine()}, {threads or torch.get_num_threads()} threads"
    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{where}{card}, {platform.system()}, torch {torch.__version__}, Python {platform.python_version()}"


def choices_of_images(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The arguments that say which images of an index are measured, and with what noise."""
    parser.add_argument("--data", type=Path, required=required, help="folder with index.csv")
    parser.add_argument("--sets", nargs="*", default=[], help="none: all")
    parser.add_argument("--contains", default="", help="only files with this in their name")
    parser.add_argument("--limit", type=int, default=0, help="images of each set; 0: all")
    parser.add_argument("--crop", type=int, default=0, help="top left square of this many pixels; 0: all")
    parser.add_argument("--sigma", type=float, default=25, help="noise given to clean images")
