"""CommonShare: drawings of all planes of a stack, mixed with the results of a method without a network in one share."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.noise.model import RESIDUAL_FRACTION
from napari_deep_prior.core.run.mixing.comparison import Comparison, Part, middle
from napari_deep_prior.core.run.mixing.means import Means
from napari_deep_prior.core.run.mixing.mixture import Mixture, mixture_of
from napari_deep_prior.core.run.mixing.partner import IMPLAUSIBLE, MOST, gains_in_words, shares_in_words
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.following import Drawer
from napari_deep_prior.core.solver.trained import TrainedNetwork

WORTH = 0.05
"""Share of a usual error (`RESIDUAL_FRACTION`) that a mixture has to spare, 0.2 dB: the other result takes longer than the drawing."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommonShare:
    """Weight of a drawing in its mixture with the result of `method`, the same for all planes of a stack.

    A network that has learnt is a fixed function, and planes of one stack have much in common: as measured, a share for each plane
    gains nothing on one for all, which costs nothing for a further plane.

    Attributes
    ----------
    method
        The method without a network.
    share
        The weight of the drawing.
    """

    method: ClosedFormMethod
    share: float

    def other(self, observation: Observation, device: Device) -> ClosedFormSolver | None:
        """The other result of an image, computed; None where it is not finite. OutOfMemory: it cannot be held."""
        solver = ClosedFormSolver(observation, self.method, Config(iterations=1), device)
        solver.step()
        return None if solver.diverged() else solver

    @property
    def note(self) -> str:
        """How much of each is in the mixture, in words for the record."""
        return shares_in_words((self.share,), self.method.name, "drawing")


def mixture_with(method: ClosedFormMethod | None, share: float | None = None) -> CommonShare | None:
    """With a share that is known; None where there is none."""
    return None if method is None or share is None else CommonShare(method=method, share=share)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the middles of some planes tell of all.

    Attributes
    ----------
    share
        None where the other results would take too long for what they gain, or nothing sensible comes out.
    error
        Of the result, mixed or not, in units of the noise; its `noise` is 1. None: nothing can be told.
    notes
        What the record should tell.
    """

    share: CommonShare | None = None
    error: ErrorFound | None = None
    notes: tuple[str, ...] = ()


def find_share(
    trained: TrainedNetwork,
    planes: Sequence[PreparedPlane],
    method: ClosedFormMethod,
    *,
    seed: int,
    context: bool,
    seconds: float,
    clock: Clock,
) -> Found:
    """The share that has the least expected error in the middles of these planes together.

    Parameters
    ----------
    trained, planes, method
        What draws, some planes, and the method without a network.
    seed, context
        Of the drawings, and whether neighbouring planes are shown.
    seconds
        The time budget of a plane, of which the other result may take a part.
    clock
        Tells the time in seconds.
    """
    found: list[Means] = []
    for plane in planes:
        if plane.noise is None:
            continue
        observation = middle_of(plane)
        second = ClosedFormSolver(observation, method, Config(iterations=1), plane.device)
        began = clock()
        second.step()
        if (clock() - began) * plane.masks.known.size / second.image[0, 0].numel() > MOST * seconds:
            return Found()
        chance = Chance.of(seed, plane=plane.piece.number, device=plane.device.torch)
        drawn = _Drawn.of(trained, observation, chance, context)
        found += Comparison.of(drawn.image, drawn, second, Part.whole(second), observation).means()
    known = [means for means in found if means.finite and means.pixels]
    if not known:
        return Found()
    return _decided(known, method, planes[0].noise.autocorrelation if planes[0].noise else ((1.0,),))


def _decided(known: Sequence[Means], method: ClosedFormMethod, autocorrelation: Autocorrelation) -> Found:
    """The common share, or that the drawing alone is as good and takes less time."""
    decided = together(known, autocorrelation)
    if not math.isfinite(decided.gain_on_first) or decided.gain_on_first > IMPLAUSIBLE:
        return Found()
    gains = gains_in_words(decided, method.name, "drawing")
    if decided.gain_on_first < WORTH * RESIDUAL_FRACTION:
        note = f"not mixed with {method.name}, which would take longer than it gains; {gains}"
        return Found(error=together(known, autocorrelation, share=1.0).error, notes=(note,))
    return Found(share=CommonShare(method=method, share=decided.shares[0]), error=decided.error, notes=(gains,))


def together(found: Sequence[Means], autocorrelation: Autocorrelation, share: float | None = None) -> Mixture:
    """The one share of least expected error for several planes and strengths of the noise: each counts in units of its noise's variance.

    `share` is taken where it is given.
    """
    pixels = sum(means.pixels for means in found)
    names = [field.name for field in dataclasses.fields(Means) if field.name != "pixels"]
    mean = {
        name: sum(means.pixels * getattr(means, name) / means.variance for means in found) / pixels for name in names
    }
    all_of_them = Means(pixels=pixels, **mean)
    if share is None:
        share = all_of_them.share(autocorrelation)
    return mixture_of([all_of_them], [share], autocorrelation, noise=1.0)


def middle_of(plane: PreparedPlane) -> Observation:
    """The middle of a plane, in which results are compared."""
    observation = plane.observation()
    return observation.part(middle(observation.shape))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """A drawing, and how it follows what is observed."""

    image: torch.Tensor
    observation: Observation
    drawer: Drawer

    @classmethod
    def of(cls, trained: TrainedNetwork, observation: Observation, chance: Chance, context: bool) -> _Drawn:
        """By a network that has learnt."""
        drawings = trained.drawings(observation, chance, context=context).finish()
        drawer = Drawer(
            networks=trained.networks,
            method=trained.method,
            config=trained.config,
            device=trained.device,
            shows_context=context,
        )
        return cls(image=drawings.image, observation=observation, drawer=drawer)

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `PlaneSolver.following`."""
        return self.drawer.following(self.observation, change)
