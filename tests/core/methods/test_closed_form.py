"""A method in closed form takes one step, whatever the settings say."""

from __future__ import annotations

import pytest

from napari_deep_prior import Denoise, Settings
from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.methods._closed_form import ClosedFormConfig
from napari_deep_prior.core.methods.nl_ridge import NLRidge
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.run.plan import plan_from
from napari_deep_prior.core.stopping import STOPPING

EVIDENCE = Evidence(noise=NoiseEstimate(sigma=1.0, patches=9, correlation=(1.0, 0.0)), preset="instant")


def test_settings_of_a_fit_change_nothing() -> None:
    given = Settings(preset="instant", iterations=50, ensemble_size=3, seconds=5)
    config = plan_from(Denoise(), given, EVIDENCE).config
    assert isinstance(config, ClosedFormConfig)
    assert (config.iterations, config.ensemble_size, config.done) == (1, 1, StopReason.COMPUTED)


@pytest.mark.parametrize("stopping", ["auto", *STOPPING])
def test_nothing_is_kept_out(stopping: str) -> None:
    assert list(NLRidge().criterion(stopping, EVIDENCE).notes()) == []
