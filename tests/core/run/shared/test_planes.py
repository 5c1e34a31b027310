"""Planes of a stack are prepared on scales that go together, a large one in parts."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings
from napari_deep_prior.core.run.plan import plan_for
from napari_deep_prior.core.run.shared import planes
from napari_deep_prior.core.run.shared.context import Context
from napari_deep_prior.core.run.shared.planes import PlanesToDraw, parts_of, refusal_to_share


@pytest.fixture
def looked_at(film):
    image = film(3)
    image[2] = 200 + 0.01 * (image[2] - 200)  # hardly anything in it
    fit = Fit(image, None, Settings(device="cpu"), axes="TYX")
    return fit._pieces, [fit._pieces.see(number) for number in range(3)]


def test_a_plane_with_nothing_in_it_is_not_stretched_and_has_blank_neighbours(looked_at) -> None:
    pieces, seen = looked_at
    plan = plan_for(seen[0].task, Settings(), seen[0].varied, seen[0].masks)
    to_draw, prepared = PlanesToDraw.of(seen, pieces, plan, Context(), blanks=4)
    gains = [float(plane.scaling.gain.max()) for plane in prepared]
    assert gains[2] == pytest.approx(0.25 * max(gains))
    again = to_draw.prepared(seen[2])
    assert float(again.scaling.gain.max()) == gains[2]
    assert len(again.context) == 4
    assert not np.any(again.context)


def test_a_large_plane_comes_in_parts(looked_at, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, seen = looked_at
    plan = plan_for(seen[0].task, Settings(), seen[0].varied, seen[0].masks)
    _, (plane, *_) = PlanesToDraw.of(seen, pieces, plan, Context())
    assert parts_of(plane, 4) == [plane]
    monkeypatch.setattr(planes, "LARGE", 100)
    monkeypatch.setattr(planes, "SIDE", 16)
    assert [part.pixels.shape for part in parts_of(plane, 4)] == [(1, 16, 16)] * 4


def test_a_method_that_fits_each_plane_for_itself_is_named(looked_at) -> None:
    pieces, seen = looked_at
    for method, refused in (("deep-image-prior", True), ("recorrupted", False)):
        plan = plan_for(seen[0].task, Settings(method=method), seen[0].varied, seen[0].masks)
        refusal = refusal_to_share(pieces, seen[0], plan)
        assert (refusal is not None and method in refusal) is refused
