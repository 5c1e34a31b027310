"""Flat fields of photon noise, what is told from them, and beads on an offset: whether a restoration makes structure, or loses light.

    python benchmarks/flat_fields.py --fields --photons 1 5 20 --seeds 4 --preset balanced
    python benchmarks/flat_fields.py --found --seeds 100 --side 256
    python benchmarks/flat_fields.py --beads --lights 200 500 1000 5000 --photons 10 --seeds 4 --preset balanced
    python benchmarks/flat_fields.py --beads --ramp --lights 200 500 1000 2000 3500 5000 --photons 10 --seeds 4

`--fields`: of the result, its standard deviation and largest deviation from its mean, and how far its mean is from that of the data.
`--found`: in how many fields structure is found, where there is none, and where there is one of so many standard deviations of the noise,
all its pixels together. `--beads`: the light of 36 beads in 9 x 9 pixels around each, less the offset, in terms of what was drawn there;
a field for each brightness, or with `--ramp` all in one, and how far each is off the straight line through all, in terms of the brightest.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from _board import markdown
from numpy.typing import NDArray

from napari_deep_prior import Settings, restore
from napari_deep_prior.core.noise.estimate import measure
from napari_deep_prior.core.run.mixing.featureless import only_noise

Image = NDArray[np.float64]

BEAD = 1.5
"""Standard deviation of a bead in pixels."""

STRENGTHS = (4.0, 6.0, 8.0, 10.0, 12.0, 16.0)
"""Of a structure: the root of its summed squares, in units of the noise's standard deviation."""


def grid(side: int) -> tuple[Image, Image]:
    """Coordinates about a place between pixels, near the middle."""
    y, x = np.mgrid[:side, :side].astype(np.float64)
    return y - side / 2 - 0.3, x - side / 2 - 0.3


def structures(side: int) -> dict[str, Image]:
    """Of each kind one in the middle; of waves, everywhere."""
    y, x = grid(side)
    across, along = y * math.cos(0.3) - x * math.sin(0.3), y * math.sin(0.3) + x * math.cos(0.3)
    bend = y - 25 * np.sin(x / 25)
    found = {f"spot of {width:g} pixels": np.exp(-(x**2 + y**2) / (2 * width**2)) for width in (1.5, 4, 16)}
    found["thread of 120 pixels"] = np.exp(-(across**2) / 2) * (abs(along) < 60)
    found["bent thread"] = np.exp(-(bend**2) / (2 * (1 + np.cos(x / 25) ** 2))) * (abs(x) < 60)
    found["waves of 12 pixels"] = np.sin(x / 2) * np.sin(y / 2)
    return found


def seen(truth: Image, seed: int) -> NDArray[np.float32]:
    """Photons counted."""
    return np.random.default_rng(seed).poisson(truth).astype(np.float32)


def found_in(image: NDArray[np.float32]) -> bool:
    """Whether anything is told from noise."""
    noise = measure(image[None], np.ones(image.shape, np.bool_))
    observed = torch.from_numpy(image)[None, None]
    level = observed.mean()
    variance = torch.full(image.shape, float(noise.variance_at(np.array([float(level)]))[0]))
    return not only_noise((observed - level)[0, 0], variance, torch.ones(image.shape))


def found_rows(side: int, photons: float, seeds: int) -> Iterator[list[Any]]:
    """Share of fields in which something was found, for each kind and strength."""
    nothing = [found_in(seen(np.full((side, side), photons), seed)) for seed in range(seeds)]
    yield ["nothing", f"{np.mean(nothing):.0%}", *[""] * (len(STRENGTHS) - 1)]
    for name, shape in structures(side).items():
        unit = shape * math.sqrt(photons / np.square(shape).sum())
        truths = [np.maximum(photons + strength * unit, 0) for strength in STRENGTHS]
        yield [name, *(f"{np.mean([found_in(seen(truth, seed)) for seed in range(seeds)]):.0%}" for truth in truths)]


