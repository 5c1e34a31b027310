"""Finer pixels and JPEG blocks: the classic test sets, spoilt here in the way of the papers, and restored with the defaults.

python benchmarks/instruments.py --data DIR --csv instruments.csv --markdown instruments.md
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from _board import Board, markdown, mean, tell
from _data import machine
from _score import Image, decibels
from numpy.typing import NDArray

from napari_deep_prior import Fit, RemoveArtifacts, Settings, SuperResolve
from napari_deep_prior.core.tasks import AbstractTask

COLUMNS = ("case", "image", "preset", "before", "ours", "seconds", "steps", "method", "threads")
SET5 = ("baby", "bird", "butterfly", "head", "woman")
CLASSIC5 = ("baboon", "barbara", "boats", "lena", "peppers")
CASES = ("x4", "x8", "jpeg 10", "jpeg 20")
BORDER = 4
"""Pixels left out along the edges where finer pixels are scored, as in the Deep Image Prior paper."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with super_resolution/Set5 and jpeg/classic5")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--images", nargs="+", default=[*SET5, *CLASSIC5])
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--csv", type=Path, default=Path("instruments.csv"))
    parser.add_argument("--markdown", type=Path, help="printed unless given")
    parser.add_argument("--pictures", type=Path, help="folder for what was restored")
    given = parser.parse_args()
    board = Board(given.csv, COLUMNS, keys=3)
    for case in given.cases:
        for name in (name for name in (SET5 if case[0] == "x" else CLASSIC5) if name in given.images):
            if not board.has(case, name, given.preset):
                measure(board, case, name, given)
    tell(f"{machine(given.threads)}\n\n{''.join(summary(board))}", given.markdown)


def measure(board: Board, case: str, name: str, given: argparse.Namespace) -> None:
    """Spoil, restore, score and write down one image."""
    truth, observed, task = spoilt(given.data, case, name)
    axes, border = ("YXS", BORDER) if case[0] == "x" else ("YX", 0)
    plain = imresize(observed, truth.shape[:2]) if case[0] == "x" else observed
    began = time.perf_counter()
    fit = Fit(observed, task, Settings(preset=given.preset), axes=axes, threads=given.threads)
    for _ in fit:
        pass
    seconds, result = time.perf_counter() - began, fit.result
    scores = [psnr(image, truth, border) for image in (plain, result.image)]
    plane = result.record.planes[0]
    told = {"seconds": seconds, "steps": plane.iterations, "method": plane.method, "threads": given.threads}
    board.add(case=case, image=name, preset=given.preset, before=scores[0], ours=scores[1], **told)
    sys.stderr.write(f"{case} {name}: {scores[0]:.2f} -> {scores[1]:.2f} dB, {seconds:.0f} s\n")
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
        imageio.imwrite(given.pictures / f"{name}-{case.replace(' ', '-')}.png", _bytes(result.image))


def spoilt(data: Path, case: str, name: str) -> tuple[Image, NDArray[np.uint8], AbstractTask]:
    """Truth, what is observed of it, and the task that leads back."""
    if case[0] == "x":
        factor = int(case[1:])
        truth = imageio.imread(data / "super_resolution" / "Set5" / f"{name}_x4_GT.png")[..., :3].astype(np.float64)
        rows, columns = (n // factor for n in truth.shape[:2])
        truth = truth[: rows * factor, : columns * factor]
        return truth, _bytes(imresize(truth, (rows, columns))), SuperResolve(factor=factor, kernel="lanczos")
    truth, file = imageio.imread(data / "jpeg" / "classic5" / f"{name}.bmp"), io.BytesIO()
    truth = truth if truth.ndim == 2 else truth[..., 0]
    imageio.imwrite(file, truth, extension=".jpg", quality=int(case.split()[1]))
    return truth.astype(np.float64), imageio.imread(file.getvalue(), extension=".jpg"), RemoveArtifacts()


def psnr(image: Image, truth: Image, border: int) -> float:
    """In dB, rounded to bytes; of colour, the luminance Y of YCbCr in 16 to 235, as MATLAB makes it."""
    inside = slice(border, -border or None)
    error = _luminance(_bytes(image).astype(np.float64)) - _luminance(truth)
    return decibels(255, error[inside, inside])


def _luminance(image: Image) -> Image:
    return image if image.ndim == 2 else 16 + image @ np.array([65.481, 128.553, 24.966]) / 255


def _bytes(image: Image) -> NDArray[np.uint8]:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def imresize(image: Image, shape: tuple[int, int]) -> Image:
    """Bicubic, without aliases: MATLAB's, with which the published small images were made."""
    rows, columns = (_weights(n, m) for n, m in zip(image.shape, shape, strict=False))
    return np.einsum("ay,yx...,bx->ab...", rows, image.astype(np.float64), columns, optimize=True)


def _weights(size: int, wanted: int) -> Image:
    """(wanted, size): Keys's kernel with a = -1/2, as wide as the larger pixels; the image is mirrored at its edges."""
    scale = min(1.0, wanted / size)
    middles = (np.arange(wanted) + 0.5) * size / wanted - 0.5
    places = np.floor(middles - 2 / scale)[:, None] + np.arange(int(np.ceil(4 / scale)) + 2)
    t = np.abs(middles[:, None] - places) * scale
    weights = np.where(t < 1, 1.5 * t**3 - 2.5 * t**2 + 1, np.where(t < 2, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2, 0))
    mirrored = np.concatenate([np.arange(size), np.arange(size)[::-1]])[places.astype(int) % (2 * size)]
    matrix = np.zeros((wanted, size))
    np.add.at(matrix, (np.arange(wanted)[:, None], mirrored), weights / weights.sum(1, keepdims=True))
    return matrix


def summary(board: Board) -> Iterator[str]:
    """A table for each case, with its mean."""
    for case in CASES:
        lines = [line for line in board.lines if line["case"] == case]
        if lines:
            before = "bicubic" if case[0] == "x" else "JPEG"
            rows: list[list[object]] = [
                [
                    line["image"],
                    float(line["before"]),
                    float(line["ours"]),
                    f"{float(line['seconds']):.0f}",
                    line["method"],
                ]
                for line in lines
            ]
            rows.append(["**mean**", *(mean(lines, column) for column in ("before", "ours")), "", ""])
            yield f"{case}\n\n{markdown([case, before, 'ours', 'seconds', 'method'], rows)}\n"


if __name__ == "__main__":
    main()
