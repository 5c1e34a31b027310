"""Which solver a method gets."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Denoise, Fit, Settings
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.solver import Solver


@pytest.mark.parametrize(("preset", "kind"), [("instant", ClosedFormSolver), ("fast", Solver)])
def test_a_method_in_closed_form_fits_no_network(preset: str, kind: type) -> None:
    image = np.random.default_rng(0).normal(100, 9, (32, 40)).astype(np.float32)
    fit = Fit(image, Denoise(), Settings(preset=preset, iterations=1, device="cpu"))
    next(iter(fit))
    assert type(fit._current.solver._members[0]) is kind
