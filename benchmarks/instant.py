"""How good a first picture is that takes seconds: NL-Ridge with the noise as measured, beside the best Gaussian in hindsight.

    python benchmarks/instant.py --data DIR --sets fmd set12 --csv instant.csv --markdown instant.md

On one thread. `seconds` are those of the processor that the process itself took, without the measurement of the noise. Images
made from a clean one are denoised with the noise they were given.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from _board import Board, Line, markdown, mean, tell
from _classic import gaussian
from _data import Entry, Row, choices_of_images, entries, machine
from numpy.typing import NDArray

from napari_deep_prior.core.imaging.nl_ridge import nl_ridge
from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

COLUMNS = ("set", "image", "noise", "crop", "noisy", "gaussian", "instant", "seconds", "pixels")


def denoised(observed: NDArray[np.float64], noise: NoiseEstimate) -> tuple[NDArray[np.float64], float]:
    """(y, x) or (y, x, 3) -> the same, and seconds of the processor."""
    channels = torch.from_numpy(np.atleast_3d(observed).transpose(2, 0, 1)[None].astype(np.float32))
    began = time.process_time()
    lags = noise.autocorrelation if noise.correlation_length > 1 else ((1.0,),)
    found = nl_ridge(channels, noise.gain, noise.base, lags)
    seconds = time.process_time() - began
    return found[0].numpy().transpose(1, 2, 0).reshape(observed.shape).astype(np.float64), seconds


def noise_of(entry: Entry, row: Row, sigma: float) -> NoiseEstimate:
    """The noise a clean image was given, or what a noisy one says of it."""
    if entry.kind == "clean":
        return NoiseEstimate(sigma=sigma, patches=1, correlation=(1.0, 0.0), base=sigma**2)
    planes = np.atleast_3d(row.observed).transpose(2, 0, 1)
    return measure(planes, np.ones(planes.shape[1:], bool))


def summary(lines: list[Line]) -> str:
    """Mean of each set, then each image."""
    sets = list(dict.fromkeys(line["set"] for line in lines))
    numbers = COLUMNS[4:8]
    means = [
        [name, *(mean([line for line in lines if line["set"] == name], column) for column in numbers)] for name in sets
    ]
    each = [[line["image"], line["pixels"], *(float(line[column]) for column in numbers)] for line in lines]
    return markdown(["set", *numbers], means) + "\n" + markdown(["image", "pixels", *numbers], each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--csv", type=Path, default=Path("instant.csv"))
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    board = Board(given.csv, COLUMNS, keys=4)
    chosen, left_out = entries(given.data, given.sets, given.contains, given.limit)
    for text in left_out:
        sys.stderr.write(f"left out: {text}\n")
    for entry in chosen:
        noise = entry.noise(given.sigma, False)
        if entry.kind == "missing" or board.has(entry.set, entry.name, noise, given.crop):
            continue
        row = entry.load(given.crop, given.sigma)
        observed = row.observed.astype(np.float64)
        found, seconds = denoised(observed, noise_of(entry, row, given.sigma))
        board.add(
            set=entry.set,
            image=entry.name,
            noise=noise,
            crop=given.crop,
            noisy=row.psnr(observed),
            gaussian=row.psnr(gaussian(observed, row.psnr)),
            instant=row.psnr(found),
            seconds=seconds,
            pixels="x".join(map(str, observed.shape)),
        )
        sys.stderr.write(f"{entry.name}: {row.psnr(found):.2f} dB, {seconds:.2f} s\n")
    tell(f"{machine()}\n\n{summary(board.lines)}", given.markdown)


if __name__ == "__main__":
    main()
