"""Sums over pixels, and the share that they speak for."""

from __future__ import annotations

import math

import pytest

from napari_deep_prior.core.run.mixing.means import Means, variance_uncertainty

WHITE = ((1.0,),)
SHARED = ((0.1, 0.3, 0.1), (0.3, 1.0, 0.3), (0.1, 0.3, 0.1))
EVEN = Means(pixels=1e6, distance=0.1, along=0.05, left=0.8, followed=0.1, followed_second=0.1, variance=1.0)


def test_less_is_decided_where_pixels_share_noise() -> None:
    """For its variance at the scales that count is not known: the same sums give nearly half of each."""
    means = Means(pixels=1e6, distance=0.1, along=0.0, left=0.8, followed=0.05, followed_second=0.15, variance=1.0)
    assert means.best == pytest.approx(1)
    assert means.share(WHITE) > 0.8
    assert 0.5 < means.share(SHARED) < 0.75
    assert variance_uncertainty(WHITE) < variance_uncertainty(SHARED)


def test_the_share_is_that_of_the_least_residual_where_both_follow_alike() -> None:
    assert EVEN.best == 0.5
    assert EVEN.residual(0.5) < min(EVEN.residual(0.4), EVEN.residual(0.6))
    assert EVEN.residual(0.0) == EVEN.left
    assert EVEN.followed_by(0.3) == pytest.approx(0.1)


def test_what_is_the_same_twice_or_no_number_has_half_of_each() -> None:
    same = Means(pixels=9, distance=0.0, along=0.0, left=0.8, followed=0.1, followed_second=0.1, variance=1.0)
    wrong = Means(pixels=9, distance=0.1, along=math.nan, left=0.8, followed=0.1, followed_second=0.1, variance=1.0)
    assert same.finite
    assert not wrong.finite
    assert same.share(WHITE) == wrong.share(WHITE) == 0.5
