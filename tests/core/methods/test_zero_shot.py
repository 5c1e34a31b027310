"""Zero-shot learning needs a degradation that can be applied again."""

from __future__ import annotations

from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods.zero_shot import REFRESH_FRACTION, ZeroShot
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.stopping import STOPPING
from napari_deep_prior.core.stopping.rules import EarlyStopping

NOISE = NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0))


def test_it_refuses_what_cannot_be_repeated() -> None:
    assert ZeroShot().refuses(Evidence(noise=NOISE, repeatable=True)) is None
    assert "known exactly" in ZeroShot().refuses(Evidence(noise=NOISE))


def test_estimates_join_the_training_images_where_they_are_finer() -> None:
    assert ZeroShot(refresh_fraction=REFRESH_FRACTION).config(Evidence(noise=NOISE)).refresh_every == 40
    assert ZeroShot().config(Evidence(noise=NOISE)).refresh_every == 0


def test_there_is_nothing_to_judge_it_by() -> None:
    for stopping in ("auto", *STOPPING):
        assert not isinstance(ZeroShot().criterion(stopping, Evidence(noise=NOISE)).rule, EarlyStopping)
