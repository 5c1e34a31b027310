"""SharedNetwork: one network for all planes of a stack; it learns from some of them, and draws each."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from napari_deep_prior.core.data.regions import spread
from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import PlaneReport, PlannedSteps
from napari_deep_prior.core.run.plan import Plan, plan_for
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.shared.context import Context, choose_context
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.solver.trained import TrainedNetwork

_LEARNT_PIXELS, _FEWEST, _MOST = 2**22, 4, 32
"""Pixels of all planes together from which the network learns, and the fewest and the most planes."""

_LEAST_RANGE = 0.25
"""A plane is scaled by no less than this fraction of the largest range: where nothing is in focus, noise is not stretched to a picture."""

LARGE = 2**21
"""Pixels above which a plane is learnt from in parts, and drawn in tiles."""

_PARTS, _SIDE = 16, 512
"""Number of parts of all large planes together, about, and their side in pixels."""

_COMPARED = 4
"""Planes in which drawings with and without neighbours are compared."""


class SharedNetwork:
    """One network for all planes of a stack.

    A network that is shown the image is the same function everywhere. So it learns from patches of several planes at once, and
    then draws each of them in a hundredth of the time that a fit takes. Planes that lie beside a plane in time or depth are shown
    to it as they are, where their noise is independent of the plane's own: what is seen twice is known better (SUPPORT, Eom et al.,
    Nat Methods 2023; Noise2Stack, Papkov et al., 2020).

    Parameters
    ----------
    pieces
        The planes.
    learnt
        Those from which the network learns; the fit of the first is shown.
    plan
        How it learns.
    context
        Which neighbours it is shown.
    seed
        Of the fit and of the drawings.
    replay
        Repeat a recorded fit.
    clock
        Tells the time in seconds.

    Attributes
    ----------
    learner
        The fit in which the network learns.
    """

    def __init__(
        self,
        pieces: Pieces,
        learnt: Sequence[Seen],
        plan: Plan,
        context: Context,
        *,
        seed: int,
        replay: PlannedSteps | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._pieces, self._plan, self._context, self._seed, self._clock = pieces, plan, context, seed, clock
        planes = [self._prepared(seen) for seen in learnt]
        self._least_gain = _LEAST_RANGE * np.max([plane.scaling.gain for plane in planes], axis=0)
        planes = [self._scaled(plane) for plane in planes]
        self._first = planes[0]
        self._learnt = [part for plane in planes for part in _parts(plane, max(1, _PARTS // len(planes)))]
        self.learner = PlaneFit(self._learnt[0], plan, seed=seed, replay=replay, clock=clock)
        self.learner.learn_from([plane.observation() for plane in self._learnt[1:]])
        self._trained: TrainedNetwork | None = None
        self._report: PlaneReport | None = None
        self._shows_context = context.reach > 0

    @property
    def has_learnt(self) -> bool:
        """Whether its network draws."""
        return self._trained is not None

    def fits(self, seen: Seen) -> bool:
        """Whether a plane has the channels that the network draws."""
        return seen.varied.shape == self._first.pixels.shape

    def finish_learning(self) -> Drawing:
        """Keep the network of the learner, which has ended; the plane of the learner, drawn by it."""
        step, networks = self.learner.frozen_networks()
        self._trained = self._with(networks)
        report = self.learner.report()
        if self._context.reach and not self._context.asked:
            report = dataclasses.replace(report, notes=(*report.notes, self._compared(self._trained)))
        self._report = dataclasses.replace(report, chosen=step)
        return self.first_drawing()

    def _with(self, networks: list[torch.nn.Module]) -> TrainedNetwork:
        method, config = self._plan.method, self._plan.config
        assert isinstance(method, NetworkMethod)
        assert isinstance(config, NetworkConfig)
        return TrainedNetwork(networks=networks, method=method, config=config, device=self._pieces.device)

    def first_drawing(self) -> Drawing:
        """The plane of the learner, drawn by the network."""
        return self._drawing(self._first)

    def state_dict(self) -> dict[str, Any]:
        """The learner, and its network once that draws: tensors, numbers and text."""
        trained, report = self._trained, self._report
        return {
            "learner": self.learner.state_dict(),
            "networks": None if trained is None else [network.state_dict() for network in trained.networks],
            "report": None if report is None else dataclasses.asdict(report),
            "shows_context": self._shows_context,
        }

    def gone_on(self, state: dict[str, Any]) -> PlaneFit | Drawing:
        """The learner where another network for the same stack was, or its plane, drawn, where that had learnt."""
        self.load_state_dict(state)
        return self.first_drawing() if self.has_learnt else self.learner

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another network for the same stack was."""
        self.learner.load_state_dict(state["learner"])
        self._shows_context = state["shows_context"]
        if state["networks"] is None:
            return
        networks = self.learner.solver.networks_as_now()
        for network, weights in zip(networks, state["networks"], strict=True):
            network.load_state_dict(weights)
        self._trained, self._report = self._with(networks), from_plain(PlaneReport, state["report"])

    def learn_on(self) -> PlaneFit:
        """The learner, for a further budget; all planes are to be drawn anew."""
        self._trained = None
        return self.learner

    def draw(self, seen: Seen) -> Drawing:
        """A further plane, drawn by the network."""
        return self._drawing(self._scaled(self._prepared(seen)))

    def _drawing(self, plane: PreparedPlane) -> Drawing:
        assert self._trained is not None
        assert self._report is not None
        shown = self._shows_context
        return Drawing(plane, self._trained, self._report, seed=self._seed, context=shown, clock=self._clock)

    def _prepared(self, seen: Seen) -> PreparedPlane:
        noise = self._plan.for_plane(seen.task, seen.varied, seen.masks, seen.noise).noise
        plane = self._pieces.prepare(seen, noise)
        return dataclasses.replace(plane, context=self._context.beside(self._pieces, seen))

    def _scaled(self, plane: PreparedPlane) -> PreparedPlane:
        return plane.scaled_no_finer_than(self._least_gain)

    def _compared(self, trained: TrainedNetwork) -> str:
        """Whether neighbouring planes make what is hidden from the network better known, in words; they are shown where they do."""
        chosen = [
            self._learnt[i] for i in sorted({round(at) for at in np.linspace(0, len(self._learnt) - 1, _COMPARED)})
        ]
        observations = [(plane.piece.number, plane.observation()) for plane in chosen]
        without, beside = (
            sum(
                trained.error(
                    observation, Chance.of(self._seed, plane=number, device=self._pieces.device.torch), context=shown
                )
                for number, observation in observations
            )
            for shown in (False, True)
        )
        self._shows_context = beside < without
        shown = f"{self._context.reach} neighbouring planes on each side along {self._context.letter}"
        if self._shows_context:
            return f"{shown} are shown: the error on hidden data is {100 * (1 - beside / without):.1f} % smaller"
        return f"{shown} are not shown: the error on hidden data is not smaller with them"


