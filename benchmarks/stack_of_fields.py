"""A stack of different fields of one microscope: one network for all planes against a fit for each.

    python benchmarks/stack_of_fields.py DIR --planes 64 --each 3 --preset fast

DIR holds images without noise, all of one size; the planes go through them again and again, each with photon and read noise of its own.
On one thread; `seconds` are those that the processor took for all planes. The fits of each plane for itself are those of a few planes,
evenly spread, and their seconds scaled to all; `dB` of these planes (plain PSNR, over the range of the truth) stands beside that of all.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any

import imageio.v3
import numpy as np
import torch
from _board import markdown
from numpy.typing import NDArray

from napari_deep_prior import Settings, restore

GAIN, READ_NOISE = 3.0, 5.0
"""Grey values per photon, and standard deviation of the camera's noise in grey values."""

COLUMNS = ("way", "planes fitted or drawn", "seconds for all", "dB of those planes", "dB of all")


def stack(folder: Path, planes: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Noisy planes and their truth, (n, y, x)."""
    fields = [imageio.v3.imread(path).astype(np.float32) for path in sorted(folder.iterdir())]
    truth = np.array([fields[number % len(fields)] for number in range(planes)])
    rng = np.random.default_rng(0)
    noisy = GAIN * rng.poisson(truth / GAIN) + rng.normal(0, READ_NOISE, truth.shape)
    return noisy.astype(np.float32), truth


def decibels(image: NDArray[Any], truth: NDArray[Any]) -> float:
    """PSNR of each plane over the range of its truth, mean."""
    errors = np.square(image - truth).mean((1, 2))
    return float(np.mean(10 * np.log10(np.ptp(truth, (1, 2)) ** 2 / errors)))


def rows(noisy: NDArray[np.float32], truth: NDArray[np.float32], each: int, settings: Settings) -> list[list[Any]]:
    """Three lines of the table."""
    chosen = sorted({round(at) for at in np.linspace(0, len(noisy) - 1, each)})
    began = time.process_time()
    shared = restore(noisy, axes="TYX", settings=dataclasses.replace(settings, context=0)).image
    took = time.process_time() - began
    began = time.process_time()
    alone = np.array([restore(noisy[number], settings=settings).image for number in chosen])
    took_each = (time.process_time() - began) * len(noisy) / len(chosen)
    return [
        ["noisy", "", "", decibels(noisy[chosen], truth[chosen]), decibels(noisy, truth)],
        ["shared", len(noisy), took, decibels(shared[chosen], truth[chosen]), decibels(shared, truth)],
        ["each", f"{len(chosen)}, scaled", took_each, decibels(alone, truth[chosen]), ""],
        ["ratio", "", f"{took_each / took:.1f}", "", ""],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--planes", type=int, default=64)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--preset", default="fast")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(preset=asked.preset, seconds="never", device="cpu")
    print(markdown(COLUMNS, rows(*stack(asked.folder, asked.planes), asked.each, settings)))


if __name__ == "__main__":
    main()
