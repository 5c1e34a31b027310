"""A sample that says nothing else is compared as it is with the target."""

from __future__ import annotations

import torch

from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.sampling.sample import Sample


def test_what_is_not_said_changes_nothing() -> None:
    x = torch.zeros(1, 1, 2, 2)
    sample = Sample(input=x, inverse=identity, residual_base=0.0, target=x, weight=x)
    assert sample.averaging_mask is sample.data_consistency is sample.next_stage is None
    assert not sample.in_image_domain
