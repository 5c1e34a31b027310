"""Zero-shot: patches are degraded once more, and that is undone; finer pixels agree with the image, blocks go."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.diagnostics.forecast import forecast_bytes
from napari_deep_prior.core.networks import build
from napari_deep_prior.core.networks.catalogue import PLAIN
from napari_deep_prior.core.physics import jpeg, jpeg_compression, resampling
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.results import Record
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.sampling.stage_sampler import PATCHES, StageSampler
from napari_deep_prior.core.settings import Preset, Settings
from napari_deep_prior.core.tasks import AbstractTask
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.core.tasks.remove_artifacts import RemoveArtifacts
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

QUICK = Settings(preset="fast", iterations=4, seconds="never", device="cpu")


def scene(rows: int = 64, columns: int = 64) -> np.ndarray:
    """Discs: sharp edges at all sizes."""
    y, x = np.mgrid[:rows, :columns]
    draw = np.random.default_rng(0)
    image = np.full((rows, columns), 60.0)
    for _ in range(12):
        middle, radius = draw.uniform(0, (rows, columns)), draw.uniform(2, 14)
        image[np.hypot(y - middle[0], x - middle[1]) < radius] = draw.uniform(20, 230)
    return image


def shrunk(image: np.ndarray, factor: int) -> np.ndarray:
    return resampling.downsample(torch.from_numpy(image)[None, None], (factor, factor), "lanczos")[0, 0].numpy()


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(np.clip(np.rint(image), 0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def model_of(task: AbstractTask, observed: torch.Tensor) -> ForwardModel:
    return task.forward_model(observed, Masks.of(observed[0].numpy()))


@pytest.fixture
def made(observe, chance) -> Callable[[torch.Tensor, SuperResolve], StageSampler]:
    def of(observed: torch.Tensor, task: SuperResolve) -> StageSampler:
        model = model_of(task, observed)
        stages = task.stages(observed, torch.ones_like(observed), model, None)
        return StageSampler(observe(observed, physics=model), stages, chance(), side=48)

    return of


def follow(sample: Sample) -> torch.Tensor:
    """What comes out of a network that adds nothing."""
    consistent = sample.data_consistency(torch.as_tensor(sample.residual_base))
    return consistent if sample.next_stage is None else follow(sample.next_stage(consistent))


@pytest.mark.parametrize("factor", [2, 3, 4, 6])
def test_a_square_is_asked_for_and_a_spoilt_one_is_shown(made, factor: int) -> None:
    sample = made(torch.rand(1, 2, 64, 70), SuperResolve(factor=factor)).sample()
    assert sample.input.shape == sample.target.shape == sample.residual_base.shape
    assert len(sample.input) == PATCHES
    assert sample.in_image_domain
    torch.testing.assert_close(sample.inverse(sample.input), sample.residual_base)
    inside = (..., slice(8, -8), slice(8, -8))
    assert sample.residual_base[inside].var() < sample.target[inside].var(), "nothing was lost"


@pytest.mark.parametrize("factors", [(2, 2), (4, 4), (6, 4), (1, 3)])
def test_the_whole_is_as_large_as_asked_for_and_agrees_with_the_image(made, factors: tuple[int, int]) -> None:
    task = SuperResolve(factor=factors[1], factor_y=factors[0])
    observed = torch.from_numpy(ndimage.gaussian_filter(scene(40, 33), 1)).float()[None, None] / 255
    (whole,) = made(observed, task).full_image()
    finer = follow(whole)
    assert finer.shape == (1, 1, 40 * factors[0], 33 * factors[1])
    assert (model_of(task, observed)(finer) - observed).abs().max() < 0.01


@pytest.mark.parametrize("preset", list(PLAIN))
def test_edges_are_drawn_as_the_inside_is(made, preset: Preset) -> None:
    """Zeros beyond an edge would be seen by the network, which has learnt nothing of them: the squares' rims do not count."""
    (whole,) = made(torch.full((1, 1, 40, 33), 0.6), SuperResolve(factor=2)).full_image()
    network = build.build_network(PLAIN[preset], 1, 1, torch.Generator().manual_seed(0))
    drawn = whole.inverse(network(whole.input))
    assert drawn.shape == (1, 1, 80, 66)
    torch.testing.assert_close(drawn, drawn[..., 40:41, 33:34].expand_as(drawn))


@pytest.mark.parametrize(("n", "steps"), [((4, 4), [(2, 2), (2, 2)]), ((1, 6), [(1, 2), (1, 3)]), ((2, 5), [(2, 5)])])
def test_a_factor_is_undone_in_small_steps(n: tuple[int, int], steps: list[tuple[int, int]]) -> None:
    assert resampling.prime_steps(n) == steps


def test_it_draws_sharper_edges_than_smooth_enlarging_does() -> None:
    truth = scene(128, 128)
    small = shrunk(truth, 2)
    result = restore(
        small, SuperResolve(factor=2, kernel="lanczos"), settings=dataclasses.replace(QUICK, iterations=100)
    ).image
    smooth = resampling.upsample(torch.from_numpy(small)[None, None], (2, 2))[0, 0].numpy()
    assert np.square(result - truth).mean() < 0.7 * np.square(smooth - truth).mean()
    assert np.abs(shrunk(result.astype(np.float64), 2) - small).max() < 3


