"""How a run went, in sentences."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.diagnostics.course import numbered


@pytest.mark.parametrize(
    ("numbers", "text"), [([4], "plane 4"), ([1, 2, 3, 5], "planes 1-3, 5"), ([1, 3, 4], "planes 1, 3-4")]
)
def test_numbers_of_planes(numbers, text):
    assert numbered([number - 1 for number in numbers]) == text
