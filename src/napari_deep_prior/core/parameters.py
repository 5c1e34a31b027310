"""Parameters: a frozen dataclass that enforces what its annotations promise.

A parameter is described once, where it is declared::

    seed: Annotated[int, Ge(0), Doc("Number the random start is drawn from.")] = 0

and read by all: the check on construction (here), the command line (tyro reads `Doc`) and the form.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import numbers
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, Union, cast, get_args, get_origin, get_type_hints

import annotated_types as at
import numpy as np
from numpy.typing import NDArray
from typing_extensions import Doc

Companion = NDArray[Any]
"""An array that goes with the image and lies on its grid: a mask, a guide, a noise map."""


@dataclasses.dataclass(frozen=True, slots=True)
class FromLayer:
    """Marks a `Companion` field: the window shows a chooser of such layers, the command line takes a path.

    `own_grid` says that it does not lie over the image: it is handed on as it is. `title` is what a form calls it, where that is not
    the name.
    """

    kind: Literal["image", "labels"]
    own_grid: bool = False
    title: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class FilePath:
    """Marks a parameter that may be the path of a file with this ending, beside the words that it may be."""

    ending: str


@dataclasses.dataclass(frozen=True, slots=True)
class Typical:
    """A usual value, for a form to start from where the default is a word such as "auto"."""

    value: float


@dataclasses.dataclass(frozen=True, slots=True)
class OnlyIf:
    """The parameter counts only while another has this value (`differs`: any other than this): else a form leaves it out."""

    other: str
    value: str
    differs: bool = False

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it counts beside these values."""
        return (values.get(self.other) == self.value) != self.differs


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a number that need not be whole. `along`: it is the size of a pixel on that axis, which a layer may know."""

    name: str
    along: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class OfImage:
    """The value says something of the image at hand, and nothing of another one: it is not remembered for the next."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One declared parameter, taken apart for whoever shows it.

    `choices` are the words it may be, `number` the numeric type it may be (or None), with its
    inclusive or exclusive bounds; `file` that it may be a path; `layer` says that it is a `Companion`, which may be left
    out if `optional`; `of_image` that it is not for another image.
    """

    name: str
    doc: str
    default: Any
    choices: tuple[str, ...] = ()
    number: type[int] | type[float] | None = None
    flag: bool = False
    file: FilePath | None = None
    layer: FromLayer | None = None
    optional: bool = False
    typical: float | None = None
    only_if: OnlyIf | None = None
    unit: Unit | None = None
    of_image: bool = False
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def refuses(self, value: object) -> str | None:
        """What is needed instead of `value`, or None where it may stand."""
        accepted = (
            self.layer is not None
            or (isinstance(value, str) and (value in self.choices or self._is_path(value)))
            or (self.flag and isinstance(value, (bool, np.bool_)))
            or (self.number is not None and self._in_bounds(value))
        )
        return None if accepted else self.needs

    @property
    def needs(self) -> str:
        """In words, what may be given."""
        parts = [f"'{choice}'" for choice in self.choices]
        if self.file is not None:
            parts.append(f"the path of a {self.file.ending} file")
        if self.flag:
            parts.append("True or False")
        if self.number is not None:
            bounds = []
            if self.low > -math.inf:
                bounds.append(f"{'>' if self.low_open else '>='} {self.low:g}")
            if self.high < math.inf:
                bounds.append(f"{'<' if self.high_open else '<='} {self.high:g}")
            kind = "a whole number" if self.number is int else "a number"
            parts.append(" ".join([kind, " and ".join(bounds)]).strip())
        return " or ".join(parts)

    def _is_path(self, value: str) -> bool:
        return self.file is not None and value.lower().endswith(self.file.ending) and "\0" not in value

    def _in_bounds(self, value: object) -> bool:
        kind = numbers.Integral if self.number is int else numbers.Real
        if isinstance(value, bool) or not isinstance(value, kind):
            return False
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond all floats
            return False
        above = number > self.low if self.low_open else number >= self.low
        below = number < self.high if self.high_open else number <= self.high
        return above and below and math.isfinite(number)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameters:
    """Base of everything a user sets: keyword-only, frozen, checked on construction.

    Raises
    ------
    ValueError
        If a value is outside what its annotation allows; the message names the field, what was given
        and what is needed.
    """

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)):
            value = getattr(self, parameter.name)
            needed = parameter.refuses(value)
            if needed is not None:
                raise ValueError(f"{parameter.name} = {shown(value)}: needs {needed}.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `as_dict`, with the companions added.

        Raises
        ------
        ValueError
            If a name is unknown, a needed one is missing, or a value is refused.
        """
        known = {parameter.name: parameter for parameter in parameters_of(cls)}
        needed = {name for name, parameter in known.items() if parameter.default is dataclasses.MISSING}
        unknown = [name for name in values if name not in known]
        missing = [name for name in needed if values.get(name) is None]
        if unknown or missing:
            wrong = f"does not know {', '.join(map(shown, unknown))}" if unknown else f"needs {', '.join(missing)}"
            raise ValueError(f"{cls.__name__} {wrong}.")
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Name -> value in declaration order; companions are left out, everything else is plain JSON."""
        shown = (p for p in parameters_of(type(self)) if p.layer is None)
        return {p.name: _plain(getattr(self, p.name)) for p in shown}


def parameters_of(cls: type[Parameters]) -> tuple[Parameter, ...]:
    """The declared parameters of a class, in order."""
    return _declared_in(cast(Any, cls))  # mypy takes the hash that instances lack for one that the class lacks


@functools.cache
def _declared_in(cls: type[Any]) -> tuple[Parameter, ...]:
    """They are asked for at every step of the way to a fit, and annotations are read slowly."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_parameter(field, hints[field.name]) for field in dataclasses.fields(cls))