def test_a_small_image_made_eight_times_finer_agrees_with_the_image() -> None:
    observed = shrunk(scene(128, 128), 8)
    result = restore(observed, SuperResolve(factor=8, kernel="lanczos"), settings=QUICK)
    assert result.record.planes[0].method == "deep-image-prior"
    assert np.abs(shrunk(result.image.astype(float), 8) - observed).mean() < 0.5


def test_noise_is_left_out_where_that_is_asked_for() -> None:
    truth, short = scene(96, 96), dataclasses.replace(QUICK, iterations=60)
    observed = shrunk(truth, 2) + np.random.default_rng(1).normal(0, 15, (48, 48))
    plain, quiet = (
        restore(observed, SuperResolve(kernel="lanczos", denoise_too=noisy), settings=short).image
        for noisy in (False, True)
    )
    errors = [np.sqrt(np.mean((image - truth)[8:-8, 8:-8] ** 2)) for image in (plain, quiet)]
    assert errors[1] < 0.8 * errors[0]
    assert np.abs(shrunk(plain.astype(float), 2) - observed).mean() < 0.5
    assert np.abs(shrunk(quiet.astype(float), 2) - observed).mean() > 4


def test_blocks_go() -> None:
    truth = ndimage.gaussian_filter(scene(96, 96), 0.7)
    image = compressed(truth, 15)
    result = restore(image, RemoveArtifacts(), settings=dataclasses.replace(QUICK, iterations=120))
    assert result.record.planes[0].method == "zero-shot"
    assert np.square(result.image - truth).mean() < 0.9 * np.square(image - truth).mean()


def test_a_result_without_blocks_would_have_been_rounded_alike() -> None:
    image = compressed(ndimage.gaussian_filter(scene(96, 96), 1), 20)
    tensor = torch.from_numpy(image.astype(np.float32))[None, None]
    compression = jpeg_compression.detect_compression(tensor)
    result = restore(image, RemoveArtifacts(), settings=QUICK).image
    off = jpeg.block_dct(torch.from_numpy(result)[None, None] - tensor)
    assert (off.abs() <= 0.36 * compression.steps + 0.1).all()
    changes = [(compression.compress(x) - x).abs().mean() for x in (tensor, tensor[..., 3:, 5:])]
    assert changes[0] < 0.5 * changes[1], "on its own grid it hardly changes, being rounded already"


@pytest.mark.parametrize("colour", [False, True])
def test_a_compression_is_found_in_any_units(colour: bool) -> None:
    image = compressed(
        np.stack([scene(192, 192), scene(192, 192).T, scene(192, 192)[::-1]], -1) if colour else scene(), 30
    )
    planes = np.moveaxis(image, -1, 0) if colour else image[None]
    tensor = torch.from_numpy(planes.astype(np.float32))[None]
    gains = torch.tensor([0.3, 2, 0.01][: len(planes)]).view(1, -1, 1, 1)
    plain, scaled = (
        jpeg_compression.detect_compression(tensor),
        jpeg_compression.detect_compression(tensor * gains - 7 * gains),
    )
    torch.testing.assert_close(plain.steps, scaled.steps)
    torch.testing.assert_close(plain.units * gains, scaled.units, rtol=1e-3, atol=0)
    assert jpeg_compression.detect_compression(torch.rand(1, len(planes), 64, 64)) is None


@pytest.mark.parametrize("ends", ["steps", "clock", "rewound"])
def test_a_record_replays_to_the_same_bits(ends: str) -> None:
    image = scene(24, 31)
    budget = Settings(preset="fast", seconds=1.0) if ends == "clock" else dataclasses.replace(QUICK, iterations=90)
    fit = Fit(image, SuperResolve(factor=4), budget)
    for _ in fit:
        pass
    if ends == "rewound":
        first = fit.result.image
        fit.resume(iterations=90, back_to=0)  # from before the result was learnt from
        for _ in fit:
            pass
        assert np.array_equal(fit.result.image, first)
        return
    again = replay(image, Record.from_json(fit.result.record.to_json()))
    assert np.array_equal(again.image, fit.result.image)


def test_volumes_are_drawn_as_a_whole() -> None:
    result = restore(
        np.stack([scene(24, 20)] * 3),
        SuperResolve(factor=2),
        axes="ZYX",
        settings=dataclasses.replace(QUICK, volume=True),
    )
    assert result.image.shape == (3, 48, 40)


def test_the_memory_of_removing_blocks_is_foretold() -> None:
    image = compressed(ndimage.gaussian_filter(scene(96, 96), 0.7), 15)
    fit = Fit(image, RemoveArtifacts(), QUICK)
    next(iter(fit))
    least, most, _ = forecast_bytes(RemoveArtifacts(), (1, 96, 96), QUICK)
    assert least <= fit._current.solver.memory <= most


@pytest.mark.parametrize("task", [Denoise(), RemoveArtifacts(), RemoveArtifacts(artifact="stripes")])
def test_what_cannot_be_lost_again_is_refused_in_words(task: Denoise | RemoveArtifacts) -> None:
    with pytest.raises(ValueError, match="a loss that is known exactly"):
        restore(scene(), task, settings=dataclasses.replace(QUICK, method="zero-shot"))
