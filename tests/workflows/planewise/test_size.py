"""A stack is done plane by plane where image and result would not fit into the memory that is free."""

from __future__ import annotations

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.files.lazy_array import LazyArray
from napari_deep_prior.workflows.planewise import size


def picture(planes: int) -> files.Picture:
    return files.Picture(array=LazyArray((planes, 512, 512), np.dtype("uint16"), lambda _: np.zeros(0)), axes="TYX")


def test_it_is_a_matter_of_the_memory_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size.bytes_in_memory(picture(1000)) == 1000 * 2**18 * 24
    monkeypatch.setattr(size, "free_bytes", lambda: 12 * 10**9)
    assert size.too_large(picture(1000)) is None
    assert size.too_large(picture(2000)) == (
        "Image and result would take 12.6 GB of memory, of which 12 GB are free: they are read and written plane by plane."
    )


def test_where_the_system_does_not_say_it_memory_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "free_bytes", lambda: None)
    assert size.too_large(picture(10**6)) is None
