"""Which of a task's layers has the chooser that all tasks share."""

import dataclasses
from typing import Annotated

import pytest
from annotated_types import Gt
from typing_extensions import Doc

from napari_deep_prior._napari.form.companions import SHARED, own_parameters, row_name, shared_companion
from napari_deep_prior.core.parameters import Companion, FromLayer, Parameters, parameters_of
from napari_deep_prior.core.tasks import TASKS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task(Parameters):
    """Layers of both kinds: one that may be left out, and two that may not."""

    guide: Annotated[Companion | None, FromLayer("labels"), Doc("May be left out.")] = None
    point: Annotated[Companion, FromLayer("image"), Doc("An image.")] = None  # type: ignore[assignment]
    holes: Annotated[Companion, FromLayer("labels"), Doc("Labels.")] = None  # type: ignore[assignment]
    strength: Annotated[float, Gt(0), Doc("A number.")] = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alone(Parameters):
    """No layer at all."""

    strength: Annotated[float, Gt(0), Doc("A number.")] = 1.0


def test_labels_that_a_task_cannot_do_without_are_shared():
    assert shared_companion(Task).name == "holes"
    assert [p.name for p in own_parameters(Task)] == ["guide", "point", "strength"]


def test_a_task_without_layers_shares_none():
    assert shared_companion(Alone) is None
    assert [p.name for p in own_parameters(Alone)] == ["strength"]


@pytest.mark.parametrize("task", TASKS.values())
def test_every_parameter_of_a_task_is_shown_exactly_once(task):
    shared, own = shared_companion(task), own_parameters(task)
    assert shared is None or (shared.layer.kind == SHARED and not shared.optional)
    shown = [p.name for p in [*own, *([] if shared is None else [shared])]]
    assert sorted(shown) == sorted(p.name for p in parameters_of(task))


def test_no_form_shows_two_rows_of_one_name():
    for task in TASKS.values():
        shared = shared_companion(task)
        names = ["mask", *(row_name(p) for p in own_parameters(task))]
        assert len(names) == len(set(names)), shared