def field_rows(side: int, photons: list[float], seeds: int, preset: str) -> Iterator[list[Any]]:
    """What is made of flat fields."""
    for level in photons:
        for seed in range(seeds):
            image = seen(np.full((side, side), level), seed)
            began = time.process_time()
            result = restore(image, settings=Settings(preset=preset, device="cpu", seconds="never")).image
            apart = (result - result.mean()).astype(np.float64)
            largest = f"{np.abs(apart).max() / max(apart.std(), 1e-12):.2f}"
            mean = f"{result.mean(dtype=np.float64) / image.mean(dtype=np.float64) - 1:+.4%}"
            yield [level, seed, f"{apart.std() / level:.2%}", largest, mean, round(time.process_time() - began)]


def light_in(image: NDArray[Any], places: list[tuple[float, float]], offset: float) -> NDArray[np.float64]:
    """What is above the offset in the box around each place."""
    boxes = [image[round(cy) - 4 : round(cy) + 5, round(cx) - 4 : round(cx) + 5] for cy, cx in places]
    return np.array([(box.astype(np.float64) - offset).sum() for box in boxes])


def bead_rows(side: int, offset: float, lights: list[float], seeds: range, preset: str) -> Iterator[list[Any]]:
    """Light kept of beads of each of these brightnesses, which share a field in turns: mean over all of them and all fields."""
    y, x = np.mgrid[:side, :side].astype(np.float64)
    places = [(side * (0.1 + 0.16 * i) + 0.3, side * (0.1 + 0.16 * j) - 0.2) for i in range(6) for j in range(6)]
    which = np.array([(i + j) % len(lights) for i in range(6) for j in range(6)])
    truth = np.full((side, side), offset)
    for (cy, cx), light in zip(places, np.array(lights)[which], strict=True):
        truth += light / (2 * np.pi * BEAD**2) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * BEAD**2))
    drawn = light_in(truth, places, offset)
    kept, noisy = [], []
    for seed in seeds:
        image = seen(truth, seed)
        result = restore(image, settings=Settings(preset=preset, device="cpu", seconds="never")).image
        kept.append(light_in(result, places, offset))
        noisy.append(light_in(image, places, offset))
    means = [np.mean(kept, 0)[which == k].mean() for k in range(len(lights))]
    truths = [drawn[which == k].mean() for k in range(len(lights))]
    line = np.polyval(np.polyfit(truths, means, min(1, len(lights) - 1)), truths)
    for k, light in enumerate(lights):
        here = which == k
        each = np.array(kept)[:, here].mean(1) / truths[k]
        error = each.std(ddof=1) / math.sqrt(len(each)) if len(each) > 1 else math.nan
        data = np.array(noisy)[:, here].mean() / truths[k]
        off = f"{(means[k] - line[k]) / max(truths):+.2%}" if len(lights) > 2 else ""
        yield [light, f"{each.mean():.3f}", f"{error:.3f}", f"{data:.3f}", off]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    for name in ("fields", "found", "beads"):
        what.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--photons", type=float, nargs="+", default=[5.0], help="mean of a pixel")
    parser.add_argument("--lights", type=float, nargs="+", default=[200.0, 5000.0], help="photons of a bead")
    parser.add_argument("--ramp", action="store_true", help="beads of all lights in one field")
    parser.add_argument("--seeds", type=int, default=4, help="how many fields of each kind")
    parser.add_argument("--first-seed", type=int, default=0, help="of the fields of beads")
    parser.add_argument("--side", type=int, default=256, help="of the fields in pixels")
    parser.add_argument("--preset", default="balanced")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.found:
        rows = list(found_rows(options.side, options.photons[0], options.seeds))
        print(markdown(["structure", *(f"{strength:g} sigma" for strength in STRENGTHS)], rows))
    elif options.fields:
        rows = list(field_rows(options.side, options.photons, options.seeds, options.preset))
        print(markdown(["photons", "seed", "std / mean", "largest / std", "mean off by", "processor seconds"], rows))
    else:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        fields = [options.lights] if options.ramp else [[light] for light in options.lights]
        rows = [
            row
            for lights in fields
            for row in bead_rows(options.side, options.photons[0], lights, seeds, options.preset)
        ]
        print(markdown(["photons of a bead", "kept", "standard error", "in the data", "off the line"], rows))


if __name__ == "__main__":
    main()
