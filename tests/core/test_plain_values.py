"""Plain values become dataclasses of the right types, or one error in words."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, TypedDict

import pytest

from napari_deep_prior.core.plain_values import from_plain


class Typed(TypedDict):
    side: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    at: int
    by: float | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: str
    flag: bool
    inner: tuple[Inner, ...]
    sizes: Typed
    words: dict[str, str]
    anything: dict[str, Any]


GOOD: dict[str, Any] = {
    "name": "a",
    "flag": True,
    "inner": [{"at": 3, "by": 2}, {"at": 4}],
    "sizes": {"side": 1, "colour": "red"},
    "words": {"a": "b"},
    "anything": {"a": [1, None]},
    "unknown": 3,
}


def test_what_fits_is_taken_to_any_depth() -> None:
    found = from_plain(Outer, GOOD)
    assert found.inner == (Inner(at=3, by=2), Inner(at=4))
    assert found.sizes == {"side": 1, "colour": "red"}
    assert found.anything == {"a": [1, None]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": 3}, "name = 3: needs text"),
        ({"name": None}, "name = None: needs text"),
        ({"flag": 1}, "flag = 1: needs true or false"),
        ({"inner": "ab"}, "inner = 'ab': needs a list"),
        ({"inner": [3]}, r"inner\[0\] = 3: needs names with values"),
        ({"inner": [{"at": 3}, {"by": 1.0}]}, r"inner\[1\]\.at is missing"),
        ({"inner": [{"at": True}]}, r"inner\[0\]\.at = True: needs a whole number"),
        ({"inner": [{"at": 1.5}]}, r"inner\[0\]\.at = 1\.5: needs a whole number"),
        ({"inner": [{"at": 1, "by": 10**400}]}, r"inner\[0\]\.by = 1000.*: needs a number"),
        ({"sizes": {}}, r"sizes\.side is missing"),
        ({"sizes": {"side": "1"}}, r"sizes\.side = '1': needs a whole number"),
        ({"words": {"a": 1}}, r"words\.a = 1: needs text"),
        ({"words": [1]}, r"words = \[1\]: needs names with values"),
        ({"anything": None}, "anything = None: needs names with values"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_plain(Outer, {**GOOD, **change})


def test_a_missing_name_is_told() -> None:
    with pytest.raises(ValueError, match="flag is missing"):
        from_plain(Outer, {name: value for name, value in GOOD.items() if name != "flag"})


@dataclasses.dataclass(frozen=True)
class Worded:
    word: Literal["a", "b"]
    number: Literal[2, 3] = 2


def test_a_word_is_one_of_those_that_may_be() -> None:
    assert from_plain(Worded, {"word": "b", "number": 3}) == Worded("b", 3)
    for wrong in ({"word": "c"}, {"word": ["a"]}, {"word": "a", "number": 2.0}, {"word": "a", "number": True}):
        with pytest.raises(ValueError, match=r"needs '?[a2]'? or '?[b3]'?"):
            from_plain(Worded, wrong)
