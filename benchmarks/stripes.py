"""Stripes of an ion beam or a detector: what of their energy is left, and what was taken away.

    python benchmarks/stripes.py IMAGE --pictures pictures
    python benchmarks/stripes.py IMAGE --crop 512 --preset fast

There is no truth. Stripes along Y are a bright line in the Fourier plane at frequencies 0 along Y. Their energy is what that
line (three coefficients wide) has above its surroundings, the mean of the coefficients 4 to 12 beside it; background broader
than 30 pixels does not count. `share` is the same of what was taken away, in terms of all its energy: 1 if that is stripes alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from _board import markdown
from numpy.typing import NDArray

from napari_deep_prior import RemoveArtifacts, Settings, files, restore

Image = NDArray[np.float64]
BROAD = 30
"""Pixels: stripes are narrower."""

_LINE, _BESIDE = 1, (4, 12)


def energies(image: Image) -> tuple[float, float]:
    """Of the stripes along Y, and of all that is narrower than the background."""
    wave = np.hanning(image.shape[0])[:, None] * np.hanning(image.shape[1])
    power = np.abs(np.fft.fft2(wave * (image - image.mean()))) ** 2
    along = np.abs(np.fft.fftfreq(image.shape[0], 1 / image.shape[0]))
    narrow = np.abs(np.fft.fftfreq(image.shape[1])) > 1 / BROAD
    line = power[along <= _LINE][:, narrow]
    level = power[(along >= _BESIDE[0]) & (along <= _BESIDE[1])][:, narrow].mean(0)
    return float((line - level).sum()), float(power[:, narrow].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path, help="with stripes along Y")
    parser.add_argument("--crop", type=int, default=0, help="top left square of this many pixels; 0: all")
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--pictures", type=Path, help="folder for the image, the result and what was taken away")
    given = parser.parse_args()
    observed = np.asarray(files.read(given.image).array, np.float64)
    observed = observed[: given.crop or None, : given.crop or None]
    result = restore(observed, RemoveArtifacts(artifact="stripes"), settings=Settings(preset=given.preset))
    image, plane = result.image.astype(np.float64), result.record.planes[0]
    before, after = energies(observed)[0], energies(image)[0]
    stripes, taken = energies(observed - image)
    line = [given.image.stem, given.preset, plane.iterations, plane.seconds, 1 - after / before, stripes / taken]
    columns = ["image", "preset", "steps", "seconds", "stripe energy taken away", "share"]
    sys.stdout.write(markdown(columns, [line]))
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
        for name, picture in (("before", observed), ("after", image), ("taken", observed - image)):
            low, high = np.percentile(picture, (0.5, 99.5))
            shown = np.clip(255 * (picture - low) / (high - low), 0, 255).astype(np.uint8)
            imageio.imwrite(given.pictures / f"{given.image.stem}-{name}.png", shown)


if __name__ == "__main__":
    main()
