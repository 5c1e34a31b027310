"""Masks: what holds unless a task says otherwise, and holes that are measured once."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.imaging import holes


@pytest.mark.parametrize("shape", [(4, 5), (2, 4, 5)])
def test_unless_told_otherwise_all_pixels_are_known_and_noisy_and_none_is_kept(shape: tuple[int, ...]) -> None:
    masks = Masks.of(np.zeros((3, *shape)))
    assert masks.known.shape == masks.noisy.shape == masks.kept.shape == shape
    assert masks.known.all()
    assert masks.noisy.all()
    assert not masks.kept.any()
    assert masks.holes == holes.NO_HOLES


def test_the_holes_are_those_between_the_known_pixels_and_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = np.ones((20, 30), bool)
    known[4:9, 6:20] = False
    expected = holes.measure(known)
    asked = []
    monkeypatch.setattr(holes, "measure", lambda known: asked.append(known) or expected)
    masks = Masks.of(known[None], known=known)
    assert masks.holes is masks.holes is expected
    assert len(asked) == 1


def test_nan_and_what_is_missing_are_unknown_and_a_blank_border_is_returned() -> None:
    plane = np.random.default_rng(0).normal(10, 1, (2, 30, 40)).astype(np.float32)
    plane[:, :, :6] = np.nan
    plane[1, 20, 20] = np.nan
    missing = np.zeros((30, 40), bool)
    missing[25, 30] = missing[:10, :6] = True
    masks = Masks.of(plane).where_measured(plane, missing)
    border, spoilt = np.zeros_like(missing), missing.copy()
    border[10:, :6] = spoilt[20, 20] = True
    np.testing.assert_array_equal(masks.known, ~(border | spoilt))
    np.testing.assert_array_equal(masks.kept, border, "what is marked of it is filled in")
    kept = Masks.of(plane, kept=np.ones_like(missing)).where_measured(plane)
    assert not kept.kept[20, 20], "what is NaN cannot be returned as it was"
    whole = Masks.of(np.zeros((1, 4, 4)))
    assert whole.where_measured(np.arange(16).reshape(1, 4, 4)) is whole


def test_noise_that_differs_leaves_what_is_clean_as_it_was() -> None:
    known = np.ones((4, 6), bool)
    known[0, 0] = False
    strength, clean = np.full((4, 6), 1.0, np.float32), np.zeros((4, 6), bool)
    clean[:, :3] = True
    masks = Masks.of(np.zeros((1, 4, 6)), known=known).differing(strength, clean)
    np.testing.assert_array_equal(masks.noisy, ~clean)
    np.testing.assert_array_equal(masks.kept, clean & known)
    part = masks.part((slice(0, 2), slice(2, 5)))
    assert part.strength is not None
    assert part.known.shape == part.noisy.shape == part.kept.shape == part.strength.shape == (2, 3)
