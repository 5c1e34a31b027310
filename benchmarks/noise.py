"""How well the noise of an image is measured: on drawn scenes, where it is known, and on real pairs, as noisy less truth.

    python benchmarks/noise.py --scenes 250 --seed 7
    python benchmarks/noise.py --scenes 0 --data DIR --sets fmd w2s confocal camera_noise

Told is the binary logarithm of measured over true variance: 0 is right, 1 twice too much. `dark` and `bright` are the half of the
pixels with the least and the tenth (scenes: twentieth) with the most light.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from _board import markdown, tell
from _data import Entry, entries, machine
from _scenes import KINDS, scene
from _score import fit
from numpy.typing import NDArray

from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

Array = NDArray[np.float64]


def away(noise: NoiseEstimate, truth: Array, variance: Array, top: float) -> list[float]:
    """Binary logarithms of measured over true variance: of all pixels, dark ones and bright ones."""
    measured = noise.variance_at(truth)
    dark, bright = np.quantile(truth, [0.5, top])
    parts = (np.ones(truth.shape, bool), truth <= dark, truth >= bright)
    return [float(np.log2(measured[part].mean() / variance[part].mean())) for part in parts]


def of_scenes(count: int, seed: int) -> str:
    """A row for each kind, and one for all."""
    rows, found = [], []
    for number in range(count):
        drawn = scene(number, seed)
        began = time.process_time()
        noise = measure(drawn.observed[None], np.ones(drawn.observed.shape, bool))
        seconds = time.process_time() - began
        gain = abs(np.log2(max(noise.gain, 1e-9) / drawn.gain)) if drawn.gain else np.nan
        both = away(noise, drawn.truth, drawn.variance, 0.95)
        found.append((drawn.kind, [*both, float(noise.correlation_length > 1), float(gain), seconds]))
    for kind in (*KINDS, ""):
        values = np.array([numbers for name, numbers in found if kind in ("", name)])
        size = np.abs(values[:, :3])
        gains = values[:, 4][np.isfinite(values[:, 4])]
        rows.append(
            [
                kind or "all",
                len(values),
                *np.median(size, 0).tolist(),
                *np.quantile(size, 0.9, axis=0).tolist(),
                f"{(size[:, 0] > 1).mean():.1%}",
                f"{(gains > 1).mean():.1%}",
                f"{values[:, 3].mean():.1%}",
                f"{1000 * values[:, 5].mean():.0f}",
            ]
        )
    names = ("all", "dark", "bright")
    heads = [*(f"{name}, median" for name in names), *(f"{name}, 90 %" for name in names)]
    ends = ["off by 2", "gain off by 2", "taken for correlated", "ms"]
    return markdown(["scenes", "n", *heads, *ends], rows)


def of_pairs(chosen: list[Entry], crop: int) -> str:
    """A row for each real pair."""
    rows = []
    for entry in chosen:
        row = entry.load(crop)
        observed, truth = (np.atleast_3d(x)[..., 0].astype(np.float64) for x in (row.observed, row.truth))
        truth = fit(truth, observed) if row.fitted else truth
        noise = measure(observed[None], np.ones(observed.shape, bool))
        rows.append(
            [
                entry.name,
                *away(noise, truth, (observed - truth) ** 2, 0.9),
                noise.gain,
                noise.base,
                noise.correlation[1],
            ]
        )
    return markdown(["image", "all", "dark", "bright", "gain", "base", "correlation"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=250, help="drawn scenes; 0: none")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, help="folder with index.csv")
    parser.add_argument("--sets", nargs="*", default=["fmd", "w2s", "confocal", "camera_noise"])
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    parts = [machine()]
    if given.scenes:
        parts.append(of_scenes(given.scenes, given.seed))
    if given.data:
        parts.append(
            of_pairs([entry for entry in entries(given.data, given.sets)[0] if entry.kind == "pair"], given.crop)
        )
    tell("\n\n".join(parts), given.markdown)


if __name__ == "__main__":
    main()
