"""Activation of the last layer, from network output to image, and its inverse."""

from __future__ import annotations

import torch

MIN_VALUE = 0.003
"""Lower bound of an image in the inverse: closer to 0 the activation has hardly any slope."""


def identity(x: torch.Tensor) -> torch.Tensor:
    """No activation: a correction of a nearly right image must not depend on how bright the image is."""
    return x


def soft_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """A sigmoid up to 1/2 and its tangent from there on: never below 0, unbounded above.

    Departs from the sigmoid of Deep Image Prior, which is bounded by 1 as well and would clip whatever is brighter than
    the chosen range: a bead, a star. The lower bound stays, because it makes a dark background flat at little cost.
    """
    return torch.where(x < 0, torch.sigmoid(x), 0.5 + 0.25 * x)


def inverse_soft_sigmoid(image: torch.Tensor) -> torch.Tensor:
    """The network output for which `soft_sigmoid` gives this image, of which values below `MIN_VALUE` are raised to it."""
    return torch.where(image < 0.5, torch.logit(image.clamp(MIN_VALUE, 0.5)), 4 * (image - 0.5))
