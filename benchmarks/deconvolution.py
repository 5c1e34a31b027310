"""Deconvolution with a known and an unknown blur beside what scikit-image has, at its best settings in hindsight.

    python benchmarks/deconvolution.py --data DIR --csv deconvolution.csv
    python benchmarks/deconvolution.py --data DIR --sets levin --contains im1 --ways start blind-start

Set levin: photographs through a shaken camera, whose kernel may need a half turn (that which gives the better start);
PSNR of the interior, at the best shift, to a quarter of a pixel: sharp and blurred photographs do not lie better over
each other (Levin et al., CVPR 2009, search so as well). Other sets of kind blurred, in planes or volumes: PSNR after the best
brightness and contrast. `start` is what the fit begins with, of all pixels, `ours` what it ends with; `blind` the same
where the kernel is not given. Rows that are in the CSV already are not done again.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _board import Board, markdown, mean, tell
from _data import choices_of_images
from _score import decibels, fit
from numpy.typing import NDArray
from scipy.ndimage import shift, spline_filter

from napari_deep_prior import Settings, files, restore
from napari_deep_prior.core.tasks import TASKS

Image = NDArray[np.float64]
Score = Callable[[Image], float]
COLUMNS = ("set", "image", "way", "psnr", "seconds", "steps", "setting")
KERNEL = 31
"""Side of an unknown kernel: the same for all, somewhat more than the largest."""

_SHIFT, _BORDER = 8, 20


def shifted_psnr(image: Image, truth: Image) -> float:
    """Of the interior, 8 bits, at the best shift: by whole pixels first, then by quarters of one (cubic splines)."""
    rows, columns = truth.shape
    inner = truth[_BORDER:-_BORDER, _BORDER:-_BORDER]

    def score(moved: Image, dy: int, dx: int) -> float:
        place = slice(_BORDER + dy, rows - _BORDER + dy), slice(_BORDER + dx, columns - _BORDER + dx)
        return decibels(255.0, np.clip(moved[place], 0, 255) - inner)

    whole = range(-_SHIFT, _SHIFT + 1)
    near = max(((dy, dx) for dy in whole for dx in whole), key=lambda place: score(image, *place))
    parts = np.arange(-3, 4) / 4
    spline = spline_filter(image)
    return max(score(shift(spline, (y, x), prefilter=False, mode="nearest"), *near) for y in parts for x in parts)


def fitted_psnr(image: Image, truth: Image) -> float:
    """After the best brightness and contrast, over the truth's whole range: of a few bars in the dark percentiles see none."""
    return decibels(float(np.ptp(truth)), fit(image, truth) - truth)


def turned(kernel: Image, observed: Image, truth: Image) -> Image:
    """The kernel, or its half turn, whichever gives the better start."""
    both = kernel, kernel[::-1, ::-1].copy()
    starts = [instrument_start(observed, TASKS["deconvolve"](psf=one)) for one in both]
    return max(zip(both, starts, strict=True), key=lambda pair: shifted_psnr(pair[1], truth))[0]


def instrument_start(observed: Image, task: Any) -> Image:
    """What a fit begins with, of all pixels, in the image's units."""
    peak = float(observed.max())
    tensor = torch.from_numpy(observed / peak).float()[None, None]
    model = task.forward_model(tensor, task.masks(observed[None]))
    drawn = model.initial_estimate(tensor, torch.ones_like(tensor))
    inside = tuple(slice(side, side + n) for side, n in zip(model.margin, observed.shape, strict=True))
    return drawn[0, 0][inside].numpy().astype(np.float64) * peak


def richardson_lucy(observed: Image, kernel: Image, score: Score) -> tuple[Image, str]:
    """The best of its iterations (tens up to 200); what lies beyond the edges goes on as they end."""
    from skimage.restoration import richardson_lucy as skimage_way

    peak = observed.max()
    rounds = (10, 20, 30, 50, 75, 100, 150, 200)
    tries = {n: _cut(skimage_way(_wide(observed, kernel) / peak, kernel, n), observed, kernel) * peak for n in rounds}
    best = max(tries, key=lambda n: score(tries[n]))
    return tries[best], f"{best} iterations"


