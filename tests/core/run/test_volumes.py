"""Stacks restored as volumes: every task in 3D, axes in any order, what is refused, and that depth is made use of."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import choose
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.diagnostics.trust import examine
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.catalogue import VOLUME
from napari_deep_prior.core.noise.estimate import measure
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS
from napari_deep_prior.core.tasks.deconvolve import Deconvolve
from napari_deep_prior.core.tasks.inpaint import Inpaint
from napari_deep_prior.core.tasks.remove_artifacts import RemoveArtifacts
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

SHORT = Settings(volume=True, preset="fast", iterations=2, seconds="never", device="cpu")
DRAW = np.random.default_rng(0)
STACK = DRAW.uniform(0, 200, (5, 18, 23)).astype(np.uint16)
PSF = np.multiply.outer([1, 2, 1], np.ones((3, 3)))
WITH = {"inpaint": {"mask": np.pad(STACK[:, :, 18:] > 150, ((0, 0), (0, 0), (18, 0)))}, "deconvolve": {"psf": PSF}}


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if not task.planes_only])
@pytest.mark.parametrize("method", ["deep-image-prior", "blind-spot", "recorrupted"])
def test_every_task_runs_on_a_volume_in_any_order_of_axes(name: str, method: str) -> None:
    task, image = TASKS[name](**WITH.get(name, {})), np.stack([STACK, STACK[::-1]], -1)
    fit = Fit(image, task, dataclasses.replace(SHORT, method=method), axes="ZYXC")
    result = [fit.result for _ in fit][-1]
    assert len(fit.planes) == len(result.record.planes) == 1
    assert result.image.shape == (*task.output_shape(STACK.shape), 2)
    assert np.isfinite(result.image).all()
    assert result.record.settings["volume"]
    if name == "inpaint":
        task = Inpaint(mask=task.mask.transpose(2, 0, 1))
    turned = restore(image.transpose(2, 3, 0, 1), task, axes="XCZY", settings=dataclasses.replace(SHORT, method=method))
    np.testing.assert_array_equal(turned.image.transpose(2, 3, 0, 1), result.image)
    assert examine(image, result, fit.task, fit.axes).invented == result.record.invented


def test_a_film_of_volumes_is_restored_volume_by_volume_and_repeated_from_its_record() -> None:
    film = np.stack([STACK, STACK // 2])
    result = restore(film, axes="TZYX", settings=SHORT)
    assert [plane.plane for plane in result.record.planes] == [0, 1]
    np.testing.assert_array_equal(replay(film, result.record).image, result.image)


def test_a_psf_in_3d_asks_for_a_volume_by_itself() -> None:
    fit = Fit(STACK, Deconvolve(psf=PSF), dataclasses.replace(SHORT, volume=False), axes="ZYX")
    assert fit.settings.volume
    assert len(fit.planes) == 1
    assert not Fit(STACK, Deconvolve(psf=PSF[1]), Settings(), axes="ZYX").settings.volume


@pytest.mark.parametrize(
    ("task", "axes", "words"),
    [
        (None, "TYX", "axes = 'TYX': volumes need the axis Z"),
        (RemoveArtifacts(), "ZYX", "Remove artifacts works on single planes: switch volume off"),
        (Deconvolve(psf=np.ones((11, 3, 3))), "ZYX", r"\(11, 3, 3\) pixels, more than \(9, 35, 45\) for this image"),
    ],
)
def test_what_does_not_go_with_volumes_is_refused_in_words(task, axes: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fit(STACK, task, SHORT, axes=axes)


def test_a_psf_taller_than_the_stack_is_used_as_far_as_light_reaches() -> None:
    tall = np.zeros((7, 3, 3))
    tall[:, 1, 1] = 1, 2, 4, 8, 4, 2, 1
    taller = np.pad(tall, ((4, 4), (0, 0), (0, 0)))
    assert [tuple(Deconvolve(psf=psf).kernel(3, STACK.shape).shape) for psf in (tall, taller)] == [(7, 3, 3), (9, 3, 3)]
    whole, part = (restore(STACK, Deconvolve(psf=psf), settings=SHORT, axes="ZYX").image for psf in (tall, tall[1:6]))
    assert whole.shape == STACK.shape
    assert np.abs(whole - part).max() > 1, "what lies beyond five planes counts"


def test_a_mask_of_one_plane_serves_every_depth() -> None:
    found = Axes("ZYX", volume=True).companion(STACK[0], STACK.shape, (slice(None),) * 3)
    np.testing.assert_array_equal(found, np.stack([STACK[0]] * 5))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 17), (7, 1, 30), (16, 16, 16), (33, 20, 11)])
@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_the_network_gives_every_size_back_and_learns_everywhere(shape: tuple[int, ...], padding: str) -> None:
    architecture = Architecture(channels=(3, 4, 5), skip=2, padding=padding, dims=3).for_shape(shape)
    network = build_network(architecture, 2, 1, torch.Generator().manual_seed(0))
    y = network(torch.rand(1, 2, *shape))
    assert y.shape == (1, 1, *shape)
    y.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize(("planes", "halved"), [(3, 0), (7, 0), (8, 1), (20, 2), (64, 3)])
def test_few_planes_are_not_made_fewer(planes: int, halved: int) -> None:
    architecture = VOLUME["balanced"].for_shape((planes, 64, 64))
    strides = [architecture.stride(level) for level in range(3)]
    assert strides == [(1, 2, 2)] * (3 - halved) + [(2, 2, 2)] * halved


def test_crops_of_a_volume_are_flat_and_reach_everywhere() -> None:
    crops, volume = PatchSampler((20, 70, 60), 48, torch.Generator().manual_seed(0)), torch.zeros(20, 70, 60)
    assert crops.shape == (16, 48, 48)
    for _ in range(60):
        for place in crops.random_patches():
            assert volume[place].shape == crops.shape
            volume[place] += 1
    assert volume.all()


def test_the_noise_of_a_volume_is_that_of_its_planes() -> None:
    volume = DRAW.normal(100, 7, (1, 4, 64, 64)) + 30 * np.arange(4)[:, None, None]
    found = measure(volume, np.ones(volume.shape[1:], bool))
    assert found.sigma == pytest.approx(7, rel=0.1)
    assert found.correlation_length == 1
    assert found.patches > measure(volume[:, 0], np.ones((64, 64), bool)).patches


def test_the_first_guess_looks_along_z_where_a_plane_is_missing() -> None:
    volume = torch.arange(9.0).reshape(1, 1, 9, 1, 1).expand(1, 1, 9, 16, 16) / 9
    weight = torch.ones(1, 1, 9, 16, 16)
    weight[:, :, 4] = 0
    assert (smooth_estimate(volume, weight, 2.5)[:, :, 4] - volume[:, :, 4]).abs().max() < 0.02


def test_twice_the_planes_take_twice_the_memory() -> None:
    cpu = dataclasses.replace(choose("cpu"), precision="float32")
    shapes = [(n, 128, 128) for n in (32, 64, 96)]
    one, two, three = (memory.estimate_peak_bytes(VOLUME["balanced"], 2, 1, shape, shape, cpu) for shape in shapes)
    assert three - two == pytest.approx(two - one, rel=0.01)
    assert memory.estimate_peak_bytes(VOLUME["paper"], 32, 1, shapes[0], shapes[0], cpu) > 3 * one


def test_super_resolution_keeps_the_planes_of_a_volume() -> None:
    assert SuperResolve(factor=3).output_shape((5, 6, 7)) == (5, 18, 21)


def test_the_optics_blur_along_z_as_well() -> None:
    optics = {"numerical_aperture": 1.2, "wavelength": 500, "pixel_size": 50, "z_step": 100, "refractive_index": 1.33}
    kernel = Deconvolve(blur="optics", **optics).kernel(3)
    width = [
        float((kernel.sum([b for b in range(3) if b != a]) * (torch.arange(n) - n // 2) ** 2).sum()) ** 0.5
        for a, n in enumerate(kernel.shape)
    ]
    assert width[1] == pytest.approx(0.225 * 500 / 1.2 / 50, rel=0.02)
    assert width[0] == pytest.approx(0.78 * 1.33 * 500 / 1.2**2 / 100, rel=0.02)
