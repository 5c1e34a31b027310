"""A share that was measured badly is half, one beyond the ends is at the end."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.run.mixing.expected_share import expected_share


def test_where_nothing_is_known_half_of_each_is_taken() -> None:
    assert expected_share(7.0, 1000.0) == pytest.approx(0.5, abs=0.01)
    assert expected_share(0.3, 0.0) == 0.3
    assert expected_share(-4.0, 0.1) == 0.0
    assert expected_share(5.0, 0.1) == 1.0
    assert 0.3 < expected_share(0.3, 0.2) < 0.4
