"""A guide is seen by the network, turned with the image, cut with its planes, recorded, and refused in words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from napari_deep_prior import Denoise, Fit, Inpaint, Settings, replay, restore

STEPS = Settings(iterations=3, seconds="never", preset="fast", device="cpu")
METHODS = ["deep-image-prior", "blind-spot", "recorrupted"]
GUIDE = np.add.outer(np.arange(24.0), 3 * np.arange(32.0))


def noisy(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).poisson(80, shape).astype(np.uint16)


def steps(method: str) -> Settings:
    return Settings(**{**STEPS.as_dict(), "method": method})


@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_shown_the_guide(method) -> None:
    image = noisy(24, 32)
    plain, guided, other = (
        restore(image, Denoise(guide=guide), settings=steps(method)).image
        for guide in (None, GUIDE, GUIDE.copy()[::-1])
    )
    assert not np.array_equal(plain, guided)
    assert not np.array_equal(guided, other)


def test_only_its_shapes_matter_not_its_brightness() -> None:
    image = noisy(24, 32)
    a, b = (
        restore(image, Denoise(guide=g), settings=STEPS).image for g in (GUIDE, (GUIDE * 100 + 7).astype(np.uint16))
    )
    np.testing.assert_allclose(a, b, rtol=1e-3)


def test_one_guide_for_all_planes_of_a_stack_or_one_for_each() -> None:
    image, each = noisy(2, 24, 32), dataclasses.replace(STEPS, network="each")
    one = restore(image, Denoise(guide=GUIDE), axes="TYX", settings=each).image
    same = restore(image, Denoise(guide=np.stack([GUIDE, GUIDE])), axes="TYX", settings=each).image
    other = restore(image, Denoise(guide=np.stack([GUIDE, GUIDE[::-1]])), axes="TYX", settings=each).image
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one[0], other[0])
    assert not np.array_equal(one[1], other[1])


def test_holes_are_filled_with_a_guide_and_the_record_asks_for_it() -> None:
    image, mask = noisy(24, 32), np.zeros((24, 32), np.uint8)
    mask[8:14, 8:14] = 1
    result = restore(image, Inpaint(mask=mask, guide=GUIDE), settings=STEPS)
    assert not np.array_equal(result.image, restore(image, Inpaint(mask=mask), settings=STEPS).image)
    assert set(result.record.companions) == {"mask", "guide"}
    with pytest.raises(ValueError, match="needs guide"):
        replay(image, result.record, mask=mask)
    again = replay(image, result.record, mask=mask, guide=GUIDE)
    np.testing.assert_array_equal(again.image, result.image)


@pytest.mark.parametrize(
    ("guide", "said"),
    [
        (GUIDE[1:], r"^guide has shape \(23, 32\), but the image is \(24, 32\)"),
        (np.full((24, 32), 7), "^The guide is constant: every pixel is 7"),
        (np.where(GUIDE > 50, np.nan, GUIDE), "^The guide holds .* NaN"),
        (GUIDE * 1j, "^The guide has dtype complex128"),
        (np.stack([GUIDE] * 3, axis=-1), r"^guide has shape \(24, 32, 3\)"),
    ],
)
@pytest.mark.parametrize("task", [Denoise, lambda **given: Inpaint(mask=GUIDE > 50, **given)])
def test_what_cannot_guide_is_refused_before_anything_starts(task, guide, said) -> None:
    with pytest.raises(ValueError, match=said):
        Fit(noisy(24, 32), task(guide=guide))


def test_the_image_itself_is_no_guide() -> None:
    image = noisy(24, 32)
    with pytest.raises(ValueError, match="guide is the image itself"):
        Fit(image, Denoise(guide=image))


def test_a_plane_that_cannot_guide_is_named() -> None:
    with pytest.raises(ValueError, match=r"^Plane 2 of 2: The guide is constant"):
        Fit(noisy(2, 24, 32), Denoise(guide=np.stack([GUIDE, 0 * GUIDE])), axes="TYX")
