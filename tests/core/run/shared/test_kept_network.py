"""A kept network is the same function after a round trip through plain values, and nothing damaged becomes one."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_deep_prior import Denoise, Fit, Settings, replay, restore
from napari_deep_prior.core.methods import METHODS
from napari_deep_prior.core.results import Record, StopReason
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork

QUICK = Settings(preset="fast", iterations=10, seconds="never", device="cpu", precision="float32")


def carried(network: KeptNetwork) -> KeptNetwork:
    """As it comes back from a file."""
    state = json.loads(json.dumps(network.state_dict()["description"]))
    return KeptNetwork.from_state({"description": state, "weights": {n: a.copy() for n, a in network.weights.items()}})


SHARED = [method.name for method in METHODS if method.name in ("blind-spot", "recorrupted")]


def test_the_methods_that_may_be_shared_are_all_tested() -> None:
    from napari_deep_prior.core.methods import Evidence
    from napari_deep_prior.core.noise.estimate import NoiseEstimate

    evidence = Evidence(noise=NoiseEstimate(sigma=1.0, patches=9, correlation=(1.0, 0.0)), pixels=4096)
    may = {m.name for m in Denoise().methods(evidence) if not m.is_instant and m.shared(m.config(evidence)) is not None}
    assert may == set(SHARED)


@pytest.mark.parametrize("method", SHARED)
@pytest.mark.parametrize("more", [{}, {"context": 0}, {"ensemble_size": 2}])
def test_it_draws_the_same_bits_after_a_round_trip(film, learnt, method: str, more: dict[str, object]) -> None:
    image = film()
    fit = learnt(image, method=method, **more)
    network = carried(fit.network)
    assert network.sha256 == fit.network.sha256
    result = restore(image, None, axes="TYX", settings=QUICK, network=network)
    np.testing.assert_array_equal(result.image, fit.result.image)
    np.testing.assert_array_equal(result.uncertainty, fit.result.uncertainty)
    assert result.reason is StopReason.DRAWN
    assert result.record.network == {"sha256": network.sha256, "learnt_on": ""}
    assert "fits this image" in result.record.notes[-1]


def test_channels_volumes_and_a_single_image_are_kept_too(film, learnt) -> None:
    image = film()
    colour = np.stack([image, 3 * image[::-1]], -1)
    fit = learnt(colour, axes="TYXC")
    again = restore(colour, None, axes="TYXC", settings=QUICK, network=carried(fit.network))
    np.testing.assert_array_equal(again.image, fit.result.image)
    volume = film(6, 24, 24)
    fit = learnt(volume, axes="ZYX", volume=True, iterations=5, network="shared")
    wanted = type(QUICK)(**{**QUICK.as_dict(), "volume": True})
    np.testing.assert_array_equal(
        restore(volume, None, axes="ZYX", settings=wanted, network=carried(fit.network)).image, fit.result.image
    )
    fit = learnt(image[0], axes="YX", network="shared")
    np.testing.assert_array_equal(
        restore(image[0], None, settings=QUICK, network=carried(fit.network)).image, fit.result.image
    )


def test_a_record_needs_its_own_network(film, learnt) -> None:
    image = film()
    network = learnt(image[:4]).network
    record = Record.from_json(restore(image, None, axes="TYX", settings=QUICK, network=network).record.to_json())
    again = replay(image, record, network=carried(network))
    np.testing.assert_array_equal(again.image, restore(image, None, axes="TYX", settings=QUICK, network=network).image)
    with pytest.raises(ValueError, match=network.sha256):
        replay(image, record)
    other = learnt(image[1:]).network
    with pytest.raises(ValueError, match="needs the same"):
        replay(image, record, network=other)
    own = learnt(image).result.record
    with pytest.raises(ValueError, match="leave the network out"):
        replay(image, own, network=network)


def test_there_is_none_to_keep_of_a_fit_of_its_own_or_before_it_learnt(film) -> None:
    fit = Fit(film(1)[0], None, QUICK)
    list(fit)
    with pytest.raises(ValueError, match="network = 'shared'"):
        fit.network  # noqa: B018
    begun = Fit(film(), None, QUICK, axes="TYX")
    next(iter(begun))
    with pytest.raises(ValueError, match="yet"):
        begun.network  # noqa: B018


def test_its_name_is_part_of_it(kept: KeptNetwork) -> None:
    named = kept.named("film.tif")
    assert named.sha256 != kept.sha256
    assert named.used() == {"sha256": named.sha256, "learnt_on": "film.tif"}
    assert "film.tif" in named.title


def _weights(kept: KeptNetwork) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in kept.weights.items()}


def test_weights_that_are_none_are_refused(kept: KeptNetwork) -> None:
    first = next(name for name in kept.weights if name.endswith("weight"))
    variance = next(name for name in kept.weights if name.endswith("running_var"))
    for name, damage, message in (
        (first, lambda a: a * np.nan, "NaN"),
        (first, lambda a: a.astype(np.float64), "float64"),
        (first, lambda a: a[:1], "shape"),
        (variance, lambda a: -a - 1, "negative"),
    ):
        weights = _weights(kept)
        weights[name] = damage(weights[name])
        with pytest.raises(ValueError, match=message):
            KeptNetwork(description=kept.description, weights=weights)
    weights = _weights(kept)
    del weights[first]
    with pytest.raises(ValueError, match="missing"):
        KeptNetwork(description=kept.description, weights=weights)
    for odd in ("1.head.weight", "head.weight", "0.another"):
        with pytest.raises(ValueError, match=r"no network|has no"):
            KeptNetwork(description=kept.description, weights={**_weights(kept), odd: np.zeros(1, np.float32)})


def _places(values: object, path: tuple[object, ...] = ()):
    """Every place in nested plain values."""
    if path:
        yield path
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in items:
        yield from _places(value, (*path, key))


ODD = st.sampled_from([None, True, -1, 0, 10**9, 1.5, float("nan"), float("inf"), "x", [], [1], {}, [[2.0]]])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_hostile_description_is_refused_or_harmless(kept: KeptNetwork, data: st.DataObject) -> None:
    state = {"description": copy.deepcopy(kept.state_dict()["description"]), "weights": kept.weights}
    *way, last = data.draw(st.sampled_from(list(_places(state["description"]))))
    inner = state["description"]
    for key in way:
        inner = inner[key]
    inner[last] = data.draw(ODD)
    try:
        KeptNetwork.from_state(state)
    except ValueError:
        return


def test_its_text_is_short(kept: KeptNetwork) -> None:
    """In an interactive session the last value is printed: no thousands of weights."""
    assert "weights" not in repr(kept)
