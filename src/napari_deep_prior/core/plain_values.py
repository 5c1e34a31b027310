"""Plain values, as JSON has them, checked against the types of the dataclass they are for."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from napari_deep_prior.core.parameters import shown

_Value = TypeVar("_Value")

_hints: Callable[[Any], dict[str, Any]] = functools.cache(get_type_hints)
"""Of a class; annotations are read slowly, and a record of a stack has many of the same."""

_WORDS: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "null",
}


def from_plain(kind: type[_Value], values: object, where: str = "") -> _Value:
    """An instance of a dataclass from a mapping, to any depth; keys that it does not know are passed over.

    Parameters
    ----------
    kind
        A dataclass whose fields are plain types, dictionaries, tuples, typed dictionaries, or such dataclasses.
    values
        What stands in their place, e.g. what `json.loads` gave.
    where
        Path of `values` in the whole, for messages.

    Raises
    ------
    ValueError
        If a key is missing or a value is of another type; the message says where.
    """
    hints, given = _hints(kind), _mapping(values, where)
    found = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name in given:
            found[field.name] = _checked(hints[field.name], given[field.name], _path(where, field.name))
        elif field.default is dataclasses.MISSING:
            raise ValueError(f"{_path(where, field.name)} is missing.")
    return kind(**found)


def _checked(hint: Any, value: object, where: str) -> Any:
    """The value, with tuples for lists and dataclasses for mappings, where it is of the hinted type."""
    if hint is Any:
        return value
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType, Literal):
        return (_word if origin is Literal else _one_of)(arguments, value, where)
    if origin in (tuple, list):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{where} = {shown(value)}: needs a list.")
        return origin(_checked(arguments[0], item, f"{where}[{number}]") for number, item in enumerate(value))
    if origin is dict:
        return {name: _checked(arguments[1], item, _path(where, name)) for name, item in _mapping(value, where).items()}
    if dataclasses.is_dataclass(hint):
        return from_plain(hint, value, where)  # type: ignore[arg-type]
    if is_typeddict(hint):
        return _typed(hint, value, where)
    if not _is(hint, value):
        raise ValueError(f"{where} = {shown(value)}: needs {_WORDS[hint]}.")
    return value


def _word(words: tuple[Any, ...], value: object, where: str) -> Any:
    if not any(type(value) is type(word) and value == word for word in words):
        raise ValueError(f"{where} = {shown(value)}: needs {' or '.join(map(repr, words))}.")
    return value


def _one_of(alternatives: tuple[Any, ...], value: object, where: str) -> Any:
    if value is None and type(None) in alternatives:
        return None
    return _checked(next(kind for kind in alternatives if kind is not type(None)), value, where)


def _typed(hint: Any, value: object, where: str) -> dict[str, Any]:
    given, hints = _mapping(value, where), _hints(hint)
    missing = [name for name in hints if name not in given]
    if missing:
        raise ValueError(f"{_path(where, missing[0])} is missing.")
    return {**given, **{name: _checked(kind, given[name], _path(where, name)) for name, kind in hints.items()}}


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{where or 'The whole'} = {shown(value)}: needs names with values.")
    return value


def _is(kind: Any, value: object) -> bool:
    """Whether a value is of a plain type; a truth value is no number, a whole number that floats can hold is one."""
    if isinstance(value, bool) or kind is bool:
        return kind is bool and isinstance(value, bool)
    if kind is not float:
        return isinstance(value, kind)
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**1023)


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
