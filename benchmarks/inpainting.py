"""Filled holes beside what a user would use instead: biharmonic (scikit-image), Telea and Navier-Stokes (OpenCV).

    python benchmarks/inpainting.py --data DIR --sets holes --csv inpainting.csv --pictures pictures
    python benchmarks/inpainting.py --data DIR --sets holes --contains kate --missing 0.98 --fills ours telea --seconds 600

PSNR and SSIM of the missing pixels alone: the known ones are right for everybody. `--missing` takes that share of the
pixels away at random (seed 0) in place of the set's own mask. OpenCV is no dependency: without it, its two methods are
left out, and that is said. Rows that are in the CSV already are not done again. Scores do not see a seam: look at the pictures.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _board import Board, markdown, mean, tell
from _data import Row, choices_of_images, entries, machine
from _score import decibels
from numpy.typing import NDArray

from napari_deep_prior import Settings, restore
from napari_deep_prior.core.tasks import TASKS

Image = NDArray[np.float64]
Hole = NDArray[np.bool_]
COLUMNS = ("set", "image", "missing", "crop", "filled by", "psnr", "ssim", "seconds", "steps", "pixels")


def biharmonic(image: Image, hole: Hole) -> Image:
    """Smoothest surface through the rim (Damelin and Hoang 2018), as scikit-image has it."""
    from skimage.restoration import inpaint_biharmonic

    return inpaint_biharmonic(image, hole, channel_axis=-1 if image.ndim == 3 else None)


def telea(image: Image, hole: Hole) -> Image:
    """Fast marching (Telea 2004), radius 3."""
    return _opencv(image, hole, "INPAINT_TELEA")


def navier_stokes(image: Image, hole: Hole) -> Image:
    """Isophotes carried on (Bertalmio et al. 2001), radius 3."""
    return _opencv(image, hole, "INPAINT_NS")


def _opencv(image: Image, hole: Hole, flag: str) -> Image:
    import cv2

    rounded = np.clip(np.rint(255 * image), 0, 255).astype(np.uint8)
    return cv2.inpaint(rounded, hole.astype(np.uint8), 3, getattr(cv2, flag)) / 255


FILLS: dict[str, tuple[Callable[[Image, Hole], Image] | None, tuple[str, ...]]] = {
    "biharmonic": (biharmonic, ("skimage",)),
    "telea": (telea, ("cv2",)),
    "navier-stokes": (navier_stokes, ("cv2",)),
    "ours": (None, ()),
}
"""Each with the packages it needs."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A row of the index, and what is missing of it."""

    row: Row
    hole: Hole

    @property
    def observed(self) -> Image:
        """0 where it is missing."""
        hole = self.hole if self.row.truth.ndim == 2 else self.hole[..., None]
        return np.where(hole, 0, self.row.truth)

    def filled(self, image: Image) -> Image:
        """Known pixels as they are, whatever was made of them."""
        hole = self.hole if image.ndim == 2 else self.hole[..., None]
        return np.where(hole, np.clip(image, 0, self.row.peak), self.row.truth)

    def scores(self, image: Image) -> dict[str, float]:
        """Inside the holes."""
        from skimage.metrics import structural_similarity

        image, truth, peak = self.filled(image), self.row.truth, self.row.peak
        options = {"data_range": peak, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        channel = -1 if image.ndim == 3 else None
        _, similar = structural_similarity(image, truth, channel_axis=channel, full=True, **options)
        return {"psnr": decibels(peak, (image - truth)[self.hole]), "ssim": float(similar[self.hole].mean())}


def picture(row: Row, share: float) -> Picture:
    """With the set's own mask, or so many pixels taken away at random."""
    if share == 0:
        return Picture(row=row, hole=~row.task.masks(row.truth).known)
    return Picture(row=row, hole=np.random.default_rng(0).random(row.truth.shape[:2]) < share)


def ours(what: Picture, settings: Settings) -> tuple[Image, int]:
    """Filled by this package, and the steps it took."""
    task = TASKS["inpaint"](mask=what.hole.astype(np.uint8))
    result = restore(what.observed, task, axes=what.row.axes, settings=settings)
    return result.image.astype(np.float64), result.record.planes[0].iterations


def summary(board: Board) -> str:
    """Each image in a line per method, the best first; then the means."""
    ways = list(dict.fromkeys(line["filled by"] for line in board.lines))
    images = list(dict.fromkeys((line["image"], line["missing"], line["crop"]) for line in board.lines))
    rows: list[list[object]] = []
    for image in images:
        own = [line for line in board.lines if (line["image"], line["missing"], line["crop"]) == image]
        for line in sorted(own, key=lambda line: -float(line["psnr"])):
            cells = (line["filled by"], float(line["psnr"]), line["ssim"][:5], float(line["seconds"]), line["steps"])
            rows.append([*image[:2], *cells])
    means = [[way, *(_mean(board, way, column) for column in ("psnr", "ssim", "seconds"))] for way in ways]
    return (
        markdown(["image", "missing", "filled by", "PSNR in the hole", "SSIM there", "seconds", "steps"], rows)
        + "\n"
        + markdown(["filled by", "mean PSNR", "SSIM", "seconds"], means)
    )


def _mean(board: Board, way: str, column: str) -> float:
    return mean([line for line in board.lines if line["filled by"] == way], column)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--missing", type=float, default=0.0, help="share taken away at random; 0: the set's own mask")
    parser.add_argument("--fills", nargs="+", default=list(FILLS), choices=list(FILLS))
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--seconds", type=float, help="time budget of ours; the preset's own unless given")
    parser.add_argument("--iterations", type=int, help="steps of ours, whatever time they take")
    parser.add_argument("--csv", type=Path, default=Path("inpainting.csv"))
    parser.add_argument("--markdown", type=Path, help="printed unless given")
    parser.add_argument("--pictures", type=Path, help="folder for the filled pictures")
    return parser.parse_args()


def settings_of(given: argparse.Namespace) -> Settings:
    """Of our own fit."""
    budget: dict[str, Any] = {} if given.seconds is None else {"seconds": given.seconds}
    if given.iterations is not None:
        budget = {"iterations": given.iterations, "seconds": "never"}
    return Settings(preset=given.preset, **budget)


def main() -> None:
    given = arguments()
    board = Board(given.csv, COLUMNS, keys=5)
    chosen, _ = entries(given.data, given.sets, given.contains, given.limit)
    if given.missing == 0:
        chosen = [entry for entry in chosen if entry.kind == "missing"]
    for name in given.fills:
        way, needs = FILLS[name]
        if lacking := [package for package in needs if importlib.util.find_spec(package) is None]:
            sys.stderr.write(f"left out: {name}, because {', '.join(lacking)} is not installed\n")
            continue
        for entry in chosen:
            if board.has(entry.set, entry.name, given.missing, given.crop, name):
                continue
            what = picture(entry.load(given.crop), given.missing)
            began, steps = time.perf_counter(), 0
            if way is None:
                image, steps = ours(what, settings_of(given))
            else:
                image = what.row.peak * way(what.observed / what.row.peak, what.hole)
            seconds = time.perf_counter() - began
            scores = what.scores(image)
            key = {"set": entry.set, "image": entry.name, "missing": given.missing, "crop": given.crop}
            pixels = "x".join(map(str, image.shape))
            board.add(**key, **{"filled by": name}, **scores, seconds=seconds, steps=steps, pixels=pixels)
            sys.stderr.write(f"{entry.name}, {name}: {scores['psnr']:.2f} dB, {seconds:.0f} s\n")
            if given.pictures:
                keep(given.pictures / f"{Path(entry.name).name}-{given.missing:g}-{name}.png", what.filled(image))
    tell(f"{machine()}\n\n{summary(board)}", given.markdown)


def keep(path: Path, image: Image) -> None:
    """Write an 8-bit picture."""
    import imageio.v3 as imageio

    path.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(path, np.clip(np.rint(image), 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
