"""An architecture has no more scales than the image allows, and halves z later than the plane."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core.networks.architecture import MIN_PLANES, Architecture


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([1, 2]))
def test_the_coarsest_scale_keeps_two_pixels(height: int, width: int, shuffle: int) -> None:
    architecture = Architecture(channels=(8,) * 12, skip=0, shuffle=shuffle).for_shape((height, width))
    assert len(architecture.channels) >= 1
    assert max(8, min(height, width)) // shuffle >> len(architecture.channels) >= 2


@given(st.integers(1, 300), st.integers(8, 600))
def test_the_coarsest_scale_of_a_volume_keeps_its_planes(planes: int, side: int) -> None:
    architecture = Architecture(channels=(8,) * 6, skip=0, dims=3).for_shape((planes, side, side))
    left = planes
    for level in range(len(architecture.channels)):
        left //= architecture.stride(level)[0]
    assert left >= min(planes, MIN_PLANES)


def test_only_the_coarsest_scales_halve_z() -> None:
    architecture = Architecture(channels=(8,) * 4, skip=0, dims=3).for_shape((16, 256, 256))
    assert [architecture.stride(level) for level in range(4)] == [(1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2)]


def test_a_plane_is_halved_at_every_scale() -> None:
    architecture = Architecture(channels=(8,) * 3, skip=0)
    assert [architecture.stride(level) for level in range(3)] == [(2, 2)] * 3


def test_a_large_image_keeps_all_scales() -> None:
    architecture = Architecture(channels=(8, 16, 32), skip=4)
    assert architecture.for_shape((512, 300)) == architecture
