"""Margins: cropping undoes padding, zeros are its adjoint, and a PSF needs half of its size."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.physics.padding import crop_margin, pad_replicate, pad_zeros, psf_margin

CASES = pytest.mark.parametrize(("shape", "margin"), [((4, 5), (1, 2)), ((4, 5), (0, 0)), ((3, 4, 5), (1, 0, 2))])


@CASES
def test_cropping_undoes_both_paddings(shape: tuple[int, ...], margin: tuple[int, ...]) -> None:
    x = torch.rand(1, 2, *shape)
    for pad in (pad_replicate, pad_zeros):
        padded = pad(x, margin)
        assert padded.shape[2:] == tuple(n + 2 * m for n, m in zip(shape, margin, strict=True))
        assert torch.equal(crop_margin(padded, margin), x)


@CASES
def test_zeros_are_the_adjoint_of_cropping(shape: tuple[int, ...], margin: tuple[int, ...]) -> None:
    small = torch.rand(1, 1, *shape, dtype=torch.float64)
    large = torch.rand(pad_zeros(small, margin).shape, dtype=torch.float64)
    torch.testing.assert_close((crop_margin(large, margin) * small).sum(), (large * pad_zeros(small, margin)).sum())


def test_the_edge_goes_on_as_it_ends() -> None:
    x = torch.arange(6.0).reshape(1, 1, 2, 3)
    padded = pad_replicate(x, (1, 2))[0, 0]
    assert padded[0].tolist() == [0, 0, 0, 1, 2, 2, 2]
    assert padded[:, 0].tolist() == [0, 0, 3, 3]
    assert pad_zeros(x, (1, 2)).sum() == x.sum()


def test_light_comes_from_half_a_psf_away() -> None:
    assert psf_margin((1, 4, 5)) == (0, 2, 2)
