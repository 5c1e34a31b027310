"""Finer pixels: what is done with little to learn from, and with noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_deep_prior.core import operators
from napari_deep_prior.core.fit import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

SHORT = Settings(preset="fast", iterations=60, seconds="never", device="cpu")


def discs(rows: int = 96, columns: int = 96) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns]
    draw = np.random.default_rng(0)
    image = np.full((rows, columns), 60.0)
    for _ in range(16):
        middle, radius = draw.uniform(0, (rows, columns)), draw.uniform(4, 20)
        image[np.hypot(y - middle[0], x - middle[1]) < radius] = draw.uniform(20, 230)
    return image


def shrunk(image: np.ndarray, factor: int) -> np.ndarray:
    return operators.shrink(torch.from_numpy(image)[None, None], (factor, factor), "lanczos")[0, 0].numpy()


@pytest.mark.parametrize(
    ("factor", "side", "noisy", "need"),
    [(4, 24, False, "detail"), (8, 24, False, "much detail"), (8, 200, False, "detail"), (8, 24, True, "detail")],
)
def test_what_is_small_and_to_be_many_times_finer_is_drawn_from_a_code(
    factor: int, side: int, noisy: bool, need: str
) -> None:
    assert SuperResolve(factor=factor, noisy=noisy).need(np.zeros((1, side, side))) == need


def test_a_small_image_made_eight_times_finer_agrees_with_the_image() -> None:
    observed = shrunk(discs(128, 128), 8)
    result = restore(
        observed, SuperResolve(factor=8), settings=Settings(preset="fast", iterations=4, seconds="never", device="cpu")
    )
    assert result.record.planes[0].method == "code"
    assert np.abs(shrunk(result.image.astype(float), 8) - observed).mean() < 0.5


@pytest.mark.parametrize("kernel", ["lanczos", "area"])
@pytest.mark.parametrize("factors", [(2, 2), (3, 1), (1, 4)])
def test_so_much_noise_is_left_by_shrinking(kernel: operators.Kernel, factors: tuple[int, int]) -> None:
    white = torch.randn(1, 1, 240, 240, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    left = operators.shrink(white, factors, kernel).var()
    assert operators.noise_left(factors, kernel) == pytest.approx(float(left), rel=0.1)


def test_noise_is_left_out_where_that_is_asked_for() -> None:
    truth = discs()
    observed = shrunk(truth, 2) + np.random.default_rng(1).normal(0, 15, (48, 48))
    plain, quiet = (restore(observed, SuperResolve(noisy=noisy), settings=SHORT).image for noisy in (False, True))
    errors = [np.sqrt(np.mean((image - truth)[8:-8, 8:-8] ** 2)) for image in (plain, quiet)]
    assert errors[1] < 0.8 * errors[0]
    assert np.abs(shrunk(plain.astype(float), 2) - observed).mean() < 0.5
    assert np.abs(shrunk(quiet.astype(float), 2) - observed).mean() > 4
