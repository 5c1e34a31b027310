"""Clipped pixels pile up, honest tails do not."""

import numpy as np
import pytest

from napari_deep_prior.core.diagnostics.clipping import clipped_fractions

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("top", [255, 4095])
def test_clipped_pixels_pile_up_and_honest_tails_do_not(top):
    honest = RNG.normal(top * 0.6, top * 0.05, (128, 128)).astype(np.uint16)
    assert clipped_fractions(honest) == (0, 0)
    bright = np.clip(RNG.normal(top * 0.8, top * 0.2, (128, 128)), 0, top).astype(np.uint16)
    low, high = clipped_fractions(bright)
    assert low == 0
    assert high == pytest.approx(0.16, abs=0.02)
    assert clipped_fractions(top - bright)[0] == high
    few = RNG.poisson(0.5, (128, 128))
    assert clipped_fractions(few) == (0, 0), "few photons: zero is a measurement"
