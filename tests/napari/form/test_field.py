"""One parameter on screen: its spin box, its words, its bounds."""

import dataclasses
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt
from typing_extensions import Doc

from napari_deep_prior._napari.form.field import FILE, NUMBER
from napari_deep_prior._napari.form.parameter_form import ParameterForm
from napari_deep_prior.core.parameters import Parameters, Typical, parameters_of
from napari_deep_prior.core.settings import Settings


def opened(qtbot, cls):
    """What every spin box beside a word says when its word is chosen for the first time."""
    form = ParameterForm(p for p in parameters_of(cls) if p.number and p.choices)
    qtbot.addWidget(form)
    fields = list(form._fields.values())
    for field in fields:
        field._words.value = NUMBER
    return form.values()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Untold(Parameters):
    """No typical values, or ones that the bounds forbid."""

    steps: Annotated[int | Literal["auto"], Ge(1), Doc("Many.")] = "auto"
    few: Annotated[int | Literal["auto"], Ge(1), Le(9), Doc("Few.")] = "auto"
    memory: Annotated[float | Literal["auto"], Ge(0), Lt(1), Doc("Near 1.")] = "auto"
    rate: Annotated[float | Literal["auto"], Gt(0), Le(1), Doc("Small.")] = "auto"
    time: Annotated[float | Literal["auto"], Gt(0), Doc("Free.")] = "auto"
    told: Annotated[float | Literal["auto"], Gt(0), Typical(0.5), Doc("Told.")] = "auto"
    none: Annotated[float | Literal["auto"], Ge(0), Le(1), Typical(0), Doc("Told, and 0.")] = "auto"


def test_a_spin_box_starts_at_something_sensible(qtbot):
    told = {"steps": 1000, "few": 9, "memory": 0.99, "rate": 0.01, "time": 60, "told": 0.5, "none": 0}
    assert opened(qtbot, Untold) == pytest.approx(told)


def test_a_spin_box_starts_at_the_engine_s_typical_value(qtbot):
    typical = {p.name: p.typical for p in parameters_of(Settings) if p.number and p.choices}
    assert opened(qtbot, Settings) == pytest.approx(typical)


def test_a_parameter_that_may_be_a_file_has_a_field_for_its_path(qtbot, tmp_path):
    form = ParameterForm(p for p in parameters_of(Settings) if p.file is not None)
    qtbot.addWidget(form)
    (name,) = form.values()
    assert FILE in form.choices(name)
    assert form.values()[name] == "auto"
    path = str(tmp_path / "scope.safetensors")
    form.fill_valid({name: path})
    assert form.values()[name] == path
    form.fill_valid({name: "shared"})
    assert form.values()[name] == "shared"
    form.fill_valid({name: "scope.npz"})  # no such file: passed over
    assert form.values()[name] == "shared"
