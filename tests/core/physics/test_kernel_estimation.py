"""The kernel of an unknown blur is found in a picture with edges, and in no other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.physics import convolution, kernel_estimation


def test_a_kernel_is_found_by_the_edges() -> None:
    draw = np.random.default_rng(0)
    picture = torch.full((110, 120), 0.5)
    for y, x, h, w, grey in draw.uniform(0, 1, (40, 5)):
        top, left = int(110 * y), int(120 * x)
        picture[top : top + 4 + int(25 * h), left : left + 4 + int(25 * w)] = float(grey)
    true = torch.zeros(9, 9)
    true[4, 2:7] = 1.0
    true[2:5, 6] = 1.0
    true /= true.sum()
    found = kernel_estimation.estimate_kernel(convolution.convolve_valid(picture[None, None], true), 11)
    assert found is not None
    assert found.shape == (11, 11)
    assert float(found.min()) >= 0
    assert float(found.sum()) == pytest.approx(1, abs=1e-4)
    shifted = [torch.roll(found, (dy, dx), (0, 1))[1:10, 1:10] for dy in range(-3, 4) for dx in range(-3, 4)]
    likeness = max(float((one * true).sum() / one.norm() / true.norm()) for one in shifted)
    assert likeness > 0.8


@pytest.mark.parametrize("shape", [(1, 1, 20, 90), (1, 1, 5, 40, 40)])
def test_nothing_is_said_of_small_images_and_volumes(shape: tuple[int, ...]) -> None:
    assert kernel_estimation.estimate_kernel(torch.rand(shape), 9) is None
    assert kernel_estimation.estimate_kernel(torch.full((1, 1, 60, 60), 0.3), 9) is None
