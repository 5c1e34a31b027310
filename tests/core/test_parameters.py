"""A parameter is what its annotation says: bounds, words, kinds; every refusal names the field, the value and the need."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any, Literal

import annotated_types as at
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import Doc

from napari_deep_prior.core.parameters import Companion, FromLayer, Parameters, parameters_of
from napari_deep_prior.core.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example(Parameters):
    """One parameter of each kind."""

    whole: Annotated[int, at.Ge(-2), at.Le(7), Doc("A whole number.")] = 0
    open_ends: Annotated[float, at.Gt(0), at.Lt(1), Doc("A number strictly between.")] = 0.5
    either: Annotated[float | Literal["auto", "never"], at.Gt(0), Doc("A number or a word.")] = "auto"
    word: Annotated[Literal["one", "two"], Doc("A word.")] = "one"
    flag: Annotated[bool, Doc("Yes or no.")] = False
    mask: Annotated[Companion, FromLayer("labels"), Doc("An array.")] = None  # type: ignore[assignment]


@given(st.integers())
def test_inclusive_bounds_hold_exactly(value: int) -> None:
    if -2 <= value <= 7:
        assert Example(whole=value).whole == value
    else:
        with pytest.raises(ValueError, match=rf"^whole = {value}: needs a whole number >= -2 and <= 7\.$"):
            Example(whole=value)


@given(st.floats())
def test_exclusive_bounds_hold_exactly(value: float) -> None:
    if 0 < value < 1:
        assert Example(open_ends=value).open_ends == value
    else:
        with pytest.raises(ValueError, match=r"^open_ends = .*: needs a number > 0 and < 1\.$"):
            Example(open_ends=value)


@given(st.text())
def test_only_the_declared_words(value: str) -> None:
    for name, words in {"word": {"one", "two"}, "either": {"auto", "never"}}.items():
        if value in words:
            Example(**{name: value})
        else:
            with pytest.raises(ValueError, match=f"^{name} = "):
                Example(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole", 1.0),
        ("whole", True),
        ("whole", "1"),
        ("whole", None),
        ("open_ends", True),
        ("open_ends", np.nan),
        ("either", np.inf),
        ("either", 0),
        ("either", False),
        ("word", 1),
        ("word", None),
        ("flag", 1),
        ("flag", "yes"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_name_value_and_need(name: str, value: Any) -> None:
    needs = next(p.needs for p in parameters_of(Example) if p.name == name)
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole text is compared below
        Example(**{name: value})
    assert str(refusal.value) == f"{name} = {value!r}: needs {needs}."


def test_needs_in_words() -> None:
    needs = {p.name: p.needs for p in parameters_of(Example)}
    assert needs["either"] == "'auto' or 'never' or a number > 0"
    assert needs["flag"] == "True or False"
    assert needs["word"] == "'one' or 'two'"


def test_numpy_scalars_are_numbers_and_leave_as_plain_json() -> None:
    example = Example(whole=np.int64(3), open_ends=np.float32(0.5), flag=np.bool_(True))
    values = example.as_dict()
    assert json.loads(json.dumps(values)) == values
    assert values == {"whole": 3, "open_ends": 0.5, "either": "auto", "word": "one", "flag": True}


def test_values_are_frozen_keyword_only_and_compared_by_identity() -> None:
    example = Example(mask=np.zeros((2, 2)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        example.whole = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        Example(1)  # type: ignore[misc]
    assert example != dataclasses.replace(example)


def test_replacing_a_value_checks_it_again() -> None:
    with pytest.raises(ValueError, match="whole = 8"):
        dataclasses.replace(Example(), whole=8)


def test_what_a_form_reads() -> None:
    found = {p.name: p for p in parameters_of(Example)}
    assert list(found) == ["whole", "open_ends", "either", "word", "flag", "mask"]
    assert found["whole"].doc == "A whole number."
    assert (found["whole"].low, found["whole"].high, found["whole"].low_open) == (-2, 7, False)
    assert (found["open_ends"].low_open, found["open_ends"].high_open) == (True, True)
    assert found["either"].choices == ("auto", "never")
    assert found["either"].number is float
    assert found["mask"].layer == FromLayer("labels")
    assert [p.name for p in found.values() if p.flag] == ["flag"]


def test_an_annotation_without_a_rule_is_refused_not_ignored() -> None:
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
    class Unknown(Parameters):
        length: Annotated[int, at.MultipleOf(2), Doc("Even.")] = 2

    with pytest.raises(TypeError, match="length"):
        Unknown()


def test_a_parameter_may_be_a_word_or_the_path_of_a_file() -> None:
    assert Settings(network="a/Scope.SAFETENSORS").network_file == "a/Scope.SAFETENSORS"
    assert Settings(network="shared").network_file is None
    for wrong in ("scope.npz", "", "a\0.safetensors", 3):
        with pytest.raises(ValueError, match=r"'shared' or the path of a \.safetensors file"):
            Settings(network=wrong)
