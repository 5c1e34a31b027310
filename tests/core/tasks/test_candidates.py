"""Methods that several tasks list."""

from __future__ import annotations

from napari_deep_prior.core.methods import Evidence
from napari_deep_prior.core.networks.catalogue import UPSAMPLING
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.tasks._candidates import DENOISERS, by_wish

EVIDENCE = Evidence(noise=NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0)))


def test_what_is_there_by_wish_suits_nothing_by_itself() -> None:
    methods = by_wish(UPSAMPLING)
    assert [method.suits(EVIDENCE) for method in methods] == [None, None]
    assert all(method.config(EVIDENCE).architecture == UPSAMPLING["balanced"] for method in methods)


def test_denoisers_leave_no_noise_without_a_method() -> None:
    for found in ({}, {"skewness": 1.0}, {"patches": 0}, {"outliers": True}, {"correlation": (1.0, 0.6, 0.1)}):
        noise = NoiseEstimate(**{"sigma": 1.0, "patches": 1, "correlation": (1.0, 0.0), **found})
        evidence = Evidence(noise=noise)
        assert any(m.refuses(evidence) is None and m.suits(evidence) is not None for m in DENOISERS)
