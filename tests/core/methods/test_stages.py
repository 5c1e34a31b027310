"""What methods have in common that undo a degradation in stages."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods._base import PlaneShape
from napari_deep_prior.core.methods.plug_and_play import PlugAndPlay
from napari_deep_prior.core.methods.zero_shot import ZeroShot
from napari_deep_prior.core.noise.estimate import NoiseEstimate

EVIDENCE = Evidence(noise=NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0)), repeatable=True)
PLANE = PlaneShape(channels=1, image=(60, 50), drawn=(64, 54))


@pytest.mark.parametrize(
    ("method", "side"),
    [(ZeroShot(), 48), (ZeroShot(size_multiple=32), 32), (PlugAndPlay(), 30)],  # 0.6 of 50 pixels
)
def test_eight_patches_of_the_training_images_are_fitted(method, side: int) -> None:
    footprint = method.footprint(method.config(EVIDENCE), PLANE)
    assert footprint.fitted == (8 * side, side)
    assert footprint.drawn == (64, 54)
    assert footprint.channels_in == 1 + method.extra_channels
