"""From the caller's array to an observation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Inpaint, SuperResolve
from napari_deep_prior.core.compute import device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.run.prepare_plane import PreparedPlane, prepare_plane

NOISE = NoiseEstimate(sigma=10.0, patches=9, correlation=(1.0, 0.0), base=100.0)


def prepared(task, image: np.ndarray, noise: NoiseEstimate | None = NOISE) -> PreparedPlane:
    axes = Axes("YX")
    piece = PlaneStack(image, axes).piece(0)
    pixels = axes.to_cyx(piece.read())
    return prepare_plane(piece, pixels, axes, task, task.masks(pixels), noise, device.choose("cpu"))


def image() -> np.ndarray:
    return np.random.default_rng(0).normal(1000, 100, (24, 30))


def test_the_image_is_scaled_and_what_is_missing_has_no_influence() -> None:
    mask = np.zeros((24, 30))
    mask[4:8] = 1
    spoilt = np.where(mask > 0, np.nan, image())
    observation = prepared(Inpaint(mask=mask), spoilt).observation()
    assert observation.image.isfinite().all()
    assert observation.image.dtype == torch.float32
    assert 0.3 < observation.image[:, :, 8:].mean() < 0.7
    assert torch.equal(observation.known[0, 0], torch.from_numpy(1.0 - mask).float())
    assert observation.noisy is None


def test_members_share_no_forward_model() -> None:
    plane = prepared(SuperResolve(factor=2), image())
    assert plane.observation().physics is not plane.observation().physics
    assert plane.output_shape == (48, 60)
    assert not plane.same_grid


def test_the_loss_of_noise_alone_is_told_where_it_is_known() -> None:
    plane = prepared(Denoise(), image())
    assert plane.expected_loss == pytest.approx((10 / plane.scaling.gain.item()) ** 2)
    assert prepared(Denoise(), image(), None).expected_loss is None
    assert prepared(SuperResolve(), image()).expected_loss is None, "of absolute errors it is not known"


def test_a_plane_without_anything_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="constant"):
        prepared(Denoise(), np.ones((8, 8)))