def _parameter(field: dataclasses.Field[Any], hint: Any) -> Parameter:
    """The parameter that a dataclass field declares."""
    kind, metadata = (hint.__origin__, hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())
    alternatives = get_args(kind) if get_origin(kind) in (Union, type(int | str)) else (kind,)
    numbers_allowed = [a for a in alternatives if a in (int, float)]
    literals = [a for a in alternatives if get_origin(a) is Literal]
    declared: dict[str, Any] = {"doc": ""}
    for item in metadata:
        declared |= _declared_by(item, field.name)
    return Parameter(
        name=field.name,
        default=field.default,
        choices=tuple(word for literal in literals for word in get_args(literal)),
        number=numbers_allowed[0] if numbers_allowed else None,
        flag=bool in alternatives,
        optional=type(None) in alternatives,
        **declared,
    )


_AS_THEY_ARE: dict[type, str] = {FromLayer: "layer", OnlyIf: "only_if", Unit: "unit", FilePath: "file"}
"""Items of an annotation that are attributes of `Parameter` as they are."""


def _declared_by(item: object, name: str) -> dict[str, Any]:
    """Attributes of `Parameter` that one item of an annotation declares."""
    match item:
        case Doc(documentation=text):
            return {"doc": text}
        case FromLayer() | OnlyIf() | Unit() | FilePath():
            return {_AS_THEY_ARE[type(item)]: item}
        case Typical(value=value):
            return {"typical": value}
        case OfImage():
            return {"of_image": True}
        case at.Ge(ge=low):
            return {"low": low}
        case at.Gt(gt=low):
            return {"low": low, "low_open": True}
        case at.Le(le=high):
            return {"high": high}
        case at.Lt(lt=high):
            return {"high": high, "high_open": True}
        case _:
            raise TypeError(f"{name}: no rule for the annotation {item!r}.")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def shown(value: object) -> str:
    """A class by its name, anything else as Python writes it, on one line and not too long."""
    try:
        text = f"the class {value.__name__}" if isinstance(value, type) else repr(value)
    except ValueError:  # a whole number with thousands of digits
        text = f"a very large {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:80]}…"
