"""restore() is a fit run to its end."""

from __future__ import annotations

import numpy as np

from napari_deep_prior import Fit, Settings, restore


def test_it_is_a_fit_run_to_its_end() -> None:
    image = np.random.default_rng(0).normal(100, 9, (24, 26)).astype(np.float32)
    settings = Settings(preset="fast", iterations=4, seconds="never")
    for _ in (fit := Fit(image, None, settings)):
        pass
    np.testing.assert_array_equal(restore(image, settings=settings).image, fit.result.image)
