"""Sample data: real images that come with scikit-image, spoiled on purpose. No download, the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import MASK

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