def unsupervised_wiener(observed: Image, kernel: Image, score: Score) -> tuple[Image, str]:
    """It finds its own settings; the best of a plain Wiener filter's balances where that is better."""
    from skimage.restoration import unsupervised_wiener as skimage_way
    from skimage.restoration import wiener

    wide, peak = _wide(observed, kernel), observed.max()
    tries = {"its own": skimage_way(wide / peak, kernel, rng=0, clip=False)[0]}
    tries |= {f"balance {b:g}": wiener(wide / peak, kernel, b, clip=False) for b in np.geomspace(1e-4, 1e-1, 10)}
    tries = {name: _cut(image, observed, kernel) * peak for name, image in tries.items()}
    best = max(tries, key=lambda name: score(tries[name]))
    return tries[best], best


def _wide(observed: Image, kernel: Image) -> Image:
    return np.pad(observed, [(n, n) for n in kernel.shape], mode="edge")


def _cut(image: Image, observed: Image, kernel: Image) -> Image:
    return image[tuple(slice(n, n + size) for n, size in zip(kernel.shape, observed.shape, strict=True))]


PEERS = {"richardson-lucy": richardson_lucy, "wiener": unsupervised_wiener}
WAYS = ("start", "ours", "blind-start", "blind", *PEERS)


def rows(data: Path, sets: list[str], contains: str, limit: int) -> Iterator[tuple[str, str, Image, Image, Image]]:
    """Set, name, observed, truth and kernel of what is blurred and has a truth."""
    import csv

    number: dict[str, int] = {}
    with (data / "index.csv").open(newline="") as table:
        for line in csv.DictReader(table):
            asked = line["kind"] == "blurred" and line["truth"] and contains in line["input"]
            if not asked or (sets and line["set"] not in sets) or 0 < limit <= number.get(line["set"], 0):
                continue
            number[line["set"]] = number.get(line["set"], 0) + 1
            paths = (data / line[part] for part in ("input", "truth", "aux"))
            observed, truth, kernel = (np.asarray(files.read(path).array, np.float64) for path in paths)
            kernel /= kernel.sum()
            plain = line["protocol"] == "plain"
            kernel = turned(kernel, observed, truth) if plain else kernel
            yield line["set"], Path(line["input"]).parent.name + "/" + Path(line["input"]).stem, observed, truth, kernel


def measured(way: str, observed: Image, kernel: Image, score: Score, settings: Settings) -> tuple[Image, int, str]:
    """The image, how many steps it took, and the setting that was the best."""
    if way in PEERS:
        return *(found := PEERS[way](observed, kernel, score))[:1], 0, found[1]
    known = TASKS["deconvolve"](psf=kernel)
    task = TASKS["deconvolve"](blur="unknown", psf_size=KERNEL) if way.startswith("blind") else known
    if way.endswith("start"):
        return instrument_start(observed, task), 0, ""
    result = restore(observed, task, axes="ZYX"[-observed.ndim :], settings=settings)
    plane = result.record.planes[0]
    return result.image.astype(np.float64), plane.iterations, f"step {plane.chosen}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--csv", type=Path, default=Path("deconvolution.csv"))
    parser.add_argument("--markdown", type=Path, help="printed unless given")
    given = parser.parse_args()
    board = Board(given.csv, COLUMNS, keys=3)
    for of, name, observed, truth, kernel in rows(given.data, given.sets, given.contains, given.limit):
        measure = shifted_psnr if of == "levin" else fitted_psnr
        for way in given.ways:
            if board.has(of, name, way) or (way.startswith("blind") and observed.ndim > 2):
                continue
            begun = time.perf_counter()
            settings = Settings(preset=given.preset)
            image, steps, best = measured(way, observed, kernel, functools.partial(measure, truth=truth), settings)
            seconds = time.perf_counter() - begun
            psnr = measure(image, truth)
            board.add(set=of, image=name, way=way, psnr=psnr, seconds=seconds, steps=steps, setting=best)
    sets = dict.fromkeys((line["set"], line["way"]) for line in board.lines)
    means = []
    for of, way in sets:
        lines = [line for line in board.lines if (line["set"], line["way"]) == (of, way)]
        means.append([of, way, len(lines), mean(lines, "psnr"), mean(lines, "seconds")])
    tell(markdown(["set", "way", "images", "PSNR", "seconds"], means), given.markdown)


if __name__ == "__main__":
    main()
