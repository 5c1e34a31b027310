"""Whether it is told without the truth which of several results is the better one, and by how much.

    python benchmarks/judgement.py --data DIR --sets fmd w2s confocal set12 --crop 256 --csv judgement.csv --markdown judgement.md

On one thread. The candidates are blurs, total variation, non-local means, BM3D, NL-Ridge, networks of preset *fast* that learn from
the image, by the method that its noise asks for and by blind spots, and then draw it, and means of some. Each has its error
estimated by `estimated_error` with the noise as measured. Columns, for each image: `pairs` of candidates that differ by 0.3 dB and
more, and how many of them are told the right way round (`right`); `off`, by how many dB the difference of two candidates is told
wrongly, in the mean over all pairs, when the error of the better one is known; `lost`, by how many dB the candidate of least
estimated error is behind the best in hindsight. Of sets whose truth has another scale it is fitted to the observed image.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from _board import Board, Line, markdown, mean, tell
from _data import choices_of_images, entries, machine
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.diagnostics.error_estimate import estimated_error
from napari_deep_prior.core.imaging.nl_ridge import nl_ridge
from napari_deep_prior.core.noise.estimate import NoiseEstimate, measure

Image = NDArray[np.float32]
Denoiser = Callable[[Image], Image]

NUMBERS = ("candidates", "pairs", "right", "off", "lost")
COLUMNS = ("set", "image", "crop", *NUMBERS, "chosen", "best", "true", "told")

_CLEAR = 0.3
"""Decibels from which two results differ."""


def cached(denoiser: Denoiser) -> Denoiser:
    """The same, computed once for each of the last images."""
    found: dict[bytes, Image] = {}

    @functools.wraps(denoiser)
    def call(image: Image) -> Image:
        key = image.tobytes()
        if key not in found:
            found[key] = denoiser(image)
        return found[key]

    return call


def network(observed: Image, method: str) -> tuple[str, Denoiser]:
    """By which method a network learnt from the image (1, y, x), auto: the one its noise asks for; and how it draws as it stands then."""
    settings = Settings(preset="fast", method=method, context=0, seconds="never", device="cpu")
    for _ in (fit := Fit(observed[0], None, dataclasses.replace(settings, network="shared"), axes="YX")):
        pass
    kept, name = fit.network, fit.result.record.planes[0].method
    settings = dataclasses.replace(settings, method=name)  # by name it is not mixed with NL-Ridge

    def draw(image: Image) -> Image:
        for _ in (drawn := Fit(image[0], None, settings, axes="YX").drawn_by(kept)):
            pass
        return drawn.result.image[None].astype(np.float32)

    return name, cached(draw)


def mean_of(*denoisers: Denoiser) -> Denoiser:
    """The mean of their results."""
    return lambda image: np.mean([denoiser(image) for denoiser in denoisers], axis=0, dtype=np.float32)


def candidates(observed: Image, noise: NoiseEstimate) -> Mapping[str, Denoiser]:
    """Denoisers of images (1, y, x), by name; what they need to know of the image, they know from the observed one."""
    import bm3d

    low, high = np.percentile(observed, [0.1, 99.9])
    spread, sigma = float(max(high - low, 1e-12)), noise.sigma
    lags = noise.usable_autocorrelation

    def scaled(denoiser: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Denoiser:
        def call(image: Image) -> Image:
            found = denoiser((image[0].astype(np.float64) - low) / spread)
            return (found * spread + low).astype(np.float32)[None]

        return cached(call)

    relative = sigma / spread
    found: dict[str, Denoiser] = {
        f"Gaussian {width}": scaled(functools.partial(gaussian_filter, sigma=width)) for width in (0.7, 1.0, 1.5, 2.2)
    }
    for weight in (0.6, 1.2):
        found[f"TV {weight}"] = scaled(
            functools.partial(denoise_tv_chambolle, weight=weight * relative, max_num_iter=200, eps=1e-5)
        )
    found["NL means"] = scaled(
        functools.partial(denoise_nl_means, patch_size=5, patch_distance=8, h=0.6 * relative, sigma=relative)
    )
    found["BM3D"] = scaled(lambda image: np.asarray(bm3d.bm3d(image, relative)))
    found["NL-Ridge"] = cached(
        lambda image: nl_ridge(torch.from_numpy(image)[None], noise.gain, noise.base, lags)[0].numpy()
    )
    networks = dict([network(observed, "auto")])
    if "blind-spot" not in networks:
        networks |= dict([network(observed, "blind-spot")])
    for name, denoiser in networks.items():
        found |= {name: denoiser, f"{name}, NL-Ridge": mean_of(denoiser, found["NL-Ridge"])}
    found["blind-spot, BM3D"] = mean_of(found["blind-spot"], found["BM3D"])
    return found


def judged(observed: Image, truth: NDArray[np.float64]) -> dict[str, object]:
    """What is said of the candidates of one image (1, y, x), and what is true."""
    noise = measure(observed.astype(np.float64), np.ones(observed.shape[1:], bool))
    true, told = {}, {}
    for name, denoiser in candidates(observed, noise).items():
        restored = denoiser(observed)
        true[name] = float(np.mean((restored.astype(np.float64) - truth) ** 2))
        told[name] = estimated_error(observed, restored, noise, denoiser).mean_squared_error
    pairs = list(itertools.combinations(true, 2))
    clear = [(a, b) for a, b in pairs if abs(decibels(true[a], true[b])) >= _CLEAR]
    best, chosen = min(true, key=true.__getitem__), min(told, key=told.__getitem__)
    return {
        "candidates": len(true),
        "pairs": len(clear),
        "right": sum((true[a] < true[b]) == (told[a] < told[b]) for a, b in clear),
        "off": float(np.mean([wrong_by(true, told, a, b) for a, b in pairs])),
        "lost": decibels(true[chosen], true[best]),
        "chosen": chosen,
        "best": best,
        "true": " ".join(f"{name}:{value:.5g}" for name, value in true.items()),
        "told": " ".join(f"{name}:{value:.5g}" for name, value in told.items()),
    }


def decibels(first: float, second: float) -> float:
    """By how many the first squared error is larger."""
    return 10 * float(np.log10(first / second))


def wrong_by(true: Mapping[str, float], told: Mapping[str, float], a: str, b: str) -> float:
    """By how many decibels the difference of two is told wrongly, when the error of the better one is known."""
    good, bad = sorted((a, b), key=true.__getitem__)
    return abs(decibels(max(true[good] + told[bad] - told[good], true[good] / 100), true[bad]))


def summary(lines: list[Line]) -> str:
    """Each set, then each image."""

    def row(name: str, of: list[Line]) -> list[object]:
        pairs, right = (sum(int(line[column]) for line in of) for column in ("pairs", "right"))
        lost = [float(line["lost"]) for line in of]
        share = 100 * right / pairs if pairs else float("nan")
        return [f"{name} ({len(of)})", pairs, share, mean(of, "off"), float(np.mean(lost)), max(lost)]

    sets = list(dict.fromkeys(str(line["set"]) for line in lines))
    means = [row(name, [line for line in lines if line["set"] == name]) for name in sets]
    titles = ("set", "pairs", "right, %", "off, dB", "lost, dB", "most lost, dB")
    each = [
        [line["image"], *(float(line[column]) for column in NUMBERS[1:]), line["chosen"], line["best"]]
        for line in lines
    ]
    table = markdown(titles, [*means, row("all", lines)] if lines else [])
    return table + "\n" + markdown(("image", *NUMBERS[1:], "chosen", "best"), each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--csv", type=Path, default=Path("judgement.csv"))
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    board = Board(given.csv, COLUMNS, keys=3)
    for entry in entries(given.data, given.sets, given.contains, given.limit)[0]:
        if entry.kind == "missing" or board.has(entry.set, entry.name, given.crop):
            continue
        row = entry.load(given.crop, given.sigma)
        if row.axes != "YX":
            continue
        found = judged(row.observed.astype(np.float32)[None], row.truth_as_observed[None])
        board.add(set=entry.set, image=entry.name, crop=given.crop, **found)
        sys.stderr.write(f"{entry.name}: {found['right']} of {found['pairs']}, lost {found['lost']:.2f} dB\n")
    tell(f"{machine()}\n\n{summary(board.lines)}", given.markdown)


if __name__ == "__main__":
    main()
