"""Evidence -> method, because."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.imaging.holes import NO_HOLES, HoleStatistics
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods.blind_spot import BlindSpot
from napari_deep_prior.core.methods.choice import choose
from napari_deep_prior.core.methods.deep_image_prior import DeepImagePrior
from napari_deep_prior.core.methods.hole_filling import HoleFilling
from napari_deep_prior.core.methods.plug_and_play import PlugAndPlay
from napari_deep_prior.core.methods.recorrupted import Recorrupted
from napari_deep_prior.core.methods.zero_shot import ZeroShot
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.tasks.deconvolve import Deconvolve
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.core.tasks.inpaint import Inpaint
from napari_deep_prior.core.tasks.remove_artifacts import RemoveArtifacts
from napari_deep_prior.core.tasks.super_resolve import SuperResolve

ALONE, SHARED = (1.0, 0.05), (1.0, 0.5, 0.05)
MASK = np.zeros((4, 4))
FILL, FILL_AND_DENOISE = Inpaint(mask=MASK), Inpaint(mask=MASK, keep_known=False)


def noise(correlation=ALONE, **found) -> NoiseEstimate:
    return NoiseEstimate(**{"sigma": 1.0, "patches": 9, "correlation": correlation, **found})


def holes(width: float, fraction: float = 0.1) -> HoleStatistics:
    return HoleStatistics(fraction=fraction, typical_width=width, max_width=round(2 * width), pixels=10**4)


TABLE = [
    # what was lost, the evidence, the method, because
    (Denoise(), {"noise": noise()}, Recorrupted, "independent from pixel to pixel (correlation 0.05) and symmetric"),
    (Denoise(), {"noise": noise(skewness=0.5)}, BlindSpot, "skewed, as of few photons (skewness 0.50)"),
    (Denoise(), {"noise": noise(SHARED, detail=0.2)}, BlindSpot, "5 x 5 pixels are hidden together"),
    (Denoise(), {"noise": noise(SHARED, detail=0.8)}, Recorrupted, "detail finer than the noise hides (0.8 times"),
    (Denoise(), {"noise": noise(outliers=True)}, BlindSpot, "what is far off"),
    (Denoise(), {"noise": noise(patches=0)}, BlindSpot, "large enough to measure the noise in"),
    (Denoise(), {"noise": noise(), "preset": "paper"}, DeepImagePrior, "the paper's"),
    (Denoise(), {"noise": noise(), "volume": True}, Recorrupted, "independent"),
    (FILL, {"holes": holes(3)}, HoleFilling, "learns to fill such holes"),
    (FILL, {"holes": holes(12)}, HoleFilling, "learns to fill such holes"),
    (FILL, {"holes": holes(20)}, DeepImagePrior, "wide holes to fill"),
    (FILL, {"holes": holes(20, fraction=0.7)}, HoleFilling, "learns to fill such holes"),
    (FILL, {"volume": True}, DeepImagePrior, "missing pixels to fill"),
    (FILL, {"holes": holes(3), "preset": "paper"}, DeepImagePrior, "the paper's"),
    (FILL_AND_DENOISE, {"holes": holes(3)}, Recorrupted, "symmetric"),
    (FILL_AND_DENOISE, {"holes": holes(12)}, DeepImagePrior, "wide holes to fill, and noise to leave out"),
    (
        SuperResolve(factor=2),
        {"pixels": 10**6},
        ZeroShot,
        "finer pixels to draw, and what was lost can be lost once more",
    ),
    (SuperResolve(factor=2), {"pixels": 10**6, "preset": "paper"}, DeepImagePrior, "the paper's"),
    (SuperResolve(factor=8), {"pixels": 24**2}, DeepImagePrior, "many times finer"),
    (SuperResolve(factor=8), {"pixels": 200**2}, ZeroShot, "finer pixels"),
    (SuperResolve(factor=8, denoise_too=True), {"pixels": 24**2}, ZeroShot, "finer pixels"),
    (SuperResolve(factor=2), {"pixels": 10**6, "volume": True}, ZeroShot, "finer pixels"),
    (Deconvolve(blur="optics"), {}, PlugAndPlay, "a blur to undo, in alternation with a denoiser"),
    (Deconvolve(blur="optics"), {"volume": True}, DeepImagePrior, "a blur to undo"),
    (Deconvolve(blur="unknown"), {}, DeepImagePrior, "a blur to find out"),
    (RemoveArtifacts(), {"repeatable": True}, ZeroShot, "the steps are known"),
    (RemoveArtifacts(), {"repeatable": False}, DeepImagePrior, "share what is to be removed"),
    (RemoveArtifacts(artifact="stripes"), {}, DeepImagePrior, "share what is to be removed"),
]


def evidence_for(task, **found) -> Evidence:
    return Evidence(**{"noise": noise(), "holes": NO_HOLES, "repeatable": task.repeatable(None), **found})


@pytest.mark.parametrize(("task", "found", "method", "because"), TABLE)
def test_the_evidence_decides(task, found, method, because: str) -> None:
    evidence = evidence_for(task, **found)
    chosen, why = choose(task.methods(evidence), "auto", evidence)
    assert type(chosen) is method
    assert because in why
    assert why.startswith(f"method {chosen.name}: ")


@pytest.mark.parametrize("task", [Denoise(), FILL, SuperResolve(), Deconvolve(blur="optics"), RemoveArtifacts()])
def test_a_wish_is_honoured_whatever_the_evidence(task) -> None:
    evidence = evidence_for(task, holes=holes(3))
    for candidate in task.methods(evidence):
        chosen, why = choose(task.methods(evidence), candidate.name, evidence)
        assert chosen.name == candidate.name
        assert "you chose it" in why


@pytest.mark.parametrize(
    ("task", "found", "wish", "needs"),
    [
        (Denoise(), {}, PlugAndPlay.name, "needs a loss that is known exactly"),
        (Deconvolve(blur="unknown"), {}, PlugAndPlay.name, "needs a loss that is known exactly"),
        (RemoveArtifacts(), {"repeatable": False}, ZeroShot.name, "needs a loss that is known exactly"),
        (Denoise(), {"noise": noise(patches=0)}, Recorrupted.name, "large enough to measure"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_can(task, found, wish: str, needs: str) -> None:
    evidence = evidence_for(task, **found)
    with pytest.raises(ValueError, match=needs) as refused:
        choose(task.methods(evidence), wish, evidence)
    assert str(refused.value).startswith(f"method = {wish!r} needs")
    assert DeepImagePrior.name in str(refused.value)
