"""Names of axes: letters and words say what an axis is, other names say that it is a stack."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.data.axis_names import axes_of_names, letter_of


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (("time", "z", "y", "x"), "TZYX"),
        (("Channel", "height", "width"), "CYX"),
        (("x", "y"), "XY"),
        (("position", "y", "x"), "RYX"),
        (("t", "time", "y", "x"), "TRYX"),
        (("dim_0", "dim_1"), None),
        ((), None),
    ],
)
def test_names_say_what_axes_are(names: tuple[str, ...], axes: str | None) -> None:
    assert axes_of_names(names) == axes


def test_what_says_nothing_has_no_letter() -> None:
    assert [letter_of(name) for name in ("axis 0", "-3", "µ", 3, " Y ")] == ["", "", "", "", "Y"]
