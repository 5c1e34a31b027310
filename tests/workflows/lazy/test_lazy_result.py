"""Lazy results: the same bits as the whole, computed plane by plane, and nothing is read that is not needed."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import zarr

from napari_deep_prior import Denoise, LazyResult, Result, Settings, SuperResolve, restore, restore_lazily

QUICK = Settings(preset="fast", iterations=8, seconds="never", device="cpu", precision="float32")


def film(frames: int = 6) -> np.ndarray:
    draw = np.random.default_rng(0)
    return (np.linspace(100, 900, 31) + draw.normal(0, 60, (frames, 24, 31))).astype(np.uint16)


@pytest.fixture(scope="module")
def whole() -> Result:
    return restore(film(), settings=QUICK, axes="TYX")


@pytest.fixture(scope="module")
def lazy() -> LazyResult:
    return restore_lazily(as_dask(film()), settings=QUICK, axes="TYX")


def without_times(record: Any) -> dict[str, Any]:
    found = {name: value for name, value in record.as_dict().items() if name not in ("created", "seconds")}
    found["planes"] = [{**plane, "seconds": 0, "curve": ()} for plane in found["planes"]]
    return found


def as_dask(image: np.ndarray) -> Any:
    return da.from_array(image, chunks=(4, 10, 31))  # planes are cut, and the stack is


def as_zarr(image: np.ndarray) -> Any:
    array = zarr.create_array({}, shape=image.shape, chunks=(1, 24, 31), dtype=image.dtype)
    array[:] = image
    return array


def test_the_bits_are_those_of_the_whole(whole: Result, lazy: LazyResult) -> None:
    image, uncertainty, invented, record = dask.compute(lazy.image, lazy.uncertainty, lazy.invented, lazy.record)
    np.testing.assert_array_equal(image, whole.image)
    np.testing.assert_array_equal(uncertainty, whole.uncertainty)
    np.testing.assert_array_equal(invented, whole.invented)
    assert (image.dtype, invented.dtype) == (lazy.image.dtype, lazy.invented.dtype)
    assert without_times(record) == without_times(whole.record)


@pytest.mark.parametrize("kind", [as_zarr, np.asarray])
def test_so_are_those_of_arrays_that_are_not_of_dask(kind: Any) -> None:
    settings = dataclasses.replace(QUICK, context=0, iterations=2)
    lazy = restore_lazily(kind(film(3)), settings=settings, axes="TYX")
    np.testing.assert_array_equal(lazy.image.compute(), restore(film(3), settings=settings, axes="TYX").image)


def test_it_has_the_chunks_of_the_image_along_the_stack(lazy: LazyResult) -> None:
    assert lazy.image.chunks == ((4, 2), (24,), (31,))
    assert lazy.network is not None


def test_another_process_draws_the_same(whole: Result, lazy: LazyResult) -> None:
    sent = pickle.loads(pickle.dumps(lazy.image[3:5]))
    np.testing.assert_array_equal(sent.compute(scheduler="synchronous"), whole.image[3:5])


def test_what_was_killed_goes_on_from_a_file(whole: Result, lazy: LazyResult, tmp_path: Path) -> None:
    """As docs/large-data.md shows it: what was learnt is kept, and frames without their mark are drawn."""
    (tmp_path / "learnt.pickle").write_bytes(pickle.dumps(lazy.image))
    out = zarr.create_array(
        tmp_path / "out.zarr", shape=(6, 24, 31), chunks=(1, 24, 31), dtype="float32", fill_value=np.nan
    )
    out[:4] = lazy.image[:4].compute()  # and then it was killed
    image = pickle.loads((tmp_path / "learnt.pickle").read_bytes())
    drawn = []
    for at in range(len(image)):
        if np.isnan(out[at]).all():
            out[at] = image[at].compute()
            drawn.append(at)
    assert drawn == [4, 5]
    np.testing.assert_array_equal(out[:], whole.image)


@pytest.mark.parametrize("changes", [{"network": "each"}, {"preset": "instant"}])
def test_planes_with_a_fit_of_their_own_are_fitted_when_they_are_computed(changes: dict[str, Any]) -> None:
    settings = dataclasses.replace(QUICK, iterations=2, **changes)
    lazy = restore_lazily(as_dask(film(5)), settings=settings, axes="TYX")
    assert lazy.network is None
    np.testing.assert_array_equal(lazy.image[4].compute(), restore(film(5), settings=settings, axes="TYX").image[4])


def test_a_kept_network_draws_lazily(lazy: LazyResult) -> None:
    other, network = film()[:, ::-1], lazy.network
    drawn = restore_lazily(as_dask(other), settings=QUICK, axes="TYX", network=network)
    expected = restore(other, settings=QUICK, axes="TYX", network=network)
    np.testing.assert_array_equal(drawn.image[4:].compute(), expected.image[4:])


def test_axes_may_stand_in_any_order_and_channels_go_together() -> None:
    draw, few = np.random.default_rng(1), dataclasses.replace(QUICK, iterations=2)
    image = (np.linspace(100, 900, 20)[:, None, None, None] + draw.normal(0, 60, (20, 3, 22, 2))).astype(np.float32)
    lazy = restore_lazily(da.from_array(image, chunks=(7, 2, 22, 1)), settings=few, axes="YTXC")
    assert lazy.image.chunks == ((20,), (2, 1), (22,), (2,))
    np.testing.assert_array_equal(lazy.image.compute(), restore(image, settings=few, axes="YTXC").image)


def test_a_single_image_and_a_larger_grid() -> None:
    image, task, few = film(1)[0], SuperResolve(factor=2), dataclasses.replace(QUICK, iterations=2)
    lazy = restore_lazily(da.from_array(image), task, settings=few)
    np.testing.assert_array_equal(lazy.image.compute(), restore(image, task, settings=few).image)


class Endless:
    """A film that is made when it is read."""

    shape, dtype, ndim = (4000, 24, 31), np.dtype(np.uint16), 3

    def __init__(self) -> None:
        self.read: set[int] = set()

    def __getitem__(self, index: Any) -> np.ndarray:
        frames = range(self.shape[0])[index[0]] if isinstance(index[0], slice) else [index[0]]
        self.read |= set(frames)
        noise = (np.random.default_rng(at).normal(0, 60, self.shape[1:]) for at in frames)
        planes = [(np.linspace(300, 900, 31) + one).astype(self.dtype) for one in noise]
        return np.array(planes) if isinstance(index[0], slice) else planes[0]


def test_of_an_endless_film_only_what_is_needed_is_read() -> None:
    film, settings = Endless(), dataclasses.replace(QUICK, iterations=2, context=1)
    source = da.from_array(film, chunks=(4, 24, 31), asarray=True, name=False)
    lazy = restore_lazily(source, settings=settings, axes="TYX")
    assert len(film.read) < 32 * 6 * 4, "those that are learnt from, with their neighbours"
    film.read.clear()
    restored = lazy.image[2001].compute(scheduler="synchronous")
    assert (restored.shape, min(film.read), max(film.read)) == ((24, 31), 1992, 2011), (
        "eight on each side, in whole chunks"
    )


def test_a_method_that_cannot_be_shared_is_refused_at_once() -> None:
    settings = Settings(method="deep-image-prior", network="shared", iterations=3)
    with pytest.raises(ValueError, match="each plane for itself"):
        restore_lazily(as_dask(film()), settings=settings, axes="TYX")


def test_what_is_wrong_with_a_plane_is_told_when_it_is_computed() -> None:
    image = film(5).astype(np.float32)
    image[3, 2, 2] = np.inf
    lazy = restore_lazily(
        as_dask(image), Denoise(), settings=dataclasses.replace(QUICK, context=0, iterations=2), axes="TYX"
    )
    assert np.isfinite(lazy.image[4:].compute(scheduler="synchronous")).all()  # another block
    with pytest.raises(ValueError, match="Plane"):
        lazy.image[3].compute(scheduler="synchronous")
