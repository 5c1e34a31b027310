"""All that a run asks of a solver is answered, with and without a network."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.plane_solver import PlaneSolver
from napari_deep_prior.core.solver.solver import Solver

ASKED = {name for name in vars(PlaneSolver) if not name.startswith("_")}
SET_AT_THE_START = {"iteration", "estimate", "hold_out", "memory", "image", "deviation"}


@pytest.mark.parametrize("kind", [Solver, ClosedFormSolver])
def test_every_question_has_an_answer(kind: type) -> None:
    assert "step" in ASKED
    assert {name for name in ASKED if not hasattr(kind, name)} <= SET_AT_THE_START
