"""Which pixels are compared, and where a second result is computed once more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch

from napari_deep_prior.core.run.mixing.comparison import _counted, middle

IMAGE = torch.rand((1, 1, 64, 80), generator=torch.manual_seed(0))
KNOWN = torch.ones_like(IMAGE)


def observed(image: torch.Tensor, known: torch.Tensor = KNOWN, noisy: torch.Tensor | None = None) -> Any:
    """As much of an observation as counts here."""
    return SimpleNamespace(image=image, known=known, noisy=noisy)


def test_all_pixels_count_where_nothing_speaks_against_them() -> None:
    assert float(_counted(observed(IMAGE)).mean()) == 1


def test_clipped_clean_and_missing_pixels_do_not_count() -> None:
    image = IMAGE.clamp(max=float(IMAGE.quantile(0.9)))
    noisy, known = KNOWN.clone(), KNOWN.clone()
    noisy[..., :10] = known[..., 10:20] = 0
    counts = _counted(observed(image, known, noisy))
    assert float(counts[image == image.max()].sum()) == 0
    assert float(counts[..., :20].sum()) == 0
    assert 0.6 < float(counts.mean()) < 0.75


def test_what_is_clipped_in_one_channel_counts_in_none() -> None:
    image = torch.cat([IMAGE, IMAGE.clamp(max=0.5)], 1)
    counts = _counted(observed(image))
    assert torch.equal(counts, (IMAGE < 0.5).float())


def test_where_all_is_clipped_what_is_known_counts_all_the_same() -> None:
    flat = torch.full_like(IMAGE, 0.5)
    assert float(_counted(observed(flat)).mean()) == 1


def test_the_middle_of_a_large_image_is_as_large_as_can_be_computed_twice() -> None:
    assert IMAGE[0, 0][middle((64, 80))].shape == (64, 80)
    assert middle((300, 1000)) == (slice(22, 278), slice(372, 628))
