"""Convolutions against sums written out, their adjoint by autograd, and their transfer functions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from napari_deep_prior.core.physics.convolution import convolve_valid, transfer_function
from napari_deep_prior.core.physics.padding import psf_margin


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).standard_normal(shape))


PSFS = pytest.mark.parametrize("psf", [(1, 1), (3, 5), (4, 2), (7, 6), (3, 2, 5)])


def sizes(psf: tuple[int, ...]) -> tuple[tuple[int, ...], list[int]]:
    """Shape of the observed image, and of the one that it is a convolution of."""
    shape = (9, 8, 11)[: len(psf)]
    return shape, [n + 2 * side for n, side in zip(shape, psf_margin(psf), strict=True)]


@PSFS
def test_a_convolution_is_the_sum_it_stands_for(psf: tuple[int, ...]) -> None:
    kernel = random(*psf)
    shape, larger = sizes(psf)
    x = random(1, 1, *larger)
    expected = torch.zeros(shape).double()
    for place in itertools.product(*(range(n) for n in psf)):  # light from `place - middle` away, seen at the middle
        starts = [2 * (n // 2) - at for at, n in zip(place, psf, strict=True)]
        expected += kernel[place] * x[0, 0][tuple(slice(a, a + n) for a, n in zip(starts, shape, strict=True))]
    torch.testing.assert_close(convolve_valid(x, kernel)[0, 0], expected)


@PSFS
def test_it_is_linear_and_autograd_knows_its_adjoint(psf: tuple[int, ...]) -> None:
    kernel = random(*psf)
    shape, larger = sizes(psf)
    x, v = random(1, 2, *larger), random(1, 2, *shape)
    result, transposed = torch.autograd.functional.vjp(lambda x: convolve_valid(x, kernel), x, v)
    torch.testing.assert_close((result * v).sum(), (x * transposed).sum())
    torch.testing.assert_close(
        convolve_valid(2 * x - x.flip(-1), kernel), 2 * result - convolve_valid(x.flip(-1), kernel)
    )


def test_a_point_stays_where_it_is() -> None:
    x = torch.zeros(1, 1, 11, 12)
    x[..., 5, 6] = 1.0
    kernel = torch.rand(3, 5)
    torch.testing.assert_close(convolve_valid(x, kernel)[0, 0, 3:6, 2:7], kernel, atol=1e-6, rtol=0)


def test_a_transfer_function_is_a_periodic_convolution() -> None:
    kernel, x = random(3, 2), random(6, 7)
    otf = transfer_function(kernel, (6, 7), (1, 0))
    result = torch.fft.irfft2(torch.fft.rfft2(x) * otf, s=(6, 7))
    expected = sum(kernel[i, j] * x.roll((i - 1, j), (0, 1)) for i in range(3) for j in range(2))
    torch.testing.assert_close(result, expected)
    assert float(otf[0, 0].real) == pytest.approx(float(kernel.sum()))