def share(
    pieces: Pieces,
    first: Seen,
    plan: Plan,
    settings: Settings,
    *,
    replay: PlannedSteps | None = None,
    clock: Clock = time.perf_counter,
) -> SharedNetwork | None:
    """A network for the stack in which `first` is the first plane with something to restore; None where each has its own.

    A single large plane is a stack of its parts. The plan, made for that plane, is made anew for the one with the median noise.

    Raises
    ------
    ValueError
        If the settings ask for a shared network and the method or the task has none.
    """
    large = first.pixels[0].size > LARGE
    if settings.network == "each" or (len(pieces.stack.indices) < 2 and not large):
        return None
    learnt = [first]
    refusal = _refusal(pieces, first, plan)
    if refusal is None:
        learnt += filter(None, (_look(pieces, number, first) for number in _spread(pieces, first)))
        plan = _plan_of_middle(learnt, plan, settings)
        refusal = _refusal(pieces, first, plan)
    if refusal is not None and settings.network == "shared":
        raise ValueError(f"network = 'shared': {refusal}. Take network each.")
    config = plan.method.shared(plan.config)
    if refusal is not None or config is None:
        return None
    context = choose_context(pieces, learnt, settings)
    note = f"one network for all planes, learnt from {len(learnt)} of {len(pieces.stack.indices)}"
    if large:
        note += f", in parts of {_SIDE} x {_SIDE} pixels, and applied in tiles"
    plan = dataclasses.replace(plan, config=config, partner=None, notes=(*plan.notes, note, *context.notes))
    return SharedNetwork(pieces, learnt, plan, context, seed=settings.seed, replay=replay, clock=clock)


def _refusal(pieces: Pieces, first: Seen, plan: Plan) -> str | None:
    """Why no network can be shared, in words; None: one can."""
    if plan.method.shared(plan.config) is None:
        return f"method {plan.method.name} fits each plane for itself"
    physics = pieces.prepare(first, plan.noise).observation().physics
    if any(True for _ in physics.parameters()):
        return "what the instrument did is unknown and fitted for each plane"
    return None


def _spread(pieces: Pieces, first: Seen) -> list[int]:
    """Numbers of further planes to learn from, evenly spread over the stack."""
    number = len(pieces.stack.indices)
    wanted = min(number, max(_FEWEST, min(_MOST, _LEARNT_PIXELS // first.pixels[0].size)))
    return sorted({round(at) for at in np.linspace(0, number - 1, wanted)} - {first.piece.number})


def _look(pieces: Pieces, number: int, first: Seen) -> Seen | None:
    """A plane to learn from; None where nothing can be learnt, or where something is wrong that is told in its turn."""
    try:
        seen = pieces.see(number, in_turn=False)
    except ValueError:
        return None
    return None if isinstance(seen, str) or seen.varied.shape != first.varied.shape else seen


def _plan_of_middle(learnt: Sequence[Seen], plan: Plan, settings: Settings) -> Plan:
    """The plan for the plane with the median noise."""
    noises = [plan.for_plane(seen.task, seen.varied, seen.masks, seen.noise).noise.sigma for seen in learnt]
    middle = learnt[int(np.argsort(noises)[len(noises) // 2])]
    return plan_for(middle.task, settings, middle.varied, middle.masks, planes=len(learnt), noise=middle.noise)


def _parts(plane: PreparedPlane, number: int) -> list[PreparedPlane]:
    """What is learnt from of a plane: all of it, or of a large one some parts, the one nearest to its middle first."""
    shape = plane.pixels.shape[1:]
    if math.prod(shape) <= LARGE:
        return [plane]
    regions = spread(shape, _SIDE, number)
    regions.insert(0, regions.pop(len(regions) // 2))
    return [plane.part(region) for region in regions]
