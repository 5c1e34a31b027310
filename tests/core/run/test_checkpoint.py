"""Checkpoints: a new fit goes on from the disk with the same bits; another run's checkpoint is refused in words."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior import Deconvolve, Denoise, Fit, Inpaint, RemoveArtifacts, Result, Settings, SuperResolve
from napari_deep_prior.core.methods import METHODS
from napari_deep_prior.core.run import checkpoint
from napari_deep_prior.core.tasks import AbstractTask

STEPS = 24
SETTINGS = Settings(preset="fast", iterations=STEPS, seconds="never", device="cpu", precision="float32", seed=4)
SHAPE = (16, 20)
MASK = np.zeros((3, *SHAPE), np.uint8)
MASK[:, 6:9, 5:15] = 1
CASES: dict[str, tuple[AbstractTask, dict[str, Any]]] = {
    "deep-image-prior": (Denoise(), {"method": "deep-image-prior"}),
    "deep-image-prior by frequencies": (
        Denoise(),
        {"method": "deep-image-prior", "stopping": "held-out-frequencies"},
    ),
    "deep-image-prior by variance": (Denoise(), {"method": "deep-image-prior", "stopping": "running-variance"}),
    "blind-spot": (Denoise(), {"method": "blind-spot"}),
    "recorrupted": (Denoise(), {"method": "recorrupted"}),
    "a shared network": (Denoise(), {"network": "shared"}),
    "hole-filling": (Inpaint(mask=MASK), {"method": "hole-filling"}),
    "zero-shot": (SuperResolve(factor=2), {"method": "zero-shot"}),
    "plug-and-play": (Deconvolve(psf=np.ones((3, 3))), {"method": "plug-and-play"}),
    "nl-ridge": (Denoise(), {"method": "nl-ridge"}),
    "stripes": (RemoveArtifacts(artifact="stripes"), {}),
    "an ensemble": (Denoise(), {"method": "deep-image-prior", "ensemble_size": 2}),
}


def stack(seed: int = 0) -> np.ndarray:
    ramp = np.linspace(100, 900, SHAPE[1])
    return (ramp + np.random.default_rng(seed).normal(0, 60, (3, *SHAPE))).astype(np.float32)


@pytest.fixture(autouse=True)
def every_step_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a run can be broken off at any step, however fast the machine is."""
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.INTERVAL", 0.0)
    monkeypatch.setattr("napari_deep_prior.core.run.throttle.FRACTION", 1e9)


def made(case: str = "blind-spot", image: np.ndarray | None = None, **changed: Any) -> Fit:
    task, settings = CASES[case]
    return Fit(
        stack() if image is None else image,
        task,
        dataclasses.replace(SETTINGS, **{"network": "each", **settings, **changed}),
        axes="TYX",
        threads=1,
    )


def run(fit: Fit, *, until: Callable[[Any], bool] = lambda snapshot: False) -> Fit:
    for snapshot in fit:
        if until(snapshot):
            break
    return fit


def middle(snapshot: Any) -> bool:
    """Step 13 of the second of three planes, or its end where it needs one step."""
    return snapshot.plane == 1 and (snapshot.iteration == 13 or snapshot.iterations_left == 0)


def through_the_disk(fit: Fit, folder: Path, fresh: Fit) -> Fit:
    checkpoint.save(fit, folder / "run.checkpoint")
    checkpoint.load(fresh, folder / "run.checkpoint")
    return fresh


