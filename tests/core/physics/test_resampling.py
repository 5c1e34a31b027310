"""Laws of the operators: linear, adjoint by autograd, in 2D and 3D, at odd sizes; and against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.physics.resampling import Kernel, downsample, downsampled_noise_variance, upsample


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).standard_normal(shape))


def check_adjoint(operator, *shape: int) -> None:
    x = random(*shape)
    v = random(*operator(x).shape)
    result, transposed = torch.autograd.functional.vjp(operator, x, v)
    torch.testing.assert_close((result * v).sum(), (x * transposed).sum())
    torch.testing.assert_close(operator(2 * x - x.flip(-1)), 2 * result - operator(x.flip(-1)))


@pytest.mark.parametrize("kernel", ["lanczos", "area"])
@pytest.mark.parametrize("factors", [(2, 2), (3, 1), (4, 8), (5, 3), (2, 3, 4)])
def test_shrink(factors: tuple[int, ...], kernel: str) -> None:
    small = [7, 8, 9][: len(factors)]
    large = [n * factor for n, factor in zip(small, factors, strict=True)]
    check_adjoint(lambda x: downsample(x, factors, kernel), 1, 2, *large)
    torch.testing.assert_close(
        downsample(torch.ones(1, 1, *large).double(), factors, kernel), torch.ones(1, 1, *small).double()
    )
    # A ramp keeps its place: each small pixel lies over the middle of those it is made of.
    for axis, factor in enumerate(factors):
        ramp = torch.arange(large[axis]).double().reshape([-1 if a == axis else 1 for a in range(len(large))])
        made = downsample(ramp.expand(1, 1, *large), factors, kernel)[0, 0].movedim(axis, 0)[2:-2]
        middles = (torch.arange(2, small[axis] - 2) + 0.5) * factor - 0.5
        torch.testing.assert_close(made, middles.double().reshape(-1, *[1] * (len(large) - 1)).expand_as(made))


@pytest.mark.parametrize("shape", [(24, 36), (4, 4)])
def test_an_image_that_is_shrunk_is_mirrored_at_its_edges(shape: tuple[int, int]) -> None:
    x = torch.rand(1, 1, *shape, dtype=torch.float64)
    mirrored = torch.cat([x.flip(-1), x, x.flip(-1)], -1)
    mirrored = torch.cat([mirrored.flip(-2), mirrored, mirrored.flip(-2)], -2)
    rows, columns = (n // 4 for n in shape)
    inside = downsample(mirrored, (4, 4), "lanczos")[..., rows : 2 * rows, columns : 2 * columns]
    torch.testing.assert_close(downsample(x, (4, 4), "lanczos"), inside)


def test_area_is_the_mean_of_the_light_on_a_pixel() -> None:
    x = random(1, 2, 6, 12)
    torch.testing.assert_close(downsample(x, (2, 3), "area"), x.reshape(1, 2, 3, 2, 4, 3).mean((3, 5)))


@pytest.mark.parametrize("shape", [(5, 6), (4, 5, 6)])
def test_enlarge_is_undone_by_shrink_where_nothing_is_too_fine(shape: tuple[int, ...]) -> None:
    factors = (3,) * len(shape)
    check_adjoint(lambda x: upsample(x, factors), 1, 2, *shape)
    waves = [torch.cos(torch.pi * (torch.arange(n).double() + 0.5) / n) for n in shape]
    smooth = sum(wave.reshape([-1 if a == b else 1 for b in range(len(shape))]) for a, wave in enumerate(waves))
    smooth = smooth.expand(1, 1, *shape)
    assert (downsample(upsample(smooth, factors), factors, "area") - smooth).abs().max() < 0.06 * smooth.abs().max()


@pytest.mark.parametrize("kernel", ["lanczos", "area"])
@pytest.mark.parametrize("factors", [(2, 2), (3, 1), (1, 4)])
def test_so_much_noise_is_left_by_shrinking(kernel: Kernel, factors: tuple[int, int]) -> None:
    white = torch.randn(1, 1, 240, 240, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    left = downsample(white, factors, kernel).var()
    assert downsampled_noise_variance(factors, kernel) == pytest.approx(float(left), rel=0.1)
