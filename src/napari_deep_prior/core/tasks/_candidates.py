"""Methods that several tasks list alike."""

from __future__ import annotations

from napari_deep_prior.core.methods._base import Method
from napari_deep_prior.core.methods._network import Published
from napari_deep_prior.core.methods.blind_spot import BlindSpot
from napari_deep_prior.core.methods.deep_image_prior import DENOISING_STEPS, DeepImagePrior
from napari_deep_prior.core.methods.recorrupted import Recorrupted
from napari_deep_prior.core.networks.catalogue import Networks
from napari_deep_prior.core.stopping.rules import StoppingRule

DENOISERS: tuple[Method, ...] = (Recorrupted(), BlindSpot(), DeepImagePrior(iterations=DENOISING_STEPS))
"""For noise, in the order in which they are asked whether they suit it."""


def by_wish(
    networks: Networks,
    *,
    smoothing_sigma: float = 2.5,
    fills_holes: bool = False,
    limits_steps: bool = False,
    stops: bool = True,
    rule: StoppingRule | None = None,
    published: Published | None = None,
) -> tuple[Method, ...]:
    """The denoisers for a task of another kind: they suit none, but can be asked for."""
    numbers = Published() if published is None else published
    return tuple(
        method(
            networks=networks,
            denoises=False,
            smoothing_sigma=smoothing_sigma,
            fills_holes=fills_holes,
            limits_steps=limits_steps,
            stops=stops,
            rule=rule,
            published=numbers,
        )
        for method in (BlindSpot, Recorrupted)
    )
