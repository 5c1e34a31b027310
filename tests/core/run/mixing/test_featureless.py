"""Where there is nothing but noise the result is flat; where there is something, however faint, nothing changes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from napari_deep_prior import Record, Settings, methods_paragraph, replay, restore
from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.noise.estimate import measure
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.run.mixing.featureless import flattened, in_words, only_noise
from napari_deep_prior.core.run.recovery import BestResult

QUICK = Settings(preset="fast", iterations=2, seconds="never", device="cpu", seed=3)
SIDE, LEVEL = 128, 5.0
Y, X = np.mgrid[:SIDE, :SIDE] - SIDE / 2
ACROSS = Y * np.cos(0.35) - X * np.sin(0.35)
STRUCTURES = {
    "a bead of 120 photons": 120 / (2 * np.pi * 1.5**2) * np.exp(-(X**2 + Y**2) / (2 * 1.5**2)),
    "a dark spot": -3 * np.exp(-(X**2 + Y**2) / (2 * 3**2)),
    "a thread": 1.8 * np.exp(-(ACROSS**2) / 2),
    "a cloud": 0.9 * np.exp(-(X**2 + Y**2) / (2 * 12**2)),
    "a hot pixel": 60.0 * ((X == 7) & (Y == 3)),
    "faint waves everywhere": 0.6 * np.sin(X / 2) * np.sin(Y / 2),
}


def noisy(more: np.ndarray | float = 0.0, level: float = LEVEL, seed: int = 0) -> np.ndarray:
    counts = np.random.default_rng(seed).poisson(np.broadcast_to(level + more, (SIDE, SIDE)))
    return counts.astype(np.float32)


def nothing_in(image: np.ndarray) -> bool:
    noise = measure(image[None], np.ones(image.shape, bool))
    variance = torch.full(image.shape, float(noise.variance_at(np.array([image.mean()], np.float64))[0]))
    return only_noise(torch.from_numpy(image - image.mean()), variance, torch.ones(image.shape))


def noise_of(image: np.ndarray, **changes) -> NoiseModel:
    """On a scale that makes 50 to 1."""
    terms = (np.full((1, 1, 1), value) for value in (0.0, 50.0, np.inf))
    noise = measure(image[None], np.ones(image.shape, bool))
    return NoiseModel(dataclasses.replace(noise, **changes), Scaling(*terms))


@pytest.fixture(autouse=True, scope="module")
def _on_one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("level", [0.1, 1.0, LEVEL, 100.0])
def test_noise_is_told_from_structure_with_few_photons_as_with_many(level):
    assert all(nothing_in(noisy(level=level, seed=seed)) for seed in range(3))


@pytest.mark.parametrize("name", STRUCTURES)
def test_faint_structure_is_found(name):
    assert not any(nothing_in(noisy(STRUCTURES[name], seed=seed)) for seed in range(3))


def test_a_blank_channel_is_flat_and_the_other_as_ever(observe):
    blank, bead = noisy(), noisy(1.5 * STRUCTURES["a bead of 120 photons"], seed=1)
    both = torch.from_numpy(np.stack([bead, blank]))[None] / 50
    mixed = BestResult(7, both, torch.full_like(both, 0.1), (0.5,), "another")
    flat = flattened(mixed, observe(both, noise=noise_of(blank)), (0, 3))
    assert flat.featureless == (3,)
    assert torch.equal(flat.image[:, 0], mixed.image[:, 0])
    assert torch.equal(flat.deviation[:, 0], mixed.deviation[:, 0])
    image = flat.image[0, 1].double() * 50
    assert image.std() < 0.02 * LEVEL
    assert (image - image.mean()).abs().max() < 4 * image.std()
    assert float(image.mean()) == pytest.approx(blank.mean(), rel=1e-5)
    (words,) = in_words(flat.featureless, of=4)
    assert words.startswith("nothing but noise was found in channel 3:")
    assert not list(in_words((), of=4))


@pytest.mark.parametrize(
    "how",
    [
        {"noise": None},
        {"noisy": torch.ones(1, 1, SIDE, SIDE)},
        {
            "noise": noise_of(
                noisy(), correlation=(1.0, 0.5), autocorrelation=((0.0, 0.0, 0.0), (0.5, 1.0, 0.5), (0.0, 0.0, 0.0))
            )
        },
    ],
    ids=["no noise known", "clean parts", "shared by neighbours"],
)
def test_where_it_cannot_be_told_nothing_changes(observe, how):
    image = torch.from_numpy(noisy())[None, None] / 50
    mixed = BestResult(7, image, image)
    assert flattened(mixed, observe(image, **{"noise": noise_of(noisy()), **how}), (0,)) is mixed
    small = observe(image[..., :64, :64], noise=noise_of(noisy()))
    assert flattened(mixed, small, (0,)) is mixed


@pytest.fixture(scope="module")
def restored():
    return restore(noisy(), settings=QUICK)


def test_the_record_says_so_and_what_error_is_to_be_expected(restored):
    (plane,) = Record.from_json(restored.record.to_json()).planes
    assert plane.featureless == (0,)
    assert any(note.startswith("nothing but noise was found:") for note in plane.notes)
    assert "; 1 channel of 1 plane hold" in methods_paragraph(restored.record)
    error = np.sqrt(np.mean((restored.image - LEVEL) ** 2))
    assert error < 2 * plane.error.high * plane.error.noise
    assert restored.uncertainty.mean() < 0.02 * LEVEL


def test_it_repeats_from_its_record(restored):
    again = replay(noisy(), Record.from_json(restored.record.to_json()))
    np.testing.assert_array_equal(again.image, restored.image)
    np.testing.assert_array_equal(again.uncertainty, restored.uncertainty)
    (then,), (now,) = restored.record.planes, again.record.planes
    assert (now.featureless, now.error) == (then.featureless, then.error)
