"""Sample data: real images that come with scikit-image, spoiled on purpose. No download, the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LayerData = tuple[Any, dict[str, Any], str]


def noisy_cells() -> list[LayerData]:
    """Cells under a microscope, with the shot noise of few photons."""
    from skimage import data

    clean = data.cell()[180:436, 130:386].astype(np.float64)
    photons = np.random.default_rng(0).poisson(clean / clean.max() * 40)
    return [(photons.astype(np.uint16), {"name": "noisy cells"}, "image")]


def text_over_photo() -> list[LayerData]:
    """A photograph under writing, and a labels layer on the writing."""
    from skimage import data

    photo = data.coffee()[60:316, 150:406].copy()
    mask = _writing(photo.shape[:2])
    photo[mask > 0] = 255
    return [(photo, {"name": "photo with text", "rgb": True}, "image"), (mask, {"name": "text"}, "labels")]


def _writing(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Lines of text, 1 on the strokes."""
    from PIL import Image, ImageDraw, ImageFont  # Pillow comes with scikit-image

    page = Image.new("L", shape[::-1])
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
