"""A network for something else is refused before anything starts, in words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Denoise, Fit, Inpaint, Settings, restore

QUICK = Settings(preset="fast", iterations=10, seconds="never", device="cpu", precision="float32")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network": "each"}, "'auto'"),
        ({"network": "shared"}, "'auto'"),
        ({"method": "blind-spot"}, "by the method recorrupted"),
        ({"context": 3}, "2 neighbouring planes"),
        ({"preset": "instant"}, "preset instant"),
        ({"preset": "paper"}, "preset paper"),
    ],
)
def test_settings_that_ask_for_something_else(film, learnt, settings: dict[str, object], message: str) -> None:
    kept = learnt(method="recorrupted").network
    with pytest.raises(ValueError, match=message):
        Fit(film(), None, dataclasses.replace(QUICK, **settings), axes="TYX").drawn_by(kept)


def test_another_image_or_task(film, kept) -> None:
    image = film()
    holes = np.zeros(image.shape, np.uint8)
    holes[:, 3:5, 3:5] = 1
    for given, task, axes, settings, message in (
        (np.stack([image, image + 1], -1), Denoise(), "TYXC", QUICK, "1 channel, and this one has 2"),
        (image, Denoise(noise="outliers"), "TYX", QUICK, "noise = 'auto'"),
        (image, Inpaint(mask=holes), "TYX", QUICK, "task = 'denoise'"),
        (image, Denoise(guide=np.arange(40 * 48).reshape(40, 48)), "TYX", QUICK, "without a guide"),
        (image, Denoise(), "ZYX", dataclasses.replace(QUICK, volume=True), "planes, and volumes"),
    ):
        with pytest.raises(ValueError, match=message):
            Fit(given, task, settings, axes=axes).drawn_by(kept)


def test_what_is_no_network(film) -> None:
    with pytest.raises(TypeError, match="read_network"):
        Fit(film(), None, QUICK, axes="TYX").drawn_by("a.safetensors")
    with pytest.raises(ValueError, match="read_network"):
        restore(film(), None, settings=dataclasses.replace(QUICK, network="a.safetensors"), axes="TYX")
