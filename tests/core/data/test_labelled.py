"""Labelled arrays, as xarray has them: their names say the axes, and results keep names, coordinates and attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_deep_prior import Fit, Settings, SuperResolve, restore
from napari_deep_prior.core.data.labelled import is_labelled, labelled_like

QUICK = Settings(preset="fast", iterations=2, seconds="never", network="each")


class Labelled:
    """What of xarray's DataArray is used here; the test extra does not bring xarray."""

    def __init__(self, data: Any, dims: Any, coords: Any = None, attrs: Any = None, name: str | None = None) -> None:
        self.data, self.dims, self.attrs, self.name = data, tuple(dims), dict(attrs or {}), name
        self.coords = {
            key: value if isinstance(value, Along) else Along(*(value if isinstance(value, tuple) else (key, value)))
            for key, value in (coords or {}).items()
        }
        self.shape, self.dtype, self.ndim = data.shape, data.dtype, data.ndim

    def __getitem__(self, index: Any) -> np.ndarray:
        return self.data[index]

    def copy(self, data: Any) -> Labelled:
        assert data.shape == self.shape
        return Labelled(data, self.dims, self.coords, self.attrs, self.name)

    def rename(self, name: str) -> Labelled:
        return Labelled(self.data, self.dims, self.coords, self.attrs, name)

    def transpose(self) -> None:
        raise NotImplementedError


class Along:
    """A coordinate."""

    def __init__(self, dim: str, values: Any, attrs: Any = None) -> None:
        self.values, self.dims, self.attrs = np.asarray(values), (dim,), dict(attrs or {})
        self.dtype = self.values.dtype

    def __len__(self) -> int:
        return len(self.values)


def image(**coords: Any) -> Labelled:
    draw = np.random.default_rng(0)
    values = (np.linspace(100, 900, 24) + draw.normal(0, 60, (2, 16, 24))).astype(np.float32)
    return Labelled(values, ("time", "y", "x"), coords, {"microscope": "one"}, "cells")


def test_names_say_the_axes_and_the_result_keeps_them() -> None:
    labelled = image(time=[0.0, 0.5])
    assert Fit(labelled, settings=QUICK).axes.letters == "TYX"
    result = restore(labelled, settings=QUICK)
    expected = restore(labelled.data, settings=QUICK, axes="TYX")
    np.testing.assert_array_equal(result.image.data, expected.image)
    np.testing.assert_array_equal(result.uncertainty.data, expected.uncertainty)
    assert (result.image.dims, result.image.attrs, result.image.name) == (labelled.dims, labelled.attrs, "cells")
    assert (result.uncertainty.name, result.invented.name) == ("uncertainty", "invented")
    assert list(result.image.coords["time"].values) == [0.0, 0.5]


def test_given_axes_come_before_names() -> None:
    assert Fit(image(), settings=QUICK, axes="ZYX").axes.letters == "ZYX"


def test_coordinates_of_finer_pixels_lie_in_the_same_field() -> None:
    uneven = [0.0, *np.arange(15) + 7.0]
    labelled = image(time=[0.0, 0.5], y=uneven, x=("x", np.arange(24) * 2.0 + 10, {"units": "um"}))
    result = restore(labelled, SuperResolve(factor=2), settings=QUICK).image
    assert result.shape == (2, 32, 48)
    assert set(result.coords) == {"time", "x"}, "uneven ones are left out"
    np.testing.assert_allclose(result.coords["x"].values, np.arange(48) + 9.5)
    assert result.coords["x"].attrs == {"units": "um"}


def test_names_that_are_no_coordinate_are_left_out() -> None:
    found = labelled_like(image(x=list("abcdefghijklmnopqrstuvwx")), np.zeros((2, 16, 48)))
    assert "x" not in found.coords


def test_what_has_no_labels_stays_as_it_is() -> None:
    values = np.zeros((3, 4))
    assert not is_labelled(values)
    assert labelled_like(values, values, name="other") is values


def test_names_without_a_plane_ask_for_axes() -> None:
    with pytest.raises(ValueError, match="say which is which"):
        Fit(Labelled(np.zeros((2, 4, 4), np.float32), ("time", "row", "column")))
