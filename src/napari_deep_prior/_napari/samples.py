"""Sample data: images of scikit-image, spoiled on purpose, and simulated cells with their truth. No download, the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.fluorescence import (
    PIXEL,
    blurred,
    centres,
    counted,
    filaments,
    focused,
    in_grey_values,
    nuclei,
    optics,
    vesicles,
)
from napari_deep_prior._napari.layers.source import MASK

_SIZE, _FILM_SIZE, _FRAMES = 256, 160, 16
"""Pixels a side, and of the film, and its frames."""

LayerData = tuple[Any, dict[str, Any], str]


def noisy_cells() -> list[LayerData]:
    """Cells of a tissue under a microscope, with the shot noise of few photons."""
    from skimage import data

    stained = 255.0 - data.immunohistochemistry()[256:, 256:, 0]
    photons = np.random.default_rng(0).poisson(1 + 30 * stained / stained.max())
    return [(photons.astype(np.uint16), {"name": "noisy cells"}, "image")]


def noisy_text() -> list[LayerData]:
    """A noisy photograph under writing, and a labels layer on the writing."""
    from skimage import data

    clean = data.camera()[60:316, 120:376].astype(np.float64)
    photo = np.random.default_rng(0).normal(clean, 15)
    mask = _writing(256)
    photo[mask > 0] = 255
    photo = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
    return [
        (photo, {"name": "noisy photo", "colormap": "gray"}, "image"),
        (mask, {"name": "writing", "metadata": {MASK: True}}, "labels"),
    ]


def fluorescent_cells() -> list[LayerData]:
    """Nuclei and filaments in two channels of few photons, and below them the truth, hidden: choose it in Compare for PSNR and SSIM."""
    random = np.random.default_rng(1)
    places = centres(_SIZE, random)
    channels = {
        "nuclei": (25 * focused(nuclei(_SIZE, places, random), 1.0), "bop blue"),
        "filaments": (18 * focused(filaments(_SIZE, places, random), 1.0), "bop orange"),
    }
    look = {"blending": "additive", **_over("yx", PIXEL, PIXEL)}
    truth = [
        (in_grey_values(1 + photons), {"name": f"{name}, truth", "visible": False, "colormap": colour, **look}, "image")
        for name, (photons, colour) in channels.items()
    ]
    seen = [
        (counted(1 + photons, random), {"name": name, "colormap": colour, **look}, "image")
        for name, (photons, colour) in channels.items()
    ]
    return [*truth, *seen]


def drifting_film() -> list[LayerData]:
    """Cells that drift and bleach, with vesicles on their way, over time; below them the truth, hidden."""
    random = np.random.default_rng(2)
    places = centres(_FILM_SIZE, random, count=4)
    still = 0.6 * filaments(_FILM_SIZE, places, random) + nuclei(_FILM_SIZE, places, random)
    moving = random.uniform(0, _FILM_SIZE, (30, 2))
    photons = []
    for frame in range(_FRAMES):
        moving += random.normal(0, 1.2, moving.shape)
        light = still + 5 * vesicles(_FILM_SIZE, moving)
        bleached = np.exp(-frame / _FRAMES)
        photons.append(1 + 25 * bleached * focused(light, 1.0, (0.5 * frame, -0.3 * frame)))
    film, look = np.stack(photons), _over("tyx", 2.0, PIXEL)
    return [
        (in_grey_values(film), {"name": "film, truth", "visible": False, **look}, "image"),
        (counted(film, random), {"name": "film", **look}, "image"),
    ]


def blurred_filaments() -> list[LayerData]:
    """Filaments out of focus, the image of a point, and the truth, hidden: a blur that is known."""
    random, sigma = np.random.default_rng(3), 2.2
    light = filaments(_SIZE, centres(_SIZE, random), random, each=10)
    sharp = blurred(light, 0.8)
    photons = 300 * sharp / blurred(sharp, sigma).max()
    look = _over("yx", PIXEL, PIXEL)
    return [
        (in_grey_values(photons), {"name": "filaments, truth", "visible": False, **look}, "image"),
        (optics(sigma, 21).astype(np.float32), {"name": "point", "visible": False, **look}, "image"),
        (counted(1 + blurred(photons, sigma), random), {"name": "blurred filaments", **look}, "image"),
    ]


def _over(axes: str, first: float, pixel: float) -> dict[str, Any]:
    """Where a layer lies: micrometres, and seconds along t."""
    units = tuple("s" if letter == "t" else "um" for letter in axes)
    return {"axis_labels": tuple(axes), "scale": (first, *(pixel for _ in axes[1:])), "units": units}


def _writing(size: int) -> NDArray[np.uint8]:
    """Lines of text on a square page, 1 on the strokes."""
    from PIL import Image, ImageDraw, ImageFont  # Pillow comes with scikit-image

    page = Image.new("L", (size, size))
    draw = ImageDraw.Draw(page)
    lines = (
        "One image is enough:",
        "the network itself",
        "is the prior, and",
        "what it cannot draw",
        "goes away first.",
    )
    for i, line in enumerate(lines):
        draw.text((14, 18 + 46 * i), line, fill=255, font=ImageFont.load_default(size=22), stroke_width=0)
    return (np.asarray(page) > 96).astype(np.uint8)
