"""What was found of a plane, in words."""

from __future__ import annotations

from napari_deep_prior.core.found import ErrorFound


def test_an_error_is_said_with_its_interval_and_in_grey_values() -> None:
    text = str(ErrorFound(relative=0.22, low=0.15, high=0.31, noise=14.2))
    assert (
        text
        == "about 22% of the noise (15% to 31%, a 90 % interval): 3.1 grey values in the root mean square, where the noise had 14"
    )
