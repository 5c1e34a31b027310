"""Whether a network fits is told by its error on hidden data, in units of the noise."""

from __future__ import annotations

import pytest

from napari_deep_prior.core.noise.model import RESIDUAL_FRACTION
from napari_deep_prior.core.run.shared.hidden_error import HiddenError, fits_as_well, in_words


@pytest.mark.parametrize(
    ("here", "chance", "own", "fits"),
    [
        (1.02, 0.0, 1.02, True),
        (0.5, 0.0, 1.02, True),
        (1.02 + 0.9 * RESIDUAL_FRACTION, 0.0, 1.02, True),
        (1.02 + 1.1 * RESIDUAL_FRACTION, 0.0, 1.02, False),
        (1.02 + 1.1 * RESIDUAL_FRACTION, 0.02, 1.02, True),
    ],
)
def test_it_fits_where_its_error_is_no_larger_than_in_its_own_data(here, chance, own, fits: bool) -> None:
    error = HiddenError(over_noise=here, chance=chance)
    assert fits_as_well(error, own) is fits
    words = in_words(error, own)
    assert ("does not fit" in words) is not fits
    assert f"{here:.2f}" in words
    assert f"{own:.2f}" in words


def test_what_cannot_be_compared_is_said() -> None:
    assert "was not checked" in in_words(None, 1.0)
    assert "was not checked" in in_words(HiddenError(over_noise=1.0, chance=0.1), None)
