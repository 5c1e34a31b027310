"""Which pixels a mask takes for missing, what network their holes ask for, and what is returned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from napari_deep_prior.core.imaging import holes
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.noise import estimate
from napari_deep_prior.core.physics.forward_model import Identity
from napari_deep_prior.core.run.plan import plan_from
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.inpaint import Inpaint

MASK = np.zeros((31, 40), np.uint8)
MASK[10:14, 20], MASK[3, 4], MASK[30, 39] = 1, 2, 2


@pytest.mark.parametrize(("number", "missing"), [("any", MASK > 0), (1, MASK == 1), (2, MASK == 2), (0, MASK == 0)])
@pytest.mark.parametrize("invert", [False, True])
def test_chosen_labels_or_all_others(number: int | str, missing: np.ndarray, invert: bool) -> None:
    known = Inpaint(mask=MASK, label=number, invert_mask=invert).masks(MASK[None]).known
    np.testing.assert_array_equal(known, missing if invert else ~missing)


@pytest.mark.parametrize("pixels", [0, 1, 2, 5, 9])
def test_grown_holes_reach_that_far_and_not_further(pixels: int) -> None:
    missing = ~Inpaint(mask=MASK, dilate_by=pixels).masks(MASK[None]).known
    distance = ndimage.distance_transform_edt(MASK == 0)
    assert missing[distance <= 0.9 * pixels].all()
    assert not missing[distance > 1.2 * pixels].any()


def finished(task: Inpaint, drawn: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
    """The result, where the network was fitted to all known pixels."""
    return task.finish(drawn, observed, task.masks(observed[0].numpy()), Identity(), fits_known=True)


def missing(kind: str, side: int = 160) -> np.ndarray:
    """A mask of that side, 1 = missing."""
    mask = np.zeros((side, side), np.uint8)
    if kind == "text":
        mask[20:140:20, 10:150] = mask[21:140:20, 10:150] = mask[22:140:20, 10:150] = 1
    if kind == "window":
        mask[60:100, 50:90] = 1
    share = {"half": 0.5, "tenth": 0.9, "fiftieth": 0.98}.get(kind)
    return mask if share is None else (np.random.default_rng(0).random(mask.shape) < share).astype(np.uint8)


def plan(mask: np.ndarray, **settings):
    evidence = Evidence(
        noise=estimate.measure(np.random.default_rng(0).normal(0, 1, (1, 64, 64)), np.ones((64, 64), bool)),
        holes=holes.measure(mask == 0),
    )
    return plan_from(Inpaint(mask=mask), Settings(**settings), evidence)


@pytest.mark.parametrize(
    ("kind", "wide"), [("text", False), ("half", False), ("tenth", False), ("fiftieth", True), ("window", True)]
)
def test_the_geometry_of_the_mask_decides_the_network(kind: str, wide: bool) -> None:
    decided = plan(missing(kind), method="deep-image-prior")
    assert (decided.config.architecture.skip == 0) == wide
    assert decided.config.muon == wide


@pytest.mark.parametrize(
    ("kind", "method", "falls"),
    [("half", "deep-image-prior", False), ("half", "hole-filling", True), ("window", "deep-image-prior", True)],
)
def test_the_learning_rate_is_constant_while_narrow_holes_are_drawn_from_a_code(
    kind: str, method: str, falls: bool
) -> None:
    image = np.random.default_rng(0).normal(100, 20, (160, 160)).astype(np.float32)
    settings = Settings(preset="fast", iterations=2, device="cpu", method=method)
    plane = restore(image, Inpaint(mask=missing(kind)), settings=settings).record.planes[0]
    assert plane.scheduled_steps == (2 if falls else None)


@pytest.mark.parametrize(
    ("thick", "share", "method"),
    [(3, 0, "hole-filling"), (12, 0, "hole-filling"), (30, 0, "deep-image-prior"), (30, 0.5, "hole-filling")],
)
def test_what_is_too_far_from_all_that_is_known_is_drawn_and_not_predicted(
    thick: int, share: float, method: str
) -> None:
    mask = missing("half", 120) if share else np.zeros((120, 120), np.uint8)
    mask[40 : 40 + thick] = 1
    image = np.random.default_rng(0).normal(100, 20, mask.shape).astype(np.float32)
    settings = Settings(preset="fast", iterations=1, device="cpu")
    assert restore(image, Inpaint(mask=mask), settings=settings).record.planes[0].method == method


def test_in_wide_holes_the_level_is_that_of_the_surroundings_unless_asked_otherwise() -> None:
    mask = missing("window")
    observed = torch.full((1, 1, 160, 160), 0.5)
    observed[..., 0, :2] = torch.tensor([0.0, 1.0])  # a range in which the bump is not clipped
    y, x = np.mgrid[:160, :160]
    drawn = observed + torch.from_numpy(0.3 * np.exp(-((y - 80) ** 2 + (x - 70) ** 2) / 288)).float()
    filled, as_drawn = (
        finished(Inpaint(mask=mask, blend_seams=hide), drawn, observed)[0, 0, mask > 0] for hide in (True, False)
    )
    assert (filled - 0.5).abs().mean() < 0.25 * (as_drawn - 0.5).abs().mean()
    assert torch.equal(as_drawn, drawn[0, 0, mask > 0])


def test_held_out_blocks_are_as_wide_as_the_holes() -> None:
    sizes = {
        kind: plan(missing(kind), method="deep-image-prior").criterion.block_size for kind in ("half", "text", "window")
    }
    assert sizes == {"half": 2, "text": 3, "window": 12}  # of the last, a handful must find room


@pytest.mark.parametrize("blend_seams", [True, False])
def test_known_pixels_are_returned_bit_for_bit_and_the_record_tells_of_the_holes(blend_seams: bool) -> None:
    image = np.random.default_rng(0).normal(100, 20, (32, 40)).astype(np.float32)
    mask = np.zeros((32, 40), np.uint8)
    mask[10:20, 12:24] = 1
    result = restore(
        image,
        Inpaint(mask=mask, blend_seams=blend_seams),
        settings=Settings(preset="fast", iterations=12, device="cpu"),
    )
    np.testing.assert_array_equal(result.image[mask == 0], image[mask == 0])
    np.testing.assert_array_equal(result.invented, mask > 0)
    assert any("typically" in note and "at most about 9" in note for note in result.record.planes[0].notes)


def test_hiding_the_seam_makes_the_step_smaller_and_the_fit_itself_is_to_be_had() -> None:
    y, x = np.mgrid[:40, :40]
    image = (100 + x + 30 * np.sin(y / 3)).astype(np.float32)
    mask = np.zeros((40, 40), np.uint8)
    mask[12:28, 12:28] = 1
    settings = Settings(preset="fast", iterations=20, device="cpu", averaging=0.5, method="deep-image-prior")
    met, drawn, fit = (
        restore(image, Inpaint(mask=mask, **options), settings=settings).image
        for options in ({}, {"blend_seams": False}, {"keep_known": False})
    )
    steps = [np.abs((filled - image)[12:28, 12]).mean() for filled in (met, drawn)]
    assert steps[0] < steps[1]
    np.testing.assert_allclose(fit[mask > 0], drawn[mask > 0], rtol=1e-6)  # the same fit, everywhere
    assert (fit[mask == 0] != image[mask == 0]).any()


def test_seams_are_left_where_the_network_was_not_fitted_to_the_known_pixels() -> None:
    """What a fit to hidden pixels draws where it is shown the pixel is of no account: nothing may be shifted by it."""
    image = np.random.default_rng(0).normal(100, 20, (32, 32)).astype(np.float32)
    mask = (np.random.default_rng(1).random((32, 32)) < 0.3).astype(np.uint8)
    settings = Settings(preset="fast", iterations=12, device="cpu", method="hole-filling")
    met, drawn = (
        restore(image, Inpaint(mask=mask, blend_seams=hide), settings=settings).image for hide in (True, False)
    )
    np.testing.assert_array_equal(met, drawn)


@pytest.mark.parametrize("options", [{}, {"blend_seams": False}, {"keep_known": False}])
def test_holes_are_filled_within_the_range_of_what_is_known_channel_by_channel(options: dict[str, bool]) -> None:
    mask = np.zeros((20, 24), np.uint8)
    mask[5:15, 6:18] = 1
    draw = torch.Generator().manual_seed(0)
    observed = torch.rand(1, 2, 20, 24, generator=draw) * torch.tensor([0.5, 1.0])[:, None, None]
    drawn = 3 * torch.randn(1, 2, 20, 24, generator=draw)
    filled, hole = (
        finished(Inpaint(mask=mask, **options), drawn, observed)[0].numpy(),
        mask > 0,
    )
    for channel, shown in zip(filled, observed[0].numpy(), strict=True):
        assert shown[~hole].min() <= channel[hole].min() <= channel[hole].max() <= shown[~hole].max()
        assert channel[hole].std() > 0.01  # of its structure, something is left


def test_known_pixels_to_be_denoised_are_fitted_as_the_denoiser_does_and_hidden_ones_have_no_say() -> None:
    image = np.random.default_rng(0).poisson(90, MASK.shape).astype(np.float32)
    settings = Settings(iterations=3, seconds="never", preset="fast", device="cpu")
    kept = restore(image, Inpaint(mask=MASK), settings=settings)
    first, second = (
        restore(np.where(MASK > 0, under, image), Inpaint(mask=MASK, keep_known=False), settings=settings)
        for under in (0, 60000)
    )
    assert kept.record.planes[0].method == "hole-filling"
    assert first.record.planes[0].method in ("blind-spot", "recorrupted")
    np.testing.assert_array_equal(first.image, second.image)
