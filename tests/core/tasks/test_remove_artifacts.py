"""Blocks and stripes: the steps of a JPEG file are found in the picture; stripes are found, and nothing but stripes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.remove_artifacts import RemoveArtifacts


def scene(size: int = 96) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((size, size))
    smooth = sum(ndimage.gaussian_filter(noise, sigma) * sigma for sigma in (1, 3, 9))
    return (128 + 60 * smooth / np.abs(smooth).max()).round().astype(np.uint8)


def compressed(image: np.ndarray, quality: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture in a JPEG file and the file's own table of steps."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    opened = Image.open(file)
    return np.asarray(opened), np.reshape(opened.quantization[0], (8, 8))


def tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image.astype(np.float32) / 255)[None, None]


def test_whatever_would_have_been_rounded_so_is_nearly_as_good() -> None:
    truth = scene()
    image, _ = compressed(truth, 20)
    instrument = RemoveArtifacts().forward_model(tensor(image), Masks.of(image[None]))
    misfits = [float((instrument(tensor(x)) - tensor(image)).square().mean()) for x in (truth, image)]
    assert misfits[0] < 0.2 * float((tensor(truth) - tensor(image)).square().mean())
    assert misfits[1] < 1e-9


def test_the_planes_of_a_stack_may_have_their_stripes_in_different_directions() -> None:
    stripes = np.random.default_rng(1).normal(0, 12, 96)
    planes = [scene()[:80] * 0.3 + stripes, scene()[:80] * 0.3 + stripes[:80, None]]
    settings = Settings(preset="fast", iterations=10, seconds="never", device="cpu")
    stack = np.stack(planes).astype(np.float32)
    result = restore(stack, RemoveArtifacts(artifact="stripes"), axes="TYX", settings=settings)
    for removed, true in zip(stack - result.image, (stripes, stripes[:80, None]), strict=True):
        assert np.square(removed - true).mean() < 0.2 * np.square(true).mean()


@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
def test_stripes_go_and_nothing_else_does(direction: str) -> None:
    truth = scene().astype(np.float32) * 0.3
    stripes = np.tile(np.random.default_rng(1).normal(0, 12, 96), (96, 1)) * np.linspace(0.6, 1.4, 96)[:, None]
    stripes = stripes if direction == "vertical" else stripes.T
    task = RemoveArtifacts(artifact="stripes", stripe_length=48)
    settings = Settings(preset="fast", iterations=20, seconds="never", device="cpu")
    result = restore(truth + stripes, task, settings=settings)
    removed = truth + stripes - result.image
    assert np.square(removed - stripes).mean() < 0.1 * np.square(stripes).mean()
