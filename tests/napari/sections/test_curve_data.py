"""What a learning curve is made of."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings
from napari_deep_prior._napari.sections.curve_data import OVER_NOISE, SCALED, CurveData, ticks
from napari_deep_prior.core.results import CurvePoint, Snapshot


def test_a_trace_takes_every_point_of_a_run(fake):
    trace, image = CurveData(), np.zeros((8, 8))
    for snapshot in fake(image, type("Task", (), {"for_plane": lambda *_: None})(), None, "YX"):
        trace.add(snapshot)
    assert trace.steps == list(range(1, fake.steps + 1))


def test_drawings_leave_the_curve_of_what_was_learnt():
    trace = CurveData()
    learnt = Snapshot(
        plane=0, planes=3, index=(), iteration=10, iterations_left=0, seconds=1, loss=1, held_out=None, image=None
    )
    trace.add(dataclasses.replace(learnt, stage="learning"))
    trace.add(dataclasses.replace(learnt, iteration=3, stage="distilling"))
    trace.add(dataclasses.replace(learnt, plane=1, iteration=8, loss=float("nan"), stage="drawing"))
    assert trace.steps == [10]


def test_a_trace_forgets_what_came_after_the_step_it_went_back_to():
    trace = CurveData()
    points = [CurvePoint(iteration=i, seconds=0, loss=1 / i, held_out=2 / i) for i in (10, 20, 30)]
    trace.replace(points)
    trace.kept = 20
    assert trace.rows()["kept"] == ([20.0], [0.1])
    assert trace.unit == SCALED
    trace.noise = 0.5
    rows = trace.rows()
    assert trace.unit == OVER_NOISE
    assert rows["kept"] == ([20.0], [0.2])
    assert rows["noise alone"] == ([10.0, 30.0], [1.0, 1.0])
    assert rows["fitted"][0] == rows["held out"][0] == [10, 20, 30]
    trace.replace([CurvePoint(iteration=10, seconds=0, loss=3, held_out=3)])
    assert trace.rows()["fitted"] == ([], []), "hidden pixels are the measure: the two are one"


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(("low", "high"), [(10, 50), (1e-5, 0.9), (0.0018, 0.0031), (10, 3e5), (0.99, 1.01)])
def test_an_axis_has_a_few_round_numbers(low, high, log):
    found = ticks(low, high, log=log)
    assert 2 <= len(found) <= 7
    assert all(low <= value * 1.0001 and value <= high * 1.0001 for value in found)


@pytest.mark.parametrize(
    ("method", "kind"), [("recorrupted", "gaussian"), ("blind-spot", "poisson"), ("deep-image-prior", "gaussian")]
)
def test_noise_alone_lies_where_pixels_kept_out_of_the_fit_end(method, kind):
    """A level line far below the curve of one image and above that of another could not be used."""
    rng, (y, x) = np.random.default_rng(0), np.mgrid[:64, :64]
    clean = 60 + 40 * np.sin(x / 7) * np.cos(y / 9)
    image = rng.poisson(clean) if kind == "poisson" else rng.normal(clean, 8)
    settings = Settings(
        preset="fast", method=method, iterations=60, seconds="never", device="cpu",
        precision="float32",
    )  # fmt: skip
    trace = CurveData()
    for snapshot in Fit(image.astype(np.float32), settings=settings):
        trace.add(snapshot)
    _, held_out = trace.rows()["held out"]
    assert trace.unit == OVER_NOISE
    assert 0.5 < min(held_out) < 2, "few pixels are held out of so small an image"
