"""Small restorations of every kind, and what came out of each, bit for bit.

Only the public names of the package and its command line are used, so that the hashes in golden.json outlive any renaming
inside it. Where something public is renamed, edit the table below and nothing else: the names of the cases are plain words and
stay, and so do their hashes.

    python tests/golden/cases.py --write                # everything anew; or a part: --write pixels, keys, words
    python tests/golden/cases.py --compute OUT.json ... # to compare by hand; further words choose cases by a part of their name

The computing is done in a process of its own that is told to use nothing a processor may lack; what the bits depend on all the
same (versions of PyTorch and numpy, the machine, a few reference computations) is kept beside them as a fingerprint.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import io
import json
import os
import platform
import re
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

# ---- Names that may change: edit here, and nowhere else. ---------------------------------------------------------------
FIXED_CODE, HIDDEN_PIXELS, SPLIT_NOISE = "deep-image-prior", "blind-spot", "recorrupted"  # Settings.method
HIDDEN_HOLES, LOST_AGAIN, BLUR_UNDONE = "hole-filling", "zero-shot", "plug-and-play"  # the same
BY_PIXELS, BY_FREQUENCIES, BY_VARIANCE, NEVER = (
    "held-out",
    "held-out-frequencies",
    "running-variance",
    "never",
)  # Settings.stopping
METHOD, STOPPING, FITS, CODE_NOISE, MEMORY = (
    "method",
    "stopping",
    "ensemble_size",
    "input_noise",
    "averaging",
)  # Settings
FLATTENING, RATE, STEPS, SECONDS = "tv_weight", "learning_rate", "iterations", "seconds"  # Settings
NOISY_LABELS = "noisy_region"  # Denoise
NOISY_IMAGE = "denoise_too"  # SuperResolve
MISSING_LABELS = "mask"  # Deconvolve
MASK, WIDEN, HIDE_SEAMS, LABEL_NUMBER, INVERT = (
    "mask",
    "dilate_by",
    "blend_seams",
    "label",
    "invert_mask",
)  # Inpaint
# ------------------------------------------------------------------------------------------------------------------------

HERE = Path(__file__).parent
GOLDEN = HERE / "golden.json"
PARTS = ("pixels", "keys", "words")
STEPS_OF_A_CASE = 11
KEYS_FROM = (
    "denoise/hidden-pixels/fast/labels",
    "inpaint/hidden-pixels/fast/strokes",
    "super-resolve/lost-again/fast/times-2",
    "deconvolve/lost-again/fast/given-blur",
    "remove-artifacts/stripes/auto",
)

Array = Any
Outcome = Any


@dataclasses.dataclass(frozen=True)
class Case:
    """One restoration: its name, and how to come to its result."""

    name: str
    run: Callable[[], Outcome]


CASES: dict[str, Case] = {}


def case(
    name: str, image: Callable[[], Array], task: Callable[[], Any], *, axes: str | None = None, **how: Any
) -> None:
    """A case that is a plain run to its end."""
    add(name, lambda: fitted(image(), task(), axes=axes, **how).result)


def add(name: str, run: Callable[[], Outcome]) -> None:
    assert name not in CASES, name
    CASES[name] = Case(name, run)


def settings(**how: Any) -> Any:
    import napari_deep_prior as ndp

    steps = {STEPS: STEPS_OF_A_CASE, SECONDS: "never", "seed": 3}
    return ndp.Settings(**{"preset": "fast", "device": "cpu", "precision": "float32", **steps, **how})


def fit(image: Array, task: Any, *, axes: str | None = None, **how: Any) -> Any:
    import napari_deep_prior as ndp

    return ndp.Fit(image, task, settings(**how), axes=axes, threads=1)


def fitted(image: Array, task: Any, *, axes: str | None = None, **how: Any) -> Any:
    made = fit(image, task, axes=axes, **how)
    for _ in made:
        pass
    return made


def task(name: str, **parameters: Any) -> Callable[[], Any]:
    """A task by its class name; arrays are given as functions that make them."""

    def made() -> Any:
        import napari_deep_prior as ndp

        return getattr(ndp, name)(**{key: value() if callable(value) else value for key, value in parameters.items()})

    return made


# ---- Pictures: of whole numbers, so that the last bit of a sine does not matter. ---------------------------------------


def scene(rows: int = 32, columns: int = 40) -> Array:
    """Waves, two boxes and a fine texture to the right, 40 to 215."""
    y, x = np.mgrid[:rows, :columns]
    picture = 120 + 45 * np.sin(x / 6) * np.cos(y / 8)
    picture[rows // 5 : rows // 2, columns // 6 : columns // 3] += 40
    picture[rows // 2 :, columns // 2 : columns // 2 + 6] -= 30
    picture[:, 2 * columns // 3 :] += 10 * ((x + 2 * y) % 5 < 2)[:, 2 * columns // 3 :]
    return np.rint(picture).astype(np.int64)


def soft(rows: int = 32, columns: int = 40) -> Array:
    """Hardly any detail."""
    y, x = np.mgrid[:rows, :columns]
    return np.rint(120 + 60 * np.sin(x / 17) * np.cos(y / 13)).astype(np.int64)


def slope(rows: int = 32, columns: int = 40) -> Array:
    """From dark to bright."""
    y, x = np.mgrid[:rows, :columns]
    return 10 + 230 * x // columns + y % 2


def noisy(
    rows: int = 32, columns: int = 40, *, dtype: str = "float32", sigma: float = 12, seed: int = 0, of: Any = scene
) -> Array:
    noise = np.rint(np.random.default_rng(seed).normal(0, sigma, (rows, columns))).astype(np.int64)
    return np.clip(of(rows, columns) + noise, 0, 255).astype(dtype)


def photons(rows: int = 32, columns: int = 40, *, dtype: str = "uint16", share: int = 20, of: Any = scene) -> Array:
    """Few of them, so that the noise is skewed."""
    return np.random.default_rng(0).poisson(of(rows, columns) / share).astype(dtype)


def salt(rows: int = 32, columns: int = 40) -> Array:
    picture, chance = noisy(rows, columns, sigma=4), np.random.default_rng(5).integers(0, 20, (rows, columns))
    picture[chance == 0], picture[chance == 1] = 0, 255
    return picture


def correlated(rows: int = 48, columns: int = 64, *, of: Any = soft, sigma: float = 30) -> Array:
    """Noise that neighbouring pixels share."""
    white = np.rint(np.random.default_rng(2).normal(0, sigma, (rows + 2, columns + 2))).astype(np.int64)
    shared = sum(white[dy : rows + dy, dx : columns + dx] for dy in range(3) for dx in range(3))
    return (of(rows, columns) + shared / 4).astype(np.float32)


def colour(rows: int = 32, columns: int = 40, *, dtype: str = "uint8") -> Array:
    return np.stack([noisy(rows, columns, sigma=8, seed=seed) // (1 + seed) for seed in range(3)], -1).astype(dtype)


def stack(planes: int = 2, rows: int = 32, columns: int = 40, *, dtype: str = "float32", sigma: float = 12) -> Array:
    return np.stack([np.roll(noisy(rows, columns, sigma=sigma, seed=z), z, 1) for z in range(planes)]).astype(dtype)


def guide() -> Array:
    return (255 - scene()).astype(np.uint8)


def labels(rows: int = 32, columns: int = 40) -> Array:
    marked = np.zeros((rows, columns), np.uint8)
    marked[rows // 4 :, columns // 5 : -5] = 3
    return marked


def strokes(rows: int = 32, columns: int = 40, *, width: int = 4) -> Array:
    """Lines a few pixels wide, with two numbers."""
    holes = np.zeros((rows, columns), np.uint8)
    holes[rows // 3 : rows // 3 + width, 4:-6] = 1
    holes[6:-4, columns // 2 : columns // 2 + width] = 2
    return holes


def points(rows: int = 32, columns: int = 40, *, share: float = 0.3) -> Array:
    """Single pixels."""
    return (np.random.default_rng(4).random((rows, columns)) < share).astype(np.uint8)


def box(rows: int = 56, columns: int = 64, *, side: int = 14) -> Array:
    holes = np.zeros((rows, columns), np.uint8)
    holes[12 : 12 + side, 20 : 20 + side] = 1
    return holes


def frame(rows: int = 48, columns: int = 56) -> Array:
    """Most is missing."""
    holes = np.ones((rows, columns), np.uint8)
    holes[:14, :20] = holes[-12:, -24:] = 0
    return holes


def psf() -> Array:
    return np.outer([1, 3, 5, 3, 1], [1, 2, 4, 2, 1]).astype(np.float32)


def blurred(rows: int = 32, columns: int = 40, *, poisson: bool = False, seed: int = 1) -> Array:
    kernel, wide = psf().astype(np.int64), np.pad(scene(rows, columns), 2, mode="edge")
    total = sum(kernel[i, j] * wide[i : i + rows, j : j + columns] for i in range(5) for j in range(5))
    clean = total // kernel.sum()
    rng = np.random.default_rng(seed)
    noise = rng.poisson(clean) - clean if poisson else np.rint(rng.normal(0, 2, clean.shape)).astype(np.int64)
    return (clean + noise).astype(np.float32)


def jpeg(rows: int = 32, columns: int = 40, *, step: int = 16) -> Array:
    """As from a JPEG file of low quality, but made here: decoders differ."""
    n = np.arange(8)
    cosines = np.cos(np.pi / 8 * (n + 0.5) * n[:, None]) / 2
    cosines[0] /= np.sqrt(2)
    tiles = noisy(rows, columns, sigma=9).astype(np.float64).reshape(rows // 8, 8, columns // 8, 8).swapaxes(1, 2)
    steps = step + 2 * (n + n[:, None])
    coefficients = np.einsum("ui,abij,vj->abuv", cosines, tiles, cosines)
    rounded = np.rint(coefficients / steps) * steps
    back = np.einsum("ui,abuv,vj->abij", cosines, rounded, cosines).swapaxes(1, 2).reshape(rows, columns)
    return np.clip(np.rint(back), 0, 255).astype(np.uint8)


def colour_jpeg() -> Array:
    grey = jpeg().astype(np.int64)
    return np.stack([np.clip(grey + shift, 0, 255) for shift in (6, 0, -9)], -1).astype(np.uint8)


def striped(rows: int = 32, columns: int = 40) -> Array:
    stripes = np.rint(np.random.default_rng(6).normal(0, 12, columns)).astype(np.int64)
    return (soft(rows, columns) + stripes + np.rint(np.random.default_rng(7).normal(0, 2, (rows, columns)))).astype(
        "f4"
    )


def small(rows: int = 12, columns: int = 14) -> Array:
    """No part large enough to measure the noise in."""
    return noisy(rows, columns)


def spoilt(holes: Array) -> Callable[[], Array]:
    """The scene with NaN where it is missing."""

    def made() -> Array:
        picture = noisy(*holes.shape, sigma=2)
        picture[holes != 0] = np.nan
        return picture

    return made


# ---- Cases. ------------------------------------------------------------------------------------------------------------


def _denoise() -> None:
    plain = task("Denoise")
    for preset in ("fast", "balanced", "best"):
        few = {STEPS: 4 if preset == "best" else STEPS_OF_A_CASE}
        case(f"denoise/auto/{preset}/gaussian-noise", noisy, plain, preset=preset, **few)
        case(f"denoise/fixed-code/{preset}/2d", noisy, plain, preset=preset, **{METHOD: FIXED_CODE}, **few)
    case("denoise/auto/instant/2d", noisy, plain, preset="instant")
    case("denoise/hidden-pixels/balanced/2d", noisy, plain, preset="balanced", **{METHOD: HIDDEN_PIXELS})
    case("denoise/hidden-pixels/best/2d", noisy, plain, preset="best", **{METHOD: HIDDEN_PIXELS, STEPS: 3})
    for name, method in (("auto", "auto"), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        how = {METHOD: method, STEPS: 2}
        case(f"denoise/{name}/paper/2d", lambda: noisy(24, 28), plain, preset="paper", **how)
    # Large enough for squares to be chosen from.
    large = 128, 144
    case("denoise/auto/fast/photons-large", lambda: photons(*large), plain, **{STEPS: 3})
    case("denoise/auto/fast/few-photons", photons, plain)
    many = dict(image=lambda: photons(*large, share=1), **{METHOD: SPLIT_NOISE, STEPS: 3})
    case("denoise/split-noise/fast/photons-large", task=plain, **many)
    best = {"preset": "best", METHOD: SPLIT_NOISE, STEPS: 2}
    case("denoise/split-noise/best/2d", lambda: noisy(32, 64, sigma=20, of=soft), plain, **best)
    # Bright parts have so much more noise that it is told from the image.
    ramp = lambda: photons(*large, share=1, of=slope)  # noqa: E731
    case("denoise/split-noise/fast/noise-by-brightness", ramp, plain, **{METHOD: SPLIT_NOISE, STEPS: 2})
    by_brightness = task("Denoise", noise="poisson-gaussian")
    case("denoise/fixed-code/fast/noise-by-brightness", ramp, by_brightness, **{METHOD: FIXED_CODE, STEPS: 5})
    case("denoise/hidden-pixels/fast/large", lambda: noisy(104, 144), plain, **{METHOD: HIDDEN_PIXELS, STEPS: 3})
    case("denoise/auto/fast/tiny", small, plain)
    case("denoise/fixed-code/fast/tiny", small, plain, **{METHOD: FIXED_CODE})
    # Kinds of noise.
    for noise in ("poisson-gaussian", "outliers"):
        for name, method in (
            ("fixed-code", FIXED_CODE),
            ("hidden-pixels", HIDDEN_PIXELS),
            ("split-noise", SPLIT_NOISE),
        ):
            image = salt if noise == "outliers" else photons
            case(f"denoise/{name}/fast/{noise}", image, task("Denoise", noise=noise), **{METHOD: method})
    case("denoise/split-noise/fast/gaussian", photons, task("Denoise", noise="gaussian"), **{METHOD: SPLIT_NOISE})
    case("denoise/auto/fast/outliers", salt, task("Denoise", noise="outliers"))
    case("denoise/auto/fast/gain-given", photons, task("Denoise", gain=1.5, offset=1.0, read_noise=0.5))
    known = task("Denoise", gain=1.0, noise="poisson-gaussian")
    case("denoise/split-noise/fast/gain-given", lambda: photons(share=2), known, **{METHOD: SPLIT_NOISE})
    # Noise that neighbours share.
    case("denoise/auto/fast/shared-noise-smooth", correlated, plain)
    case("denoise/auto/best/shared-noise-smooth", correlated, plain, preset="best")
    case("denoise/auto/fast/shared-noise-detailed", lambda: correlated(of=scene, sigma=4), plain)
    shared = lambda: correlated(80, 88)  # noqa: E731
    case("denoise/split-noise/fast/shared-noise", shared, plain, **{METHOD: SPLIT_NOISE})
    case("denoise/fixed-code/fast/shared-noise", correlated, plain, **{METHOD: FIXED_CODE})
    case(
        "denoise/fixed-code/fast/by-frequencies",
        correlated,
        plain,
        **{METHOD: FIXED_CODE, STOPPING: BY_FREQUENCIES, STEPS: 25},
    )
    volume = lambda: np.stack([correlated(32, 32)] * 3)  # noqa: E731
    case("denoise/hidden-pixels/fast/shared-noise-volume", volume, plain, axes="ZYX", volume=True)
    # Labels, guides.
    part = task("Denoise", **{NOISY_LABELS: labels})
    for name, method in (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        case(f"denoise/{name}/fast/labels", noisy, part, **{METHOD: method})
        case(f"denoise/{name}/fast/guide", noisy, task("Denoise", guide=guide), **{METHOD: method})
    # Axes and numbers.
    for name, method in (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        case(f"denoise/{name}/fast/colour", colour, plain, axes="YXS", **{METHOD: method})
        case(f"denoise/{name}/fast/stack", stack, plain, axes="TYX", **{METHOD: method})
        case(
            f"denoise/{name}/fast/volume",
            lambda: stack(5, 24, 32, dtype="uint16"),
            plain,
            axes="ZYX",
            volume=True,
            **{METHOD: method, STEPS: 8},
        )
    case("denoise/auto/fast/channels", lambda: colour(dtype="uint16"), plain, axes="YXC")
    case("denoise/auto/fast/volume-large", lambda: stack(17, 50, 52), plain, axes="ZYX", volume=True, **{STEPS: 2})
    case(
        "denoise/auto/balanced/volume",
        lambda: stack(4, 24, 24),
        plain,
        axes="ZYX",
        preset="balanced",
        volume=True,
        **{STEPS: 6},
    )
    case(
        "denoise/auto/fast/stack-of-channels",
        lambda: np.stack([colour(24, 32), colour(24, 32)[::-1]]),
        plain,
        axes="TYXC",
    )
    case("denoise/auto/fast/numbers-uint8", lambda: noisy(dtype="uint8"), plain)
    case("denoise/auto/fast/numbers-float64", lambda: noisy(dtype="float64") / 1024 - 0.125, plain)
    # Single settings.
    for name, method in (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        case(f"denoise/{name}/fast/two-fits", lambda: noisy(24, 32), plain, **{METHOD: method, FITS: 2})
        case(
            f"denoise/{name}/fast/numbers-given",
            lambda: noisy(24, 32),
            plain,
            **{METHOD: method, FLATTENING: 0.05, CODE_NOISE: 0.1, MEMORY: 0.5, RATE: 0.003},
        )
    # When to stop. The numbers are looked at at every tenth step.
    for name, method in (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        how: dict[str, Any] = {METHOD: method, STEPS: 23}
        case(f"denoise/{name}/fast/stops-by-pixels", lambda: noisy(24, 24), plain, **how, **{STOPPING: BY_PIXELS})
        case(f"denoise/{name}/fast/stops-by-variance", lambda: noisy(24, 24), plain, **how, **{STOPPING: BY_VARIANCE})
    long = {METHOD: FIXED_CODE, STEPS: 450, RATE: 0.02}
    case("denoise/fixed-code/fast/stopped-by-the-rule", lambda: noisy(16, 16, sigma=40), plain, **long)


def _inpaint() -> None:
    quiet = lambda: noisy(sigma=2)  # noqa: E731
    for preset in ("fast", "balanced", "best"):
        how: dict[str, Any] = {"preset": preset, STEPS: {"fast": 12, "balanced": 4, "best": 2}[preset]}
        case(f"inpaint/hidden-pixels/{preset}/strokes", quiet, task("Inpaint", **{MASK: strokes}), **how)
    holes = task("Inpaint", **{MASK: strokes})
    case("inpaint/fixed-code/fast/strokes", quiet, holes, **{METHOD: FIXED_CODE})
    narrow = lambda: box(32, 40, side=6)  # noqa: E731
    case("inpaint/split-noise/fast/box", noisy, task("Inpaint", **{MASK: narrow}), **{METHOD: SPLIT_NOISE})
    case("inpaint/fixed-code/fast/two-fits", quiet, holes, **{METHOD: FIXED_CODE, FITS: 2, STEPS: 6})
    case(
        "inpaint/auto/paper/strokes",
        lambda: noisy(24, 32),
        task("Inpaint", **{MASK: lambda: strokes(24, 32)}),
        preset="paper",
        **{STEPS: 2},
    )
    wide_paper = task("Inpaint", **{MASK: lambda: box(32, 40)})
    case("inpaint/auto/paper/wide", quiet, wide_paper, preset="paper", **{STEPS: 2})
    case("inpaint/auto/fast/points", quiet, task("Inpaint", **{MASK: points}))
    case("inpaint/auto/fast/points-dense", quiet, task("Inpaint", **{MASK: lambda: points(share=0.8)}))
    wide = lambda: noisy(56, 64, sigma=2)  # noqa: E731
    case("inpaint/auto/fast/wide", wide, task("Inpaint", **{MASK: box}))
    case("inpaint/fixed-code/fast/wide", wide, task("Inpaint", **{MASK: box}), **{METHOD: FIXED_CODE})
    far = task("Inpaint", **{MASK: lambda: box(side=28)})
    case("inpaint/auto/fast/very-wide", wide, far)
    case("inpaint/auto/best/very-wide", wide, far, preset="best", **{STEPS: 3})
    case("inpaint/auto/fast/most-is-missing", lambda: noisy(48, 56, sigma=2), task("Inpaint", **{MASK: frame}))
    case(
        "inpaint/auto/fast/large",
        lambda: noisy(136, 144, sigma=2),
        task("Inpaint", **{MASK: lambda: strokes(136, 144)}),
        **{STEPS: 2},
    )
    # What becomes of the known pixels and of the seam.
    case("inpaint/auto/fast/known-drawn-too", noisy, task("Inpaint", keep_known=False, **{MASK: strokes}))
    drawn = task("Inpaint", keep_known=False, **{MASK: box})
    case("inpaint/auto/fast/known-drawn-too-wide", lambda: noisy(56, 64), drawn)
    case("inpaint/hidden-pixels/fast/known-drawn-too-wide", lambda: noisy(56, 64), drawn, **{METHOD: HIDDEN_HOLES})
    case(
        "inpaint/split-noise/fast/known-drawn-too",
        noisy,
        task("Inpaint", keep_known=False, **{MASK: narrow}),
        **{METHOD: SPLIT_NOISE},
    )
    case(
        "inpaint/fixed-code/fast/seams-shown",
        quiet,
        task("Inpaint", **{MASK: strokes, HIDE_SEAMS: False}),
        **{METHOD: FIXED_CODE},
    )
    case("inpaint/auto/fast/one-number-widened", quiet, task("Inpaint", **{MASK: strokes, LABEL_NUMBER: 2, WIDEN: 3}))
    case("inpaint/auto/fast/inverted", quiet, task("Inpaint", **{MASK: lambda: 1 - points(), INVERT: True}))
    case("inpaint/auto/fast/not-a-number", spoilt(strokes()), holes)
    for name, method in (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_HOLES)):
        case(f"inpaint/{name}/fast/guide", quiet, task("Inpaint", guide=guide, **{MASK: strokes}), **{METHOD: method})
        seen = task("Inpaint", **{MASK: lambda: strokes(32, 40)})
        case(f"inpaint/{name}/fast/colour", colour, seen, axes="YXS", **{METHOD: method})
        each = task(
            "Inpaint", **{MASK: lambda: np.stack([strokes(24, 32), 0 * strokes(24, 32), strokes(24, 32)[::-1]])}
        )
        volume = lambda: stack(3, 24, 32, sigma=2)  # noqa: E731
        case(f"inpaint/{name}/fast/stack-one-without-holes", volume, each, axes="TYX", **{METHOD: method, STEPS: 6})
        flat = HIDDEN_PIXELS if method == HIDDEN_HOLES else method  # holes are filled in planes
        case(f"inpaint/{name}/fast/volume", volume, each, axes="ZYX", volume=True, **{METHOD: flat, STEPS: 6})
    case(
        "inpaint/split-noise/fast/volume",
        lambda: stack(3, 24, 32),
        each,
        axes="ZYX",
        volume=True,
        **{METHOD: SPLIT_NOISE},
    )
    case(
        "inpaint/fixed-code/fast/stops-by-pixels", quiet, holes, **{METHOD: FIXED_CODE, STOPPING: BY_PIXELS, STEPS: 23}
    )
    case("inpaint/hidden-pixels/fast/stops-by-pixels", quiet, holes, **{STOPPING: BY_PIXELS, STEPS: 23})


def finer(**parameters: Any) -> Callable[[], Any]:
    """`SuperResolve` of a picture that was made smaller."""
    return task("SuperResolve", kernel="lanczos", **parameters)


def _super_resolve() -> None:
    coarse, tiny = (lambda: noisy(24, 28, sigma=2)), (lambda: noisy(14, 16, sigma=2))
    case("super-resolve/lost-again/fast/times-2", coarse, finer(factor=2))
    case("super-resolve/lost-again/fast/times-4", tiny, finer(factor=4), **{STEPS: 7})
    case(
        "super-resolve/lost-again/balanced/times-3",
        tiny,
        finer(factor=3),
        preset="balanced",
        **{STEPS: 4},
    )
    case("super-resolve/lost-again/best/times-2", tiny, finer(), preset="best", **{STEPS: 3})
    case(
        "super-resolve/lost-again/paper/times-2",
        tiny,
        finer(),
        preset="paper",
        **{METHOD: LOST_AGAIN, STEPS: 2},
    )
    noisy_image = {NOISY_IMAGE: True}
    case("super-resolve/lost-again/fast/noisy", lambda: noisy(20, 24), finer(**noisy_image), **{STEPS: 6})
    case("super-resolve/lost-again/fast/noisy-times-5", tiny, finer(factor=5, **noisy_image), **{STEPS: 4})
    case(
        "super-resolve/lost-again/fast/one-axis",
        coarse,
        task("SuperResolve", factor=3, factor_y=1, kernel="area"),
        **{STEPS: 6},
    )
    case("super-resolve/lost-again/fast/large", lambda: noisy(64, 72, sigma=2), finer(), **{STEPS: 2})
    case("super-resolve/auto/fast/times-6", tiny, finer(factor=6), **{STEPS: 3})
    for preset in ("balanced", "best"):
        case(
            f"super-resolve/auto/{preset}/times-5",
            lambda: noisy(8, 8),
            finer(factor=5),
            preset=preset,
            **{STEPS: 3},
        )
    case("super-resolve/fixed-code/fast/times-2", coarse, finer(), **{METHOD: FIXED_CODE})
    case(
        "super-resolve/fixed-code/fast/noisy-area",
        coarse,
        task("SuperResolve", kernel="area", **{NOISY_IMAGE: True}),
        **{METHOD: FIXED_CODE},
    )
    case(
        "super-resolve/fixed-code/fast/by-pixels",
        tiny,
        finer(),
        **{METHOD: FIXED_CODE, STOPPING: BY_PIXELS},
    )
    case("super-resolve/hidden-pixels/fast/times-2", coarse, finer(), **{METHOD: HIDDEN_PIXELS})
    case("super-resolve/split-noise/fast/times-2", coarse, finer(), **{METHOD: SPLIT_NOISE})
    case("super-resolve/auto/paper/times-2", lambda: noisy(16, 16), finer(), preset="paper", **{STEPS: 2})
    case("super-resolve/auto/fast/colour", lambda: colour(20, 24), finer(), axes="YXS", **{STEPS: 6})
    case("super-resolve/auto/fast/stack", lambda: stack(2, 20, 24), finer(), axes="TYX", **{STEPS: 4})
    case(
        "super-resolve/auto/fast/volume",
        lambda: stack(3, 16, 20),
        finer(),
        axes="ZYX",
        volume=True,
        **{STEPS: 4},
    )
    volume = {METHOD: FIXED_CODE, "volume": True, STEPS: 5}
    case("super-resolve/fixed-code/fast/volume", lambda: stack(3, 16, 20), finer(), axes="ZYX", **volume)
    case("super-resolve/auto/fast/two-fits", tiny, finer(), **{FITS: 2, STEPS: 5})


def _deconvolve() -> None:
    given = task("Deconvolve", psf=psf)
    for preset in ("fast", "balanced"):
        how: dict[str, Any] = {"preset": preset, STEPS: 10}  # the first at which the whole is drawn
        case(f"deconvolve/lost-again/{preset}/given-blur", lambda: blurred(16, 20), given, **how)
    for name, method in (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        case(f"deconvolve/{name}/fast/given-blur", blurred, given, **{METHOD: method, STEPS: 8, STOPPING: NEVER})
    light = lambda: blurred(poisson=True)  # noqa: E731
    few = task("Deconvolve", psf=psf, noise="poisson", background=10.0)
    case("deconvolve/lost-again/fast/photons", light, few, **{STEPS: 10})
    case("deconvolve/fixed-code/fast/photons", light, few, **{METHOD: FIXED_CODE, STEPS: 8})
    case("deconvolve/fixed-code/fast/by-pixels", blurred, given, **{METHOD: FIXED_CODE, STOPPING: BY_PIXELS, STEPS: 23})
    gaps = task("Deconvolve", psf=psf, **{MISSING_LABELS: strokes})
    case("deconvolve/lost-again/fast/missing", blurred, gaps, **{STEPS: 10})
    case("deconvolve/fixed-code/fast/missing", blurred, gaps, **{METHOD: FIXED_CODE, STEPS: 8})
    case(
        "deconvolve/auto/fast/optics",
        blurred,
        task("Deconvolve", blur="optics", pixel_size=90.0, wavelength=500.0),
        **{STEPS: 10},
    )
    case("deconvolve/auto/fast/unknown-blur", blurred, task("Deconvolve", blur="unknown", psf_size=7), **{STEPS: 6})
    case(
        "deconvolve/auto/balanced/unknown-blur",
        blurred,
        task("Deconvolve", blur="unknown", psf_size=5),
        preset="balanced",
        **{STEPS: 3},
    )
    untold = task("Deconvolve", blur="unknown", psf_size=9, noise="poisson")
    case("deconvolve/auto/fast/unknown-blur-tiny", lambda: blurred(20, 24), untold, **{STEPS: 6})
    case(
        "deconvolve/auto/fast/colour",
        lambda: np.stack([blurred(28, 32, seed=s) for s in range(3)], -1),
        given,
        axes="YXC",
        **{STEPS: 10},
    )
    planes = lambda: np.stack([blurred(24, 28, seed=s) for s in range(3)])  # noqa: E731
    case("deconvolve/auto/fast/stack", planes, given, axes="TYX", **{STEPS: 5})
    deep = task("Deconvolve", psf=lambda: np.stack([psf() / 2, psf(), psf() / 2]))
    case("deconvolve/auto/fast/volume", planes, deep, axes="ZYX", **{STEPS: 4})
    case(
        "deconvolve/lost-again/fast/volume",
        lambda: planes()[:, :16, :20],
        deep,
        axes="ZYX",
        **{METHOD: BLUR_UNDONE, STEPS: 10},
    )
    optics = task("Deconvolve", blur="optics", pixel_size=120.0, z_step=3000.0, numerical_aperture=1.2)
    case("deconvolve/auto/fast/volume-optics", planes, optics, axes="ZYX", volume=True, **{STEPS: 4, STOPPING: NEVER})
    case(
        "deconvolve/fixed-code/fast/two-fits",
        blurred,
        given,
        **{METHOD: FIXED_CODE, FITS: 2, STEPS: 5, STOPPING: NEVER},
    )


def _remove_artifacts() -> None:
    blocks, stripes = task("RemoveArtifacts"), task("RemoveArtifacts", artifact="stripes")
    for preset in ("fast", "balanced"):
        how: dict[str, Any] = {"preset": preset, STEPS: {"fast": 10, "balanced": 2}[preset]}
        case(f"remove-artifacts/auto/{preset}/blocks", jpeg, blocks, **how)
    case(
        "remove-artifacts/lost-again/fast/blocks-odd-size",
        lambda: jpeg(48, 48)[:45, :43],
        blocks,
        **{METHOD: LOST_AGAIN, STEPS: 4},
    )
    case("remove-artifacts/auto/fast/blocks-colour", colour_jpeg, blocks, axes="YXS", **{STEPS: 4})
    case("remove-artifacts/fixed-code/fast/blocks", jpeg, blocks, **{METHOD: FIXED_CODE})
    case("remove-artifacts/fixed-code/fast/blocks-colour", colour_jpeg, blocks, axes="YXS", **{METHOD: FIXED_CODE})
    case("remove-artifacts/auto/fast/no-blocks", noisy, blocks)
    case("remove-artifacts/hidden-pixels/fast/blocks", jpeg, blocks, **{METHOD: HIDDEN_PIXELS})
    case("remove-artifacts/stripes/auto", striped, stripes)
    case(
        "remove-artifacts/stripes/horizontal",
        lambda: striped().T.copy(),
        task("RemoveArtifacts", artifact="stripes", stripe_length=16),
    )
    case(
        "remove-artifacts/stripes/direction-given",
        striped,
        task("RemoveArtifacts", artifact="stripes", direction="horizontal"),
    )
    for name, method in (("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE)):
        case(f"remove-artifacts/stripes/{name}", striped, stripes, **{METHOD: method})
    case("remove-artifacts/stripes/balanced", striped, stripes, preset="balanced")
    case("remove-artifacts/stripes/two-fits", striped, stripes, **{FITS: 2, STEPS: 6})
    case(
        "remove-artifacts/stripes/stack",
        lambda: np.stack([striped(), striped()[::-1]]),
        stripes,
        axes="TYX",
        **{STEPS: 6},
    )


def _ways_to_a_result() -> None:
    plain = task("Denoise")
    ways = (("fixed-code", FIXED_CODE), ("hidden-pixels", HIDDEN_PIXELS), ("split-noise", SPLIT_NOISE))

    def resumed(method: str, back_to: int | None, first: int, then: int) -> Outcome:
        made = fitted(noisy(24, 28), plain(), **{METHOD: method, STEPS: first, STOPPING: NEVER})
        made.resume(iterations=then, back_to=back_to)
        for _ in made:
            pass
        return made.result

    def stopped(method: str) -> Outcome:
        """Stopped at a step that nobody knows, set back to the start, and run from there."""
        made = fit(noisy(24, 28), plain(), **{METHOD: method, STEPS: 5000, STOPPING: NEVER})
        for _ in made:
            made.stop()
        made.resume(iterations=9, back_to=0)
        for _ in made:
            pass
        return made.result

    def chosen(method: str) -> Outcome:
        made = fit(noisy(24, 28), plain(), **{METHOD: method, STEPS: 7, STOPPING: NEVER})
        moment = list(made)[-1]
        made.resume(iterations=9)
        for _ in made:
            pass
        made.choose(moment)
        return made.result

    def replayed(image: Array, of: Any, companions: dict[str, Array], **how: Any) -> Outcome:
        import napari_deep_prior as ndp

        axes = how.pop("axes", None)
        first = fitted(image, of, axes=axes, **how).result
        record = ndp.Record.from_json(first.record.to_json())
        again = ndp.replay(image, record, **companions)
        assert digests(first) == digests(again), "a replay gives other bits than the run"
        return again

    def restored() -> Outcome:
        import napari_deep_prior as ndp

        return ndp.restore(noisy(24, 28), plain(), settings=settings())

    for name, method in ways:
        add(f"ways/resume-forward/{name}", lambda method=method: resumed(method, None, 8, 7))
        add(f"ways/resume-back-to-start/{name}", lambda method=method: resumed(method, 4, 8, 7))
        add(f"ways/stop-and-resume/{name}", lambda method=method: stopped(method))
        add(f"ways/choose/{name}", lambda method=method: chosen(method))
        add(f"ways/replay/{name}", lambda method=method: replayed(noisy(24, 28), plain(), {}, **{METHOD: method}))
    add("ways/resume-back-to-a-hundred", lambda: resumed(FIXED_CODE, 105, 108, 4))
    add("ways/replay/super-resolve", lambda: replayed(noisy(20, 24), finer()(), {}, **{STEPS: 5}))
    holes = {MASK: strokes(24, 32)}
    add(
        "ways/replay/stack",
        lambda: replayed(stack(2, 24, 32), task("Inpaint", **{MASK: lambda: holes[MASK]})(), holes, axes="TYX"),
    )
    add("ways/restore", restored)
    add("ways/command-line", _by_command)


@dataclasses.dataclass(frozen=True)
class _Saved:
    image: Array
    uncertainty: Array
    invented: Array


def _by_command() -> Outcome:
    import tifffile

    with tempfile.TemporaryDirectory() as folder:
        source, mask, out = (str(Path(folder, name)) for name in ("in.tif", "mask.tif", "out.tif"))
        tifffile.imwrite(source, noisy(32, 40, dtype="uint16"))
        tifffile.imwrite(mask, strokes(32, 40))
        number = {"preset": "fast", STEPS: 9, SECONDS: "never", "seed": 3, "device": "cpu", "precision": "float32"}
        options = [word for name, value in number.items() for word in ("--" + name.replace("_", "-"), str(value))]
        companions = ["--" + MASK.replace("_", "-"), mask]
        code, said = command("inpaint", source, "--output", out, "--quiet", *companions, *options)
        assert code == 0, said
        image = tifffile.imread(out)
    return _Saved(image, np.zeros(0), np.zeros(0))


def command(*arguments: str) -> tuple[int, str]:
    """``python -m napari_deep_prior`` with these words, here: its exit code and what it printed."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    before, code = sys.argv, 0
    sys.argv = ["napari-deep-prior", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            runpy.run_module("napari_deep_prior", run_name="__main__")
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return code, out.buffer.getvalue().decode("utf-8")


for _add in (_denoise, _inpaint, _super_resolve, _deconvolve, _remove_artifacts, _ways_to_a_result):
    _add()


# ---- What is kept of a result. -----------------------------------------------------------------------------------------


def digests(result: Outcome) -> dict[str, str]:
    """SHA-256 of each array, with its dtype and shape."""
    return {name: digest(np.asarray(getattr(result, name))) for name in ("image", "uncertainty", "invented")}


def digest(array: Array) -> str:
    whole = np.ascontiguousarray(array)
    return hashlib.sha256(f"{whole.dtype.str} {whole.shape} ".encode() + whole.tobytes()).hexdigest()


def about(result: Outcome) -> str:
    """In words for whoever reads a failure: least, mean and largest value."""
    image = np.asarray(result.image, np.float64)
    return f"{image.min():.6g} {image.mean():.6g} {image.max():.6g}"


def paths(value: Any, before: str = "") -> Iterator[str]:
    """Where each value of a nested dictionary stands; all members of a list stand at the same place."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from paths(inner, f"{before}.{key}" if before else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from paths(inner, f"{before}[]")
    else:
        yield before


def words() -> dict[str, Any]:
    """The help of each command."""
    code, text = command("--help")
    assert code == 0, text
    import napari_deep_prior as ndp

    others = re.findall(r"(?m)^\W*\b(batch|gui|info|demo|learning-curves)\b", text)
    found = {"": text}
    for name in [*ndp.TASKS, *dict.fromkeys(others)]:
        code, found[name] = command(name, "--help")
        assert code == 0, found[name]
    return {
        name: {"sha256": hashlib.sha256(t.encode()).hexdigest(), "text": t.splitlines()} for name, t in found.items()
    }


def processor() -> str:
    """Which one it is: its caches decide how sums are cut into blocks, which few reference computations show."""
    table = Path("/proc/cpuinfo")
    if not table.exists():
        return platform.processor()
    entries = dict(
        map(str.strip, line.partition(":")[::2]) for line in table.read_text("utf-8").splitlines() if ":" in line
    )
    return " ".join(entries.get(key, "?") for key in ("vendor_id", "cpu family", "model", "stepping", "cache size"))


def fingerprint() -> dict[str, str]:
    """What the bits depend on beside our own code."""
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(11)
    a, b, c = (rng.integers(-99, 99, shape).astype(np.float32) / 64 for shape in ((67, 53), (53, 61), (2, 5, 33, 29)))
    x, kernel = torch.from_numpy(c).requires_grad_(), torch.linspace(-1, 1, 7 * 5 * 9).view(7, 5, 3, 3)
    drawn = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel)
    (grown,) = torch.autograd.grad(drawn.square().mean(), x)
    y, square = torch.from_numpy(c), torch.from_numpy(a[:50, :50]) + 9 * torch.eye(50)
    deep = F.conv3d(y[None], torch.linspace(-1, 1, 2 * 2 * 27).view(2, 2, 3, 3, 3), padding=1)
    normal = torch.empty(999).normal_(generator=torch.Generator().manual_seed(5))
    resized = (
        F.interpolate(y, size=(41, 50), mode="bilinear"),
        F.interpolate(y, size=(20, 17), mode="bicubic", antialias=True),
    )
    references = [
        *(torch.from_numpy(a) @ torch.from_numpy(b), drawn.detach(), grown, deep, normal, *resized),
        *(torch.fft.rfft2(y).abs(), torch.fft.irfft2(torch.fft.rfft2(y), s=(33, 29)), y.exp(), y.tanh(), y.sigmoid()),
        *(
            y.std((2, 3)),
            y.double().sum(),
            y.cumsum(3),
            torch.linalg.solve(square, torch.ones(50)),
            torch.hypot(y, y + 1),
        ),
        *(torch.linalg.solve(square.double(), torch.ones(50).double()), F.batch_norm(y, None, None, training=True)),
        *(
            a.astype(np.float64) @ b.astype(np.float64),
            np.fft.fft2(a).real,
            np.linalg.pinv(a[:40, :9]),
            np.exp(a),
            np.cos(a),
        ),
        *(
            a.astype(np.float64).var(),
            np.polyfit(a[0].astype(float), a[1].astype(float), 1),
            np.sqrt(np.abs(a)).mean(0),
        ),
        *(rng.normal(0, 1, 99), rng.poisson(7.5, 99), noisy(), photons(), correlated(), blurred(), jpeg(), striped()),
    ]
    together = "".join(digest(np.asarray(reference)) for reference in references)
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "arithmetic": hashlib.sha256(together.encode()).hexdigest()[:16],
    }


# ---- Computing, in a process of its own. -------------------------------------------------------------------------------


def calm() -> dict[str, str]:
    """The environment of a process that uses one thread and nothing a processor may lack."""
    from numpy._core import _multiarray_umath as parts

    found = [name for name in parts.__cpu_dispatch__ if parts.__cpu_features__.get(name)]
    fixed = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1") | {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "NPY_DISABLE_CPU_FEATURES": " ".join(found),
        "CUDA_VISIBLE_DEVICES": "",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
    }
    if platform.machine() in ("x86_64", "AMD64"):
        fixed["OPENBLAS_CORETYPE"] = "Nehalem"
    loud = ("FORCE_COLOR", "PYTHON_COLORS", "NPY_ENABLE_CPU_FEATURES", "LINES")
    return {name: value for name, value in os.environ.items() if name not in loud} | fixed


def started(out: Path, *options: str) -> subprocess.Popen[str]:
    """A process that computes into this file."""
    line = [sys.executable, str(Path(__file__).resolve()), "--compute", str(out), *options]
    return subprocess.Popen(line, env=calm(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def compute(chosen: list[str], *, unless: dict[str, str] | None, with_words: bool, loud: bool) -> dict[str, Any]:
    """Everything that is asked for. `unless` is the fingerprint with which pixels are worth their time."""
    import torch

    import napari_deep_prior  # noqa: F401  it says how torch's threads wait, before they start

    torch.backends.mkldnn.enabled = False
    torch.set_num_threads(1)
    mine = fingerprint()
    found: dict[str, Any] = {"fingerprint": mine, "pixels": {}, "keys": {}}
    for name in chosen:
        if unless is not None and unless != mine and name not in KEYS_FROM:
            continue
        began, result = time.perf_counter(), None
        try:
            result = CASES[name].run()
        except Exception as error:  # noqa: BLE001  the case says so, the others go on
            found["pixels"][name] = {"error": f"{type(error).__name__}: {error}"}
        else:
            found["pixels"][name] = {**digests(result), "about": about(result)}
            if name in KEYS_FROM:
                found["keys"][name.partition("/")[0]] = sorted(set(paths(result.record.as_dict())))
        if loud:
            outcome = found["pixels"][name]
            note = outcome.get("error", outcome.get("about"))
            if hasattr(result, "record"):
                planes = result.record.planes
                note += " " + " ".join(f"{p.method} {p.reason} {p.chosen}/{p.iterations}" for p in planes)
            print(f"{time.perf_counter() - began:6.2f} s  {name}: {note}", flush=True)  # noqa: T201
    if with_words:
        import importlib.metadata

        found["words"] = {"tyro": importlib.metadata.version("tyro"), "commands": words()}
    return found


def compute_all(*, unless: Path | None = None, chosen: list[str] | None = None, loud: bool = False) -> dict[str, Any]:
    """The same from two processes side by side, which share the cases."""
    names = list(CASES) if chosen is None else chosen
    found: dict[str, Any] = {"pixels": {}, "keys": {}}
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for half in (0, 1):
            options = ["--share", str(half)] + (["--unless", str(unless)] if unless else [])
            options += ["--loud"] * loud + ["--words"] * (half == 0) + ["--exactly", *names]
            running.append((Path(folder, f"{half}.json"), started(Path(folder, f"{half}.json"), *options)))
        said = [process.communicate()[0] for _, process in running]
        for (out, process), text in zip(running, said, strict=True):
            if process.returncode:
                raise AssertionError(f"the process that computes has failed:\n{text}")
            half_found = json.loads(out.read_text("utf-8"))
            found["pixels"] |= half_found.pop("pixels")
            found["keys"] |= half_found.pop("keys")
            found |= half_found
    if loud:
        print("".join(said))  # noqa: T201
    return found


def write(parts: list[str]) -> None:
    """Keep what is computed now; parts that are not named stay."""
    found = compute_all(chosen=None if "pixels" in parts else list(KEYS_FROM))
    failed = {name: outcome["error"] for name, outcome in found["pixels"].items() if "error" in outcome}
    if failed:
        raise SystemExit("These cases fail; nothing was written:\n" + "\n".join(f"{n}: {e}" for n, e in failed.items()))
    kept = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {}
    kept |= {part: found[part] for part in parts}
    if "pixels" in parts:
        kept["fingerprint"], kept["pixels"] = found["fingerprint"], {name: found["pixels"][name] for name in CASES}
    ordered = {part: kept[part] for part in ("fingerprint", "pixels", "keys", "words") if part in kept}
    GOLDEN.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("--write", nargs="*", choices=PARTS, help="keep what is computed now, or these parts of it")
    reading.add_argument("--compute", type=Path, metavar="OUT", help="write what is computed now into another file")
    reading.add_argument("--exactly", action="store_true", help="the further words are whole names of cases")
    reading.add_argument("--share", type=int, help="every second case only: 0 or 1")
    reading.add_argument("--unless", type=Path, help="no pixels where this file's fingerprint is another")
    reading.add_argument("--words", action="store_true", help="the help of all commands too")
    reading.add_argument("--loud", action="store_true", help="tell each case's time")
    reading.add_argument("chosen", nargs="*", help="cases, by a part of their names; all where there are none")
    asked = reading.parse_args()
    if asked.write is not None:
        write(asked.write or list(PARTS))
    elif asked.compute is None:
        reading.error("say what to do: --write or --compute")
    elif "ATEN_CPU_CAPABILITY" not in os.environ:  # asked for by hand
        process = started(asked.compute, *sys.argv[sys.argv.index("--compute") + 2 :])
        sys.stdout.write(process.communicate()[0])
        raise SystemExit(process.returncode)
    else:
        names = [n for n in CASES if not asked.chosen or any(n == c if asked.exactly else c in n for c in asked.chosen)]
        names = names if asked.share is None else names[asked.share :: 2]
        unless = json.loads(asked.unless.read_text("utf-8"))["fingerprint"] if asked.unless else None
        found = compute(names, unless=unless, with_words=asked.words, loud=asked.loud)
        asked.compute.write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