def assert_same(one: Result, other: Result) -> None:
    for name in ("image", "uncertainty", "invented"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for mine, theirs in zip(one.record.planes, other.record.planes, strict=True):
        untimed = [
            dataclasses.replace(
                plane, seconds=0.0, curve=tuple(dataclasses.replace(point, seconds=0.0) for point in plane.curve)
            )
            for plane in (mine, theirs)
        ]
        assert untimed[0] == untimed[1]
    assert one.reason == other.reason


def test_every_method_has_a_case() -> None:
    assert {method.name for method in METHODS} <= CASES.keys()


@pytest.mark.parametrize("case", CASES)
def test_it_goes_on_with_the_same_bits_in_the_middle_of_a_stack(case: str, tmp_path: Path) -> None:
    undisturbed = run(made(case)).result
    broken = run(made(case), until=middle)
    assert_same(run(through_the_disk(broken, tmp_path, made(case))).result, undisturbed)


@pytest.mark.parametrize("step", [5, STEPS])
def test_a_network_that_learns_for_all_goes_on_with_the_same_bits(step: int, tmp_path: Path) -> None:
    undisturbed = run(made("a shared network")).result
    broken = run(made("a shared network"), until=lambda s: s.stage == "learning" and s.iteration == step)
    assert_same(run(through_the_disk(broken, tmp_path, made("a shared network"))).result, undisturbed)


def test_what_was_learnt_from_estimates_goes_on(tmp_path: Path) -> None:
    """The sampler of zero-shot has images of its own by then."""
    broken = run(made("zero-shot"), until=middle)
    (member,) = broken.state_dict()["fit"]["now"]["solver"]
    assert member["training_estimate"] is not None
    loaded = through_the_disk(broken, tmp_path, made("zero-shot"))
    (again,) = loaded.state_dict()["fit"]["now"]["solver"]
    assert torch.equal(again["training_estimate"], member["training_estimate"])
    assert again["training_estimate"].stride() == member["training_estimate"].stride()


def test_between_two_planes_the_next_starts_from_the_one_before(tmp_path: Path) -> None:
    undisturbed = run(made("deep-image-prior")).result
    broken = run(made("deep-image-prior"), until=lambda s: s.plane == 0 and s.iterations_left == 0)
    assert_same(run(through_the_disk(broken, tmp_path, made("deep-image-prior"))).result, undisturbed)


def test_a_plane_with_nothing_to_do_is_passed_over_again(tmp_path: Path) -> None:
    image = stack()
    image[0] = 7
    undisturbed = run(made(image=image)).result
    broken = run(made(image=image), until=middle)
    assert_same(run(through_the_disk(broken, tmp_path, made(image=image))).result, undisturbed)


def test_what_was_chosen_by_hand_and_a_further_budget_are_kept(tmp_path: Path) -> None:
    def chosen() -> Fit:
        fit = made()
        for snapshot in fit:
            if snapshot.plane == 0 and snapshot.iteration == 5:
                fit.choose(snapshot)
        fit.resume(iterations=9)
        return fit

    undisturbed = run(chosen()).result
    broken = run(chosen(), until=lambda snapshot: snapshot.iteration == STEPS + 4)
    result = run(through_the_disk(broken, tmp_path, made())).result
    assert_same(result, undisturbed)
    assert [plane.iterations for plane in result.record.planes] == [STEPS, STEPS, STEPS + 9]
    assert result.record.planes[0].chosen == 5


def test_it_goes_back_to_an_earlier_step_by_the_same_steps(tmp_path: Path) -> None:
    once = run(made(iterations=30), until=lambda s: s.plane == 1 and s.iteration == 27)
    loaded = through_the_disk(once, tmp_path, made(iterations=30))
    for fit in (once, loaded):
        fit.resume(iterations=3, back_to=8)
        run(fit, until=lambda s: s.plane == 1 and s.iterations_left == 0)
    assert_same(loaded.result, once.result)


def test_a_run_that_has_not_begun_has_a_checkpoint_too(tmp_path: Path) -> None:
    assert_same(run(through_the_disk(made(), tmp_path, made())).result, run(made()).result)


def test_the_state_is_made_of_plain_things() -> None:
    plain = (torch.Tensor, np.ndarray, bool, int, float, str, type(None))

    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert all(isinstance(name, str) for name in value)
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            for item in value:
                check(item)
        else:
            assert isinstance(value, plain), type(value)

    fit = made("an ensemble")
    for snapshot in fit:
        if snapshot.plane == 0 and snapshot.iteration == 5:
            fit.choose(snapshot)
        if middle(snapshot):
            break
    check(fit.state_dict())


def test_its_size_does_not_grow_with_the_steps(tmp_path: Path) -> None:
    sizes = []
    for steps in (110, 360):
        fit = run(made("deep-image-prior", iterations=400), until=lambda s, steps=steps: s.iteration == steps)
        checkpoint.save(fit, tmp_path / "run.checkpoint")
        sizes.append((tmp_path / "run.checkpoint").stat().st_size)
    assert sizes[1] < 1.1 * sizes[0]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"iterations": 25}, r"settings.iterations was 24 there and is 25 here"),
        ({"case": "hole-filling"}, r"is of another run: companions\.mask"),
        ({"image": np.zeros((2, *SHAPE), np.float32) + np.arange(SHAPE[1], dtype=np.float32)}, r"image\.shape was"),
        ({"image": stack(seed=1)}, r"The image is another one"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused_in_words(other: dict[str, Any], words: str, tmp_path: Path) -> None:
    broken = run(made(), until=middle)
    with pytest.raises(ValueError, match=words):
        through_the_disk(broken, tmp_path, made(**other))


def test_a_fit_that_has_begun_is_refused(tmp_path: Path) -> None:
    broken = run(made(), until=middle)
    with pytest.raises(ValueError, match="has begun already"):
        through_the_disk(broken, tmp_path, broken)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut short"])
def test_what_is_no_checkpoint_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no checkpoint, or damaged"):
        checkpoint.load(made(), path)


@pytest.mark.parametrize("shape", ["(3,(  }", '"""(3,), }', "(3,), }\n   x\n y"])
def test_an_array_with_a_damaged_header_is_refused_in_words(shape: str, tmp_path: Path) -> None:
    """Numpy parses it as Python, with the errors of a tokenizer."""
    path, whole = tmp_path / "run.checkpoint", io.BytesIO()
    np.save(whole, np.zeros(3, np.uint8))
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}".ljust(117) + "\n"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("json.npy", whole.getvalue()[:10] + header.encode() + bytes(3))
    with pytest.raises(ValueError, match="is no checkpoint, or damaged"):
        checkpoint.load(made(), path)


