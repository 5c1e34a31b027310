"""The form shows what a Parameters class declares and gives it back."""

import dataclasses
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QLabel
from typing_extensions import Doc

from napari_deep_prior._napari.form.field import NUMBER
from napari_deep_prior._napari.form.parameter_form import ParameterForm
from napari_deep_prior.core.parameters import Companion, FromLayer, OnlyIf, Parameters, Unit, parameters_of
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kinds(Parameters):
    """One of each."""

    word: Annotated[Literal["a", "b"], Doc("A word.")] = "b"
    flag: Annotated[bool, Doc("A flag.")] = True
    maybe: Annotated[bool | Literal["auto"], Doc("A flag or auto.")] = "auto"
    whole: Annotated[int, Ge(2), Le(7), Doc("A whole number.")] = 3
    real: Annotated[float, Gt(0), Doc("A number.")] = 1.5
    either: Annotated[float | Literal["auto", "never"], Gt(0), Lt(1), Doc("A number or a word.")] = "auto"
    fixed: Annotated[int | Literal["auto"], Ge(1), Doc("A number although auto is possible.")] = 12
    beside: Annotated[Companion, FromLayer("image"), Doc("A layer.")] = None  # type: ignore[assignment]


class Layer:
    def __init__(self, name):
        self.name = name


@pytest.fixture
def form(qtbot):
    layers = [Layer("one"), Layer("two")]
    made = ParameterForm(parameters_of(Kinds), lambda kind: layers if kind == "image" else [])
    qtbot.addWidget(made)
    made.layers = layers
    return made


def test_an_untouched_form_says_the_defaults(form):
    values = form.values()
    assert values.pop("beside") is form.layers[0]
    assert values == {p.name: p.default for p in parameters_of(Kinds) if p.layer is None}
    assert Kinds(**values).as_dict() | {"beside": None} == Kinds().as_dict() | {"beside": None}


@pytest.mark.parametrize("cls", [Settings, *TASKS.values()])
def test_every_class_of_the_engine_goes_there_and_back(qtbot, cls):
    shown = [p for p in parameters_of(cls) if p.layer is None]
    form = ParameterForm(shown)
    qtbot.addWidget(form)
    assert form.values() == {p.name: p.default for p in shown}


@pytest.mark.parametrize(
    "values",
    [
        {"word": "a", "flag": False, "maybe": True, "whole": 7, "real": 0.25, "either": 0.5, "fixed": "auto"},
        {"maybe": False, "either": "never", "fixed": 1},
    ],
)
def test_what_is_filled_in_comes_back(form, values):
    form.fill(values)
    assert {name: form.values()[name] for name in values} == values


def test_the_bounds_hold(form):
    for name, tried in [("whole", 0), ("whole", 99), ("real", -1.0), ("either", 0.0), ("either", 1.0)]:
        box = form._fields[name]._number.native
        box.setValue(tried)
        form.fill({"either": NUMBER} if name == "either" else {})
        Kinds(**form.values())  # does not raise


def test_a_number_is_shown_only_where_it_counts(form, qtbot):
    form.show()
    field = form._fields["either"]
    assert not field._number.native.isVisible()
    assert not field._number.native.isEnabled()
    with qtbot.waitSignal(form.changed):
        field._words.value = NUMBER
    assert field._number.native.isVisible()
    assert field._number.native.isEnabled()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dependent(Parameters):
    """What counts only beside something else."""

    way: Annotated[Literal["measured", "told"], Doc("Where from.")] = "measured"
    size: Annotated[float, Gt(0), Unit("nm", along="X"), OnlyIf("way", "told"), Doc("Of a pixel.")] = 100.0
    share: Annotated[float | Literal["auto"], Ge(0), OnlyIf("way", "told", differs=True), Doc("Of all.")] = "auto"


def test_what_does_not_count_is_neither_shown_nor_said(qtbot):
    form = ParameterForm(parameters_of(Dependent))
    qtbot.addWidget(form)
    form.show()
    shown = {name: form._fields[name].native.isVisible() for name in ("size", "share")}
    assert shown == {name: label.isVisible() for name, label in form._labels.items() if name in shown}
    assert shown == {"size": False, "share": True}
    form.fill({"size": 70.0, "share": 0.5})
    assert form.values() == {"way": "measured", "size": 100.0, "share": 0.5}
    form.fill({"way": "told"})
    assert form._fields["size"].native.isVisible()
    assert form.values() == {"way": "told", "size": 70.0, "share": "auto"}, "what was typed before is still there"


def test_the_size_of_a_pixel_comes_from_the_layer(qtbot):
    form = ParameterForm(parameters_of(Dependent))
    qtbot.addWidget(form)
    form.fill({"way": "told"})
    form.measure({"Z": 3e-7})
    assert form.values()["size"] == 100
    form.measure({"X": 6.5e-8})
    assert form.values()["size"] == 65
    assert form._fields["size"]._number.native.text() == "65.00 nm"


def test_everything_says_what_it_is(form):
    labels = {label.text() for label in form.findChildren(QLabel)}
    for parameter in parameters_of(Kinds):
        assert parameter.name.capitalize() in labels
        field = form._fields[parameter.name]
        for widget in (field._words, field._number):
            if widget is not None:
                assert parameter.doc in widget.native.toolTip()
                assert widget.native.accessibleName() == parameter.name.capitalize()
                assert widget.native.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_wheel_scrolls_and_changes_nothing(form, qtbot):
    form.show()
    box = form._fields["whole"]._number.native
    box.clearFocus()
    event = QWheelEvent(
        QPointF(5, 5), QPointF(box.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, event)
    assert form.values()["whole"] == 3


def test_new_layers_are_found(form):
    form.layers.append(Layer("three"))
    form.reset_choices()
    form.fill({"beside": form.layers[2]})
    assert form.values()["beside"].name == "three"
