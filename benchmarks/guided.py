"""What a guide is worth: the red channel of clean colour images, spoilt, and restored without and with the green one beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import _board
import _score
import numpy as np

from napari_deep_prior import Denoise, Inpaint, Settings, files, restore

COLUMNS = ("image", "task", "spoilt", "plain", "guided", "method", "steps")


def main() -> None:
    """A table of PSNR in dB: of all pixels for denoising, of the filled ones for inpainting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="+", type=Path, help="clean colour images of 8 bits")
    parser.add_argument("--size", type=int, default=96, help="edge of the middle part that is used, in pixels")
    parser.add_argument(
        "--sigma", type=float, default=50.0, help="of the noise, for denoising and for inpainting noise"
    )
    parser.add_argument("--preset", default="fast")
    given = parser.parse_args()
    settings = Settings(preset=given.preset, seconds="never")
    lines = [line for path in given.images for line in measured(path, given.size, given.sigma, settings)]
    sys.stdout.write(_board.markdown(COLUMNS, lines))


def measured(path: Path, size: int, sigma: float, settings: Settings) -> Iterator[tuple[object, ...]]:
    """The lines of one image, whose red channel is the truth and whose green one is the guide."""
    image = files.read(path).array
    top, left = ((n - size) // 2 for n in image.shape[:2])
    truth, guide, _ = np.moveaxis(image[top : top + size, left : left + size].astype(np.float64), -1, 0)
    draw = np.random.default_rng(0)
    noisy = truth + draw.normal(0, sigma, truth.shape)
    hole = draw.random(truth.shape) < 0.3
    hole[size // 3 : size * 2 // 3, size // 3 : size * 2 // 3] = True
    everywhere = np.ones_like(hole)
    cases: dict[str, tuple[Callable[..., object], np.ndarray, np.ndarray]] = {
        f"denoise, sigma {sigma:g}": (Denoise, noisy, everywhere),
        "inpaint": (lambda **more: Inpaint(mask=hole, **more), np.where(hole, 0, truth), hole),
        f"inpaint and denoise, sigma {sigma:g}": (
            lambda **more: Inpaint(mask=hole, keep_known=False, **more),
            np.where(hole, 0, noisy),
            everywhere,
        ),
    }
    for name, (task, spoilt, where) in cases.items():
        scores = []
        for beside in (None, guide):
            result = restore(spoilt, task(guide=beside), settings=settings)
            scores.append(_score.decibels(255, (result.image - truth)[where]))
        plane = result.record.planes[0]
        before = _score.decibels(255, (spoilt - truth)[where])
        yield path.stem, name, before, *scores, plane.method, plane.iterations


if __name__ == "__main__":
    main()
