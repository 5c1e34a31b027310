"""What is said of the memory before a run is what the run then plans with."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import TASKS, Fit, Settings
from napari_deep_prior.core.diagnostics.forecast import forecast_bytes

SHAPE = (96, 80)
RNG = np.random.default_rng(0)
MORE = {
    "denoise": {"guide": RNG.random(SHAPE)},
    "inpaint": {"mask": RNG.random(SHAPE) < 0.1},
    "deconvolve": {"blur": "unknown"},
}


@pytest.mark.parametrize("method", ["auto", "deep-image-prior"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", TASKS)
def test_it_lies_within_what_was_foretold(name: str, channels: int, method: str) -> None:
    image = np.moveaxis(RNG.poisson(50, (channels, *SHAPE)), 0, -1).astype(np.uint16)
    task = TASKS[name](**MORE.get(name, {}))
    settings = Settings(preset="fast", seconds="never", iterations=1, method=method)
    fit = Fit(image, task, settings, axes="YXC")
    (_,) = fit
    least, most, device = forecast_bytes(task, (channels, *SHAPE), settings)
    assert device == fit.device
    assert least <= fit._current.solver.memory <= most
    assert method == "auto" or least == most


@pytest.mark.parametrize("width", [2, 20, 60])
def test_so_it_does_for_holes_of_any_width(width: int) -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[20 : 20 + width] = 1
    settings = Settings(preset="fast", seconds="never", iterations=1)
    fit = Fit(RNG.poisson(50, SHAPE).astype(np.uint16), TASKS["inpaint"](mask=mask), settings)
    (_,) = fit
    least, most, _ = forecast_bytes(TASKS["inpaint"](mask=mask), (1, *SHAPE), settings)
    assert least <= fit._current.solver.memory <= most
