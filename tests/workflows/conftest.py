"""A restored image with its record."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from napari_deep_prior import Denoise, Settings, restore
from napari_deep_prior.core.results import Record

QUICK = Settings(preset="fast", iterations=3, seconds="never", seed=5, device="cpu", method="recorrupted")


@functools.cache
def made() -> Record:
    image = np.random.default_rng(0).normal(100, 5, (32, 40)).astype(np.float32)
    return restore(image, Denoise(), settings=QUICK).record


@pytest.fixture
def record() -> Record:
    """Of a real run of three steps."""
    return made()
