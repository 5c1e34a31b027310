"""Whatever is given in place of an image, a task or a setting is refused in words, before anything starts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior import Denoise, Fit, Settings, restore
from napari_deep_prior.core.run.arguments import MAX_THREADS, as_image

IMAGE = np.random.default_rng(0).normal(100, 5, (12, 15))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"task": Denoise}, r"task = the class Denoise: needs a task, such as Denoise\(\)"),
        ({"task": "denoise"}, "task = 'denoise': needs a task"),
        ({"settings": {"preset": "fast"}}, "settings = {'preset': 'fast'}: needs Settings"),
        ({"settings": Settings}, "settings = the class Settings"),
        ({"axes": 5}, "axes = 5: needs one letter per axis"),
        ({"axes": ["Y", "X"]}, "needs one letter per axis"),
    ],
)
def test_wrong_types_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        restore(IMAGE, **arguments)


@pytest.mark.parametrize(
    "threads", [0, -1, MAX_THREADS + 1, 10**9, 10**5000], ids=["0", "-1", "1025", "a milliard", "endless"]
)
def test_a_number_of_threads_that_no_processor_has_is_refused(threads: int) -> None:
    with pytest.raises(ValueError, match=f"needs a whole number >= 1 and <= {MAX_THREADS}"):
        Fit(IMAGE, threads=threads)


@pytest.mark.parametrize("threads", [1.0, True, "2"])
def test_threads_are_a_whole_number(threads: Any) -> None:
    with pytest.raises(TypeError, match="needs a whole number"):
        Fit(IMAGE, threads=threads)


@pytest.mark.parametrize("seed", [-1, 2**31, 10**400, 10**5000], ids=["-1", "2**31", "10**400", "10**5000"])
def test_a_seed_out_of_bounds_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="needs a whole number >= 0"):
        Settings(seed=seed)


def test_arrays_of_another_kind_are_refused() -> None:
    with pytest.raises(TypeError, match=r"The image is a torch\.Tensor: needs a NumPy array"):
        Fit(torch.zeros(12, 15))
    with pytest.warns(PendingDeprecationWarning), pytest.raises(TypeError, match=r"numpy\.matrix"):
        Fit(np.matrix(IMAGE))


def test_lists_are_taken_as_arrays() -> None:
    assert np.array_equal(as_image(IMAGE.tolist()), IMAGE)


def test_an_image_of_unknown_size_is_refused() -> None:
    """As dask's arrays after a choice by values."""
    image = SimpleNamespace(shape=(float("nan"), 8, 8), dtype=np.dtype("u1"))
    with pytest.raises(ValueError, match="compute its size first"):
        as_image(image)
