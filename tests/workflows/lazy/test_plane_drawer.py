"""A drawer of planes: what it learnt goes along, and it reads nothing once the pixels come with the question."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from napari_deep_prior import Settings, restore
from napari_deep_prior.workflows.lazy.plane_drawer import PlaneDrawer

QUICK = Settings(preset="fast", iterations=2, seconds="never", device="cpu", precision="float32")


class Counted:
    """A stack that counts how often it is read."""

    def __init__(self, image: np.ndarray) -> None:
        self.image, self.shape, self.dtype, self.reads = image, image.shape, image.dtype, 0

    def __getitem__(self, index: Any) -> np.ndarray:
        self.reads += 1
        return self.image[index]


def test_it_reads_nothing_once_it_has_learnt() -> None:
    draw = np.random.default_rng(0)
    image = (np.linspace(100, 900, 31) + draw.normal(0, 60, (9, 24, 31))).astype(np.float32)
    drawer = PlaneDrawer(counted := Counted(image), settings=QUICK, axes="ZYX")
    before, whole = counted.reads, restore(image, settings=QUICK, axes="ZYX")
    for one in (drawer, pickle.loads(pickle.dumps(drawer))):
        before = counted.reads
        for number in (8, 3):
            planes = {n: image[n] for n in drawer.fit.reads(number)}
            assert set(planes) == {number, *((2, 4) if number == 3 else (7,))}
            found = one.draw(number, planes)
            np.testing.assert_array_equal(found.image, whole.image[number])
        assert counted.reads == before
