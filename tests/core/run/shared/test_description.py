"""What a kept network says of itself survives JSON; impossible sizes are refused before anything of them is allocated."""

from __future__ import annotations

import json

import pytest

from napari_deep_prior import Denoise
from napari_deep_prior.core.run.shared.description import SCHEMA, Description, plain_parameters
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork


def test_it_survives_json(kept: KeptNetwork) -> None:
    about = kept.description
    assert Description.from_dict(json.loads(json.dumps(about.as_dict()))).as_dict() == about.as_dict()
    assert about.learnt_on.input["shape"] == [5, 40, 48]
    assert about.learnt_on.planes == 5
    assert about.context.letter == "T"
    assert about.context.planes == 5
    assert about.channels_in == 2 + 6
    assert about.steps == 10
    assert about.hidden_error is not None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("architecture.channels", [10**6]),
        ("architecture.channels", []),
        ("architecture.channels", [8] * 9),
        ("architecture.shuffle", 3),
        ("architecture.up", "cubic"),
        ("architecture.dims", 4),
        ("architecture.chain", 6),
        ("architecture.head_scale", float("nan")),
        ("method", "magic"),
        ("channels", 0),
        ("members", 10**6),
        ("context.planes", 10**6),
        ("sampling.smoothing_sigma", 1e9),
        ("sampling.mask_fraction", [0.5]),
        ("sampling.blind_spot_radius", 10**6),
        ("autocorrelation", [[1.0, 0.0]]),
        ("autocorrelation", [[2.0]]),
        ("hidden_error", float("inf")),
        ("schema", SCHEMA + 1),
    ],
)
def test_what_is_impossible_is_refused(kept: KeptNetwork, path: str, value: object) -> None:
    values = kept.description.as_dict()
    *way, last = path.split(".")
    inner = values
    for key in way:
        inner = inner[key]
    inner[last] = value
    with pytest.raises(ValueError, match=last if last in ("schema", "up", "dims") else way[0] if way else last):
        Description.from_dict(values)
    for nothing in (None, [], {}, "x"):
        with pytest.raises(ValueError, match="describes no network"):
            Description.from_dict(nothing)


def test_what_says_something_of_one_image_is_left_out() -> None:
    assert plain_parameters(Denoise(gain=2.0)) == {"noise": "auto"}
