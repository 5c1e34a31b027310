"""A network that learnt from a small film, once for all tests."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork

QUICK = Settings(preset="fast", iterations=10, seconds="never", device="cpu", precision="float32")


@pytest.fixture
def learnt(film):
    """A fit that was run, of a film of 5 frames unless another one is given."""

    def run(image=None, task=None, axes="TYX", **settings) -> Fit:
        values = {**QUICK.as_dict(), **settings}
        fit = Fit(film() if image is None else image, task, Settings(**values), axes=axes)
        list(fit)
        return fit

    return run


@pytest.fixture(scope="session")
def kept() -> KeptNetwork:
    """A network of a film of 5 frames of 40 x 48."""
    y, x = np.mgrid[:40, :48]
    rng = np.random.default_rng(5)
    frames = [
        200 + 600 * np.exp(-((y - 20) ** 2 + (x - 20 - t) ** 2) / 18) + rng.normal(0, 30, y.shape) for t in range(5)
    ]
    list(fit := Fit(np.array(frames, np.float32), None, QUICK, axes="TYX"))
    return fit.network
