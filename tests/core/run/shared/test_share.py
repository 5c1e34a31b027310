"""Who shares a network: stacks by themselves, a single plane where that is asked for, and in words nobody whose method has none."""

from __future__ import annotations

import dataclasses

import pytest

from napari_deep_prior import Denoise, RemoveArtifacts, Settings, restore

QUICK = Settings(preset="fast", iterations=30, seconds="never", device="cpu", precision="float32")


def test_each_plane_has_its_own_fit_where_that_is_asked_for(film) -> None:
    result = restore(film(3), None, settings=dataclasses.replace(QUICK, network="each"), axes="TYX")
    assert [plane.drawings for plane in result.record.planes] == [0] * 3


def test_a_single_plane_has_nothing_to_share_unless_that_is_asked_for(film) -> None:
    image = film(1)[0]
    assert restore(image, None, settings=QUICK).record.planes[0].drawings == 0
    shared = restore(image, None, settings=dataclasses.replace(QUICK, network="shared"))
    assert shared.record.planes[0].drawings == 8


def test_it_is_refused_in_words_where_each_plane_has_its_own_unknowns(film) -> None:
    settings = dataclasses.replace(QUICK, network="shared", method="deep-image-prior")
    with pytest.raises(ValueError, match="each plane for itself"):
        restore(film(3), Denoise(), settings=settings, axes="TYX")
    automatic = restore(film(3), RemoveArtifacts(artifact="stripes"), settings=QUICK, axes="TYX")
    assert [plane.drawings for plane in automatic.record.planes] == [0] * 3
