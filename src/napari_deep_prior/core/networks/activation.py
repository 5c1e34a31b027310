"""The last non-linearity: from what the network draws to the picture, and back."""

from __future__ import annotations

import torch

MIN_VALUE = 0.003
"""A picture is kept this far above 0 on the way back, where the curve still has a slope."""


def identity(x: torch.Tensor) -> torch.Tensor:
    """As it is: what is added to a picture that is nearly right must not depend on how bright that is."""
    return x


def soft_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """A sigmoid up to 1/2, its tangent from there on: never below 0, without bound above.

    The paper's sigmoid also ends at 1, which cuts off whatever is brighter than the chosen range: a bead, a star. The
    bound below stays: a dark background is drawn flat at little cost.
    """
    return torch.where(x < 0, torch.sigmoid(x), 0.5 + 0.25 * x)


def inverse_soft_sigmoid(picture: torch.Tensor) -> torch.Tensor:
    """What `soft_sigmoid` turns into `picture`."""
    return torch.where(picture < 0.5, torch.logit(picture.clamp(MIN_VALUE, 0.5)), 4 * (picture - 0.5))
