"""Which pixels a mask takes for missing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_deep_prior.core.tasks.inpaint import Inpaint

MASK = np.zeros((31, 40), np.uint8)
MASK[10:14, 20], MASK[3, 4], MASK[30, 39] = 1, 2, 2


@pytest.mark.parametrize(("number", "missing"), [("any", MASK > 0), (1, MASK == 1), (2, MASK == 2), (0, MASK == 0)])
@pytest.mark.parametrize("invert", [False, True])
def test_chosen_labels_or_all_others(number: int | str, missing: np.ndarray, invert: bool) -> None:
    known = Inpaint(mask=MASK, label_number=number, invert_mask=invert).known(MASK[None])
    np.testing.assert_array_equal(known, missing if invert else ~missing)


@pytest.mark.parametrize("pixels", [0, 1, 2, 5, 9])
def test_grown_holes_reach_that_far_and_not_further(pixels: int) -> None:
    missing = ~Inpaint(mask=MASK, grow_by=pixels).known(MASK[None])
    distance = ndimage.distance_transform_edt(MASK == 0)
    assert missing[distance <= 0.9 * pixels].all()
    assert not missing[distance > 1.2 * pixels].any()
