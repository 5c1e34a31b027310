"""Error on hidden data: how well a network predicts what was hidden from it, and whether it fits other data than its own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from napari_deep_prior.core.noise.model import RESIDUAL_FRACTION
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.solver.trained import TrainedNetwork

COMPARED = 4
"""Planes in which drawings are compared, at most."""

_SURE = 3.0
"""Standard deviations by which an error is larger than another where that is no chance."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HiddenError:
    """Mean squared error on hidden data, `over_noise` alone; and its standard deviation by `chance`."""

    over_noise: float
    chance: float


def evenly_chosen(planes: Sequence[PreparedPlane]) -> list[PreparedPlane]:
    """A few of the planes."""
    return [planes[at] for at in sorted({round(at) for at in np.linspace(0, len(planes) - 1, COMPARED)})]


def mean_error(trained: TrainedNetwork, planes: Sequence[PreparedPlane], *, seed: int, context: bool) -> float:
    """Error on hidden data with its noise, in tensor units; see `TrainedNetwork.error`."""
    found = [trained.error(plane.observation(), _chance(plane, seed), context=context) for plane in planes]
    return sum(found) / len(found)


def hidden_error(
    trained: TrainedNetwork, planes: Sequence[PreparedPlane], *, seed: int, context: bool
) -> HiddenError | None:
    """The same over what noise alone makes, mean of the planes; None where the noise of none is known."""
    found = [
        trained.relative_error(plane.observation(), _chance(plane, seed), context=context, noise=plane.expected_loss)
        for plane in planes
        if plane.expected_loss
    ]
    if not found:
        return None
    errors, chances = zip(*found, strict=True)
    return HiddenError(
        over_noise=sum(errors) / len(found), chance=math.sqrt(sum(chance**2 for chance in chances)) / len(found)
    )


def fits_as_well(here: HiddenError, own: float) -> bool:
    """Whether a network that has the error `own` in its own data is as good here.

    A result holds about a tenth of the variance of the noise as error (`RESIDUAL_FRACTION`). Where the error on hidden data is larger
    by more than that, and by more than chance, a result has twice the error that it has in the network's own data.
    """
    return here.over_noise <= own + RESIDUAL_FRACTION + _SURE * here.chance


def in_words(here: HiddenError | None, own: float | None) -> str:
    """Whether the network fits the data, in a sentence."""
    if here is None or own is None:
        return "Whether the network fits this image was not checked: the noise, which its error is compared with, is not known."
    errors = f"its error there is {here.over_noise:.2f} of the noise's variance, and {own:.2f} in its own data"
    if fits_as_well(here, own):
        return (
            f"The network fits this image: it predicts what was hidden from it as well as in its own data ({errors})."
        )
    return (
        f"The network does not fit this image: it predicts what was hidden from it worse than in its own data ({errors}). Let one "
        "learn from this image, without a network file."
    )


def _chance(plane: PreparedPlane, seed: int) -> Chance:
    return Chance.of(seed, plane=plane.piece.number, device=plane.device.torch)