def forged(path: Path, spoilt: Callable[[Any], Any]) -> Path:
    """A checkpoint whose text was changed."""
    checkpoint.save(run(made(), until=middle), path)
    with np.load(path) as stored:
        arrays = dict(stored)
    content = spoilt(json.loads(bytes(arrays["json"])))
    arrays["json"] = np.frombuffer(json.dumps(content).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def test_a_state_that_lacks_something_is_refused_in_words(tmp_path: Path) -> None:
    def spoilt(content: Any) -> Any:
        del content["mapping"]["state"]["mapping"]["fit"]["mapping"]["now"]
        return content

    path = forged(tmp_path / "run.checkpoint", spoilt)
    with pytest.raises(ValueError, match="damaged"):
        checkpoint.load(made(), path)


@pytest.mark.parametrize(
    "odd", [None, 7, "x", [], {"mapping": 3}, {"tensor": "array1", "order": [0, 0]}, {"tensor": "no"}]
)
def test_a_state_that_is_none_is_refused_in_words(odd: object, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    with path.open("wb") as file:
        content = {"mapping": {"origin": {"mapping": {}}, "state": odd}}
        np.savez(file, json=np.frombuffer(json.dumps(content).encode(), np.uint8), array1=np.zeros(3, np.float32))
    with pytest.raises(ValueError, match=r"damaged|of another run"):
        checkpoint.load(made(), path)


def test_a_number_that_no_tensor_holds_is_refused_in_words(tmp_path: Path) -> None:
    def spoilt(value: Any) -> Any:
        """The same, with a huge number for each tensor of momentum."""
        if isinstance(value, list):
            return [spoilt(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: [10**400] * len(item) if name == "momenta" else spoilt(item) for name, item in value.items()}

    path = forged(tmp_path / "run.checkpoint", spoilt)
    with pytest.raises(ValueError, match="damaged"):
        checkpoint.load(made(), path)


def test_weights_of_another_shape_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    checkpoint.save(run(made(), until=middle), path)
    with np.load(path) as stored:
        arrays = {name: array[..., :1] if array.ndim > 2 else array for name, array in stored.items()}
    with path.open("wb") as file:
        np.savez(file, **arrays)
    with pytest.raises(ValueError, match="is damaged"):
        checkpoint.load(made(), path)


def test_nothing_in_it_can_be_code(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    with path.open("wb") as file:
        np.savez(file, json=np.array([{"state": 1}], dtype=object))
    with pytest.raises(ValueError, match="no checkpoint, or damaged"):
        checkpoint.load(made(), path)
