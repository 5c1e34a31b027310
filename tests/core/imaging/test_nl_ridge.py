"""The non-local estimate: what it must keep, that it beats a blur, and that noise of any kind is taken into account."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core.imaging import nl_ridge as nl_ridge_module
from napari_deep_prior.core.imaging.nl_ridge import _combined, _factor, _Group, nl_ridge, nl_ridge_with_deviation
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate


def textured(rows: int, columns: int) -> torch.Tensor:
    """(1, 1, y, x) in 0..255: stripes, edges and a slow ramp."""
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    image = 80 + 40 * np.sin(x / 2.5 + y / 7) * (y > rows / 3) + 60 * ((x // 24 + y // 24) % 2) + 0.2 * x
    return torch.from_numpy(image)[None, None].float()


def noise(shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def mse(first: torch.Tensor, second: torch.Tensor) -> float:
    return float((first - second).square().mean())


def best_blur(observed: torch.Tensor, truth: torch.Tensor) -> float:
    ones = torch.ones_like(observed[:, :1])
    return min(mse(smooth_estimate(observed, ones, width), truth) for width in np.geomspace(0.3, 4, 16))


def test_it_beats_every_gaussian_on_a_texture() -> None:
    truth = textured(48, 64)
    observed = truth + 20 * noise(truth.shape)
    assert mse(nl_ridge(observed, 0.0, 400.0), truth) < 0.5 * best_blur(observed, truth)


def test_a_flat_field_stays_flat_and_keeps_its_mean() -> None:
    observed = 1000 + 10 * noise((1, 1, 48, 64))
    found = nl_ridge(observed, 0.0, 100.0)
    assert float(found.mean()) == pytest.approx(float(observed.mean()), abs=0.4)
    assert float(found.std()) < 2


def test_a_flat_field_of_few_photons_keeps_its_light() -> None:
    """Patches that are dark by chance have less noise, but are not more alike for it: 1.3 % of the light would be lost."""
    kept = []
    for seed in range(4):
        observed = torch.poisson(torch.full((1, 1, 96, 96), 5.0), torch.Generator().manual_seed(seed))
        kept.append(float(nl_ridge(observed, 1.0, 0.0).mean() / observed.mean()))
    assert sum(kept) / 4 == pytest.approx(1, abs=0.008)


def soft(rows: int, columns: int) -> torch.Tensor:
    """(1, 1, y, x) in 0..255: nothing finer than 10 pixels, as in most micrographs."""
    ones = torch.ones((1, 1, rows, columns))
    blurred = smooth_estimate(noise((1, 1, rows, columns), 3), ones, 5.0)
    return 100 + 30 * blurred / blurred.std()


def test_the_edges_of_a_flat_field_are_nearly_as_flat_as_its_middle() -> None:
    """Without margins the outermost pixels, which lie in a seventh of the patches, deviate 2.2 times as much."""
    flat = torch.stack(
        [torch.poisson(torch.full((1, 160, 160), 5.0), torch.Generator().manual_seed(n)) for n in range(3)]
    )
    deviation = torch.cat([nl_ridge(each[None], gain=1.0, base=0.0) for each in flat]) - 5
    rim = torch.ones(160, 160, dtype=torch.bool)
    rim[4:-4, 4:-4] = False
    assert deviation[..., rim].std() < 1.7 * deviation[..., 16:-16, 16:-16].std()


def test_a_clean_part_and_an_outlier_do_not_reach_the_margins() -> None:
    image = 5 + torch.randn((1, 1, 96, 96), generator=torch.Generator().manual_seed(0))
    strength = torch.ones((1, 1, 96, 96))
    image[..., 40:56, 40:56], strength[..., 40:56, 40:56] = 5.0, 0.0
    image[..., 48, 20] = 5000.0
    found, _ = nl_ridge_with_deviation(image, 0.0, 1.0, strength=strength)
    edges = torch.cat([found[..., :4, :].flatten(), found[..., -4:, :].flatten()])
    assert (edges - 5).abs().max() < 2


@pytest.mark.parametrize(("truth", "better"), [(textured(96, 96), 0), (soft(96, 96), 1)])
def test_patches_of_each_size_have_the_say_where_they_are_better(
    truth: torch.Tensor, better: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = truth + 25 * noise(truth.shape)
    errors = [mse(nl_ridge(observed, 0.0, 625.0), truth)]
    for size in nl_ridge_module._SIZES:
        monkeypatch.setattr(nl_ridge_module, "_SIZES", (size,))
        errors.append(mse(nl_ridge(observed, 0.0, 625.0), truth))
    both, alone = errors[0], errors[1:]
    assert alone[better] < 0.9 * alone[1 - better]
    assert both < 1.2 * alone[better]


def test_a_constant_image_comes_back() -> None:
    assert torch.allclose(nl_ridge(torch.full((1, 1, 40, 40), 7.0), 0.0, 4.0), torch.tensor(7.0), atol=1e-3)


def test_units_do_not_matter() -> None:
    observed = textured(32, 40) + 20 * noise((1, 1, 32, 40))
    plain = nl_ridge(observed, 1.0, 300.0)
    other = nl_ridge(5 * observed - 300, 5.0, 25 * 300.0 + 5 * 300)  # variance 25 (x + 300) at 5 x - 300
    assert torch.allclose(other, 5 * plain - 300, atol=0.5)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("correlated", [True, False])
def test_weights_sum_to_one_and_unequal_noise_is_told_apart(first: bool, correlated: bool) -> None:
    k = 12
    energy = torch.linspace(1, 40, k)[None]
    apart = (torch.arange(k)[:, None] - torch.arange(k)).abs()
    shared = energy.sqrt()[:, :, None] * energy.sqrt()[:, None] * 0.5**apart if correlated else None
    model = 2 * noise((1, k, 25))
    ones = _Group(own=torch.ones_like(model), model=model, energy=energy, shared=shared)
    assert torch.allclose(_combined(ones, first=first)[0], ones.own, atol=1e-3)
    alone = _Group(own=torch.eye(k)[None], model=model, energy=energy, shared=shared)  # its own are the weights
    weights = _combined(alone, first=False)[0][0].diagonal()
    assert weights[:4].mean() > weights[-4:].mean(), "what is certain is kept, what is noisy is taken from the others"


def test_photon_noise_is_denoised_with_its_line_better_than_as_constant() -> None:
    truth = 2 + textured(48, 72) / 4 * (torch.arange(72) / 36).clamp(max=1.5) ** 2
    observed = torch.poisson(truth, generator=torch.Generator().manual_seed(0))
    constant = nl_ridge(observed, 0.0, float(truth.mean()))
    assert mse(nl_ridge(observed, 1.0, 0.0), truth) < 0.95 * mse(constant, truth)


def test_correlated_noise_is_denoised_better_when_its_correlation_is_told() -> None:
    truth = textured(64, 64) / 4
    white = noise((1, 1, 65, 65))
    observed = truth + 10 * (white[..., 1:, 1:] + white[..., :-1, 1:] + white[..., 1:, :-1] + white[..., :-1, :-1]) / 2
    half = torch.tensor([0.0, 0.5, 1.0, 0.5, 0.0])
    told = nl_ridge(observed, 0.0, 100.0, (half[:, None] * half).tolist())
    assert mse(told, truth) < 0.8 * mse(nl_ridge(observed, 0.0, 100.0), truth)


def test_colours_share_their_groups() -> None:
    truth = torch.cat([textured(40, 40), 0.5 * textured(40, 40), 200 - 0.7 * textured(40, 40)], 1)
    observed = truth + 25 * noise(truth.shape)
    together = nl_ridge(observed, 0.0, 625.0)
    apart = torch.cat([nl_ridge(observed[:, c : c + 1], 0.0, 625.0) for c in range(3)], 1)
    assert mse(together, truth) < mse(apart, truth)


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (9, 9), (21, 22), (27, 40)])
@pytest.mark.parametrize("lags", [((1.0,),), ((0.1, 0.3, 0.1), (0.3, 1.0, 0.3), (0.1, 0.3, 0.1))])
def test_any_size(shape: tuple[int, int], lags: tuple[tuple[float, ...], ...]) -> None:
    observed = 50 + 5 * noise((1, 1, *shape))
    found = nl_ridge(observed, 0.0, 25.0, lags)
    assert found.shape == observed.shape
    assert found.isfinite().all()


def test_a_matrix_that_rounding_has_spoilt_stands_for_its_diagonal() -> None:
    good = torch.tensor([[4.0, 1.0], [1.0, 4.0]])
    spoilt = torch.tensor([[4.0, 9.0], [9.0, 9.0]])
    factors = _factor(torch.stack([good, spoilt]))
    assert torch.allclose(factors[0] @ factors[0].mT, good)
    assert torch.equal(factors[1], torch.diag(torch.tensor([2.0, 3.0])))


def test_noise_of_another_strength_in_each_place_is_taken_into_account() -> None:
    truth = textured(64, 96)
    sigma = torch.where(torch.arange(96) < 48, 5.0, 30.0)
    observed = truth + sigma * noise(truth.shape)
    mean = float(sigma.square().mean())
    placed = nl_ridge_with_deviation(observed, 0.0, mean, strength=(sigma.square() / mean).expand(1, 1, 64, 96))[0]
    alike = nl_ridge(observed, 0.0, mean)
    for half in (np.s_[..., :48], np.s_[..., 48:]):
        assert mse(placed[half], truth[half]) < mse(alike[half], truth[half])
    same = nl_ridge_with_deviation(observed, 0.0, mean / 2, strength=torch.full((1, 1, 64, 96), 2.0))[0]
    torch.testing.assert_close(same, alike, rtol=1e-3, atol=0.05)


def test_references_that_are_farther_apart_are_nearly_as_good_and_cover_all() -> None:
    truth = textured(61, 70)
    observed = truth + 20 * noise(truth.shape)
    errors = [mse(nl_ridge_with_deviation(observed, 0.0, 400.0, stride=stride)[0], truth) for stride in (4, 6)]
    assert errors[0] != errors[1]
    assert errors[1] < 1.2 * errors[0]
