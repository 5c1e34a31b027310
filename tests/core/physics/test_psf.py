"""Computed PSFs have the widths of their formula, in any unit, and are symmetric."""

from __future__ import annotations

import math

import pytest
import torch

from napari_deep_prior.core.physics.psf import gaussian, outer_product, widefield_psf

OPTICS = {"numerical_aperture": 1.2, "wavelength": 0.52, "pixel_size": 0.05, "z_step": 0.2, "refractive_index": 1.33}


def width(psf: torch.Tensor, axis: int) -> float:
    """Standard deviation in pixels along an axis."""
    profile = psf.movedim(axis, 0).flatten(1).sum(1)
    distance = torch.arange(len(profile)) - len(profile) // 2
    return float(((profile * distance**2).sum() / profile.sum()).sqrt())


def test_a_plane_is_seen_as_wide_as_the_formula_says() -> None:
    psf = widefield_psf(2, **OPTICS)
    assert psf.ndim == 2
    lateral = 0.21 * 0.52 / 1.2 / 0.05
    assert [width(psf, 0), width(psf, 1)] == pytest.approx([lateral, lateral], rel=0.01)


def test_a_volume_is_seen_as_deep_as_the_formula_says() -> None:
    psf = widefield_psf(3, **OPTICS)
    lateral = math.sqrt(2) / (2 * math.pi) * 0.52 / 1.2 / 0.05
    axial = 2 * math.sqrt(6) / (2 * math.pi) * 1.33 * 0.52 / 1.2**2 / 0.2
    assert [width(psf, axis) for axis in range(3)] == pytest.approx([axial, lateral, lateral], rel=0.01)


def test_the_unit_of_length_does_not_matter() -> None:
    in_nanometres = {name: 1000 * OPTICS[name] for name in ("wavelength", "pixel_size", "z_step")}
    torch.testing.assert_close(widefield_psf(3, **OPTICS), widefield_psf(3, **{**OPTICS, **in_nanometres}))


def test_it_is_odd_and_symmetric_with_its_largest_value_in_the_middle() -> None:
    psf = widefield_psf(3, **OPTICS)
    assert all(n % 2 for n in psf.shape)
    assert torch.equal(psf, psf.flip((0, 1, 2)))
    assert psf[tuple(n // 2 for n in psf.shape)] == psf.max() == 1


def test_a_gaussian_falls_to_its_known_values() -> None:
    assert gaussian(2.0, 2).tolist() == pytest.approx(
        [math.exp(-0.5), math.exp(-0.125), 1, math.exp(-0.125), math.exp(-0.5)]
    )


def test_profiles_are_multiplied() -> None:
    product = outer_product([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0])])
    assert product.tolist() == [[3, 4, 5], [6, 8, 10]]
