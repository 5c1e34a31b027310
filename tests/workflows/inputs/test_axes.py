"""The axes of a file hold, unless it does not say them or somebody says that they are wrong."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.workflows.inputs.axes import with_axes


@pytest.mark.parametrize(
    ("told", "given", "override", "read"),
    [
        ("ZYX", None, False, "ZYX"),
        ("ZYX", "TYX", False, "ZYX"),
        ("ZYX", "tyx", True, "TYX"),
        ("QYX", "tyx", False, "TYX"),
        (None, "TYX", False, "TYX"),
        ("YX", "TYX", False, "YX"),
        ("YX", "TYX", True, "TYX"),  # which does not fit, and is refused later
        ("QYX", "TZYX", False, "QYX"),
    ],
)
def test_which_axes_hold(told: str | None, given: str | None, override: bool, read: str) -> None:
    shape = (3, 4, 5)[3 - len(told or "TYX") :]
    picture = with_axes(files.Picture(array=np.zeros(shape), axes=told), given, override=override)
    assert picture.axes == read
    in_vain = given is not None and len(given) == len(read) and read != given.upper()
    assert [f"are {read}: it is read so, not as {given}" in note for note in picture.notes] == [True] * in_vain
