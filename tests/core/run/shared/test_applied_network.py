"""A kept network draws other images, says whether it fits them, and is stopped and gone on with like any run."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings, restore
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork

QUICK = Settings(preset="fast", iterations=10, seconds="never", device="cpu", precision="float32")


def test_another_film_is_drawn_without_a_fit_and_comes_out_as_well(film, learnt) -> None:
    network = learnt(iterations=40).network
    other, clean = film(seed=7), film(sigma=0)
    result = restore(other, None, axes="TYX", settings=QUICK, network=network)
    own = learnt(other, iterations=40).result
    errors = [float(np.square(image - clean).mean()) for image in (result.image, own.image, other)]
    assert errors[0] < 1.5 * errors[1]
    assert errors[0] < 0.5 * errors[2]
    assert all(not plane.curve and plane.drawings >= 8 for plane in result.record.planes)
    assert "The network fits this image" in result.record.notes[0]


def test_where_it_knows_less_than_of_its_own_data_that_is_said(film, kept) -> None:
    worse = dataclasses.replace(kept.description, hidden_error=0.5)  # as if it had known its own data so well
    result = restore(
        film(), None, axes="TYX", settings=QUICK, network=KeptNetwork(description=worse, weights=kept.weights)
    )
    assert "does not fit" in result.record.notes[-1]
    assert result.record.notes[-1] in result.record.planes[0].notes


def test_where_its_neighbours_are_not_there_it_draws_without(film, learnt) -> None:
    image = film()
    network = learnt(image).network
    assert network.description.context.shown
    alone = restore(image[2], None, settings=QUICK, network=network)
    without = restore(image, None, axes="TYX", settings=dataclasses.replace(QUICK, context=0), network=network)
    assert any("no neighbouring planes" in note for note in alone.record.planes[0].notes)
    assert np.isfinite(without.image).all()
    deep = restore(image, None, axes="ZYX", settings=QUICK, network=network)
    assert any("along T" in note for note in deep.record.planes[0].notes)


def test_it_is_stopped_and_goes_on(film, kept) -> None:
    image = film()
    fit = Fit(image, None, QUICK, axes="TYX", clock=itertools.count().__next__).drawn_by(kept)
    for snapshot in fit:
        if snapshot.plane == 2:
            fit.stop()
    np.testing.assert_array_equal(fit.result.image[3:], image[3:])
    fit.resume()
    list(fit)
    np.testing.assert_array_equal(
        fit.result.image, restore(image, None, axes="TYX", settings=QUICK, network=kept).image
    )
    with pytest.raises(ValueError, match="learns no more"):
        fit.resume()
    assert fit.network is kept


def test_a_checkpoint_goes_on_with_the_same_network_alone(film, kept, tmp_path) -> None:
    from napari_deep_prior.core.run import checkpoint

    image = film()
    fit = Fit(image, None, QUICK, axes="TYX", clock=itertools.count().__next__).drawn_by(kept)
    for snapshot in fit:
        if snapshot.plane == 2:
            break
    checkpoint.save(fit, tmp_path / "c")
    with pytest.raises(ValueError, match="network"):
        checkpoint.load(Fit(image, None, QUICK, axes="TYX"), tmp_path / "c")
    again = Fit(image, None, QUICK, axes="TYX").drawn_by(kept)
    checkpoint.load(again, tmp_path / "c")
    list(again)
    np.testing.assert_array_equal(
        again.result.image, restore(image, None, axes="TYX", settings=QUICK, network=kept).image
    )


def test_flat_planes_are_passed_over_and_flat_channels_refused(film, kept, learnt) -> None:
    image = film(6)
    image[0] = 100
    result = restore(image, None, axes="TYX", settings=QUICK, network=kept)
    assert [plane.reason for plane in result.record.planes] == ["NOTHING"] + ["DRAWN"] * 5
    two = np.stack([film(), film(seed=3)], 1)
    network = learnt(two, axes="TCYX").network
    two[:, 1] = 5
    with pytest.raises(ValueError, match="2 channels"):
        restore(two, None, axes="TCYX", settings=QUICK, network=network)
