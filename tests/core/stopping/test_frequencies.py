"""Fourier coefficients kept out of a fit."""

from __future__ import annotations

import types

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Fit, Settings
from napari_deep_prior.core.noise.estimate import measure
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.stopping import STOPPING
from napari_deep_prior.core.stopping.frequencies import KEEP_GAIN, Frequencies, HeldOutFrequencies, spectrum
from napari_deep_prior.core.stopping.hidden_pixels import HiddenPixels
from napari_deep_prior.core.stopping.pixels import PixelBlocks
from napari_deep_prior.core.stopping.rules import EarlyStopping


def held(shape=(24, 31), share=0.2, lags=((1.0,),)) -> Frequencies:
    return Frequencies(shape, share, lags, torch.Generator().manual_seed(0), torch.device("cpu"))


def wave(shape, ky: int, kx: int) -> torch.Tensor:
    y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float32) for n in shape), indexing="ij")
    return torch.cos(2 * torch.pi * (ky * y / shape[0] + kx * x / shape[1]))[None, None]


@pytest.mark.parametrize("shape", [(24, 31), (3, 24, 32)])
def test_each_coefficient_is_either_fitted_or_judged(shape) -> None:
    frequencies, zero = held(shape), torch.zeros(1, 2, *shape)
    misfit = frequencies.without(losses.gaussian)
    kinds = set()
    for ky, kx in [(0, 0), (1, 0), (5, 7), (11, 3), (2, 15), (7, 9), (3, 6), (8, 2), (9, 9), (4, 13)]:
        plane = wave(shape[-2:], ky, kx)
        off = plane.expand_as(zero) if len(shape) == 2 else plane[:, :, None].expand_as(zero)
        fitted, judged = float(misfit(off, zero, torch.ones(1, 1, *shape))), float(frequencies.error(off))
        assert (fitted > 1e-3) != (judged > 1e-4), (ky, kx)
        kinds.add(judged > 1e-4)
        if (ky, kx) in ((0, 0), (1, 0)):
            assert judged < 1e-6, "the lowest are the picture's"
    assert kinds == {True, False}


def test_the_gradient_sees_nothing_of_what_is_kept_out() -> None:
    frequencies = held()
    output = torch.randn(1, 1, 24, 31, generator=torch.Generator().manual_seed(1), requires_grad=True)
    misfit = frequencies.without(losses.gaussian)
    misfit(output, torch.zeros_like(output), torch.ones(1, 1, 24, 31)).backward()
    assert float(frequencies.error(output.grad)) < 1e-9 < float(frequencies.error(output.detach()))


def test_correlated_noise_alone_has_an_error_of_one() -> None:
    rng = np.random.default_rng(0)
    white = rng.normal(size=(130, 130))
    noise = (white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, (1, 1), (0, 1)))[:128, :128] / 2
    found = measure(noise[None], np.ones((128, 128), bool))
    frequencies = held((128, 128), 0.3, found.autocorrelation)
    error = float(frequencies.error(torch.from_numpy(noise.astype(np.float32))[None, None]))
    assert 0.6 < error < 1.6


@pytest.mark.parametrize("shape", [(16, 16), (9, 20)])
def test_a_spectrum_is_the_transform_of_the_correlation(shape) -> None:
    assert np.allclose(spectrum(((1.0,),), shape), 1)
    smooth = spectrum(((0.25, 0.5, 0.25), (0.5, 1.0, 0.5), (0.25, 0.5, 0.25)), shape)
    assert smooth[0, 0] == pytest.approx(4)
    assert smooth.min() == pytest.approx(0.05)


def test_a_fit_with_frequencies_kept_out_invents_no_pixel_and_says_so() -> None:
    rng = np.random.default_rng(0)
    image = np.add.outer(np.arange(32.0), np.arange(32.0)) + rng.normal(0, 3, (32, 32))
    settings = Settings(
        preset="fast", method="deep-image-prior", stopping="held-out-frequencies", iterations=30, seconds="never"
    )
    fit = Fit(image, Denoise(), settings)
    list(fit)
    result = fit.result
    assert not result.invented.any()
    assert all(point.held_out is not None for point in result.curve)
    assert any("Fourier" in note for note in result.record.planes[0].notes)


def test_what_is_kept_must_be_clearly_better() -> None:
    watch = EarlyStopping(keep_gain=KEEP_GAIN).start()
    kept = [watch(10 * i, value).keep for i, value in enumerate([2.0, 1.5, 1.49, 1.48, 1.4, 1.39])]
    assert kept == [True, True, False, False, True, False]


def test_a_fit_is_judged_by_its_residual(observe) -> None:
    """What is drawn right has no error, whatever the image; what is off by a wave has that wave's power."""
    image, off = torch.rand(1, 1, 24, 31), wave((24, 31), 5, 7)
    criterion = HeldOutFrequencies(rule=EarlyStopping(), fraction=1.0, autocorrelation=((1.0,),))
    hold_out = criterion.hold_out(observe(image), torch.Generator().manual_seed(0))
    drawn = types.SimpleNamespace(degraded_mean=lambda: image)
    assert hold_out.error(drawn) == pytest.approx(0, abs=1e-9)
    drawn = types.SimpleNamespace(degraded_mean=lambda: image + off)
    assert hold_out.error(drawn) == pytest.approx(float(held(share=1.0).error(off)), rel=1e-4)
    assert hold_out.error(drawn) > 0.1


@pytest.mark.parametrize(("kx", "judged"), [(1, False), (2, True)])
def test_the_lowest_end_at_twenty_pixels_a_cycle(kx: int, judged: bool) -> None:
    assert (float(held(share=1.0).error(wave((24, 31), 0, kx))) > 0.1) is judged


@pytest.mark.parametrize("own", [PixelBlocks(rule=EarlyStopping(), fraction=0.1, block_size=3), HiddenPixels()])
@pytest.mark.parametrize("all_known", [True, False])
def test_they_stand_in_for_pixels_that_would_be_hidden_where_nothing_is_missing(own, all_known: bool) -> None:
    chosen = STOPPING["held-out-frequencies"].chosen(own, all_known, ((1.0,),))
    if all_known and own.hides_pixels:
        assert isinstance(chosen, HeldOutFrequencies)
    else:
        assert chosen is own
