"""Unbiased risk of a split image."""

from __future__ import annotations

import torch

from napari_deep_prior.core.optimisation.losses import weighted_mean


def unbiased_risk(
    degraded: torch.Tensor, observed: torch.Tensor, target: torch.Tensor, before: torch.Tensor, where: torch.Tensor
) -> torch.Tensor:
    """Squared error to the other half of a split image, less the known noise in that: unbiased, as the half was not fitted.

    ``(f - y2)^2`` with y2 = y - n / a, without the terms that do not depend on f, and f measured from the result `before`,
    which knows nothing of this step's n: the same mean, far less variance. Less still in the mean over n and -n.
    """
    noise = observed - target
    return weighted_mean((degraded - observed).square() + 2 * (degraded - before) * noise, where)
