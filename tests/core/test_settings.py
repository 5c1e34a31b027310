"""Settings: described once, checked on construction, written as JSON and read back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.settings import Settings

PARAMETERS = list(parameters_of(Settings))


def values_of(parameter):  # every value that a declared parameter may take
    low = max(parameter.low, -1e6)
    high = min(parameter.high, 1e6)
    kinds = [st.sampled_from(parameter.choices)] if parameter.choices else []
    if parameter.number is int:
        kinds.append(st.integers(int(low), int(high)))
    if parameter.number is float:
        kinds.append(
            st.floats(low, high, exclude_min=parameter.low_open, exclude_max=parameter.high_open, allow_subnormal=False)
        )
    if parameter.flag:
        kinds.append(st.booleans())
    return st.one_of(kinds)


@given(st.fixed_dictionaries({p.name: values_of(p) for p in PARAMETERS}))
def test_any_settings_survive_json(values) -> None:
    settings = Settings(**values)
    assert settings.as_dict() == values
    assert Settings(**json.loads(json.dumps(settings.as_dict()))).as_dict() == values


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda p: p.name)
def test_every_setting_has_a_default_and_says_what_it_does(parameter) -> None:
    assert parameter.refuses(parameter.default) is None
    assert parameter.doc.endswith(".")
    for word in set(parameter.choices) - {"auto", "float32", "bfloat16", "cpu", "cuda", "mps"}:
        assert word in parameter.doc, f"{parameter.name}: what does {word!r} mean?"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", -1),
        ("seed", 2**31),
        ("iterations", 0),
        ("seconds", 0),
        ("averaging", 1),
        ("preset", "Fast"),
        ("device", "gpu"),
    ],
)
def test_out_of_bounds_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{name} = {value!r}: needs "):
        Settings(**{name: value})


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [10**400, [], {}, (1,), object(), 1j, b"auto", np.float32(0.5), np.int64(3), np.array([1, 2]), Settings]
    ),
)


@given(st.dictionaries(st.sampled_from([*(p.name for p in PARAMETERS), "speed", ""]), odd, max_size=3))
def test_any_other_value_is_refused_in_words(values) -> None:
    try:
        made = Settings.from_dict(values)
    except ValueError as error:
        assert len(str(error)) < 2000  # noqa: PT017  whether it is refused is open
        return
    json.dumps(made.as_dict())
