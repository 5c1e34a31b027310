"""SharedNetwork: one network for all planes of a stack; it learns from some of them, and draws each."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import torch

from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.plain_values import from_plain
from napari_deep_prior.core.results import Fingerprint, PlaneReport, PlannedSteps
from napari_deep_prior.core.run.mixing.common_share import CommonShare, Found, find_share, mixture_with
from napari_deep_prior.core.run.plan import Plan
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.provenance import Origin
from napari_deep_prior.core.run.shared.context import Context
from napari_deep_prior.core.run.shared.description import KeptContext, describe, learnt_on
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.hidden_error import evenly_chosen, hidden_error, mean_error
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.shared.planes import PARTS, PlanesToDraw, parts_of
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.solver.trained import TrainedNetwork


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
    sentences
        For the record: none.
    """

    sentences: tuple[str, ...] = ()

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
        self._planes, planes = PlanesToDraw.of(learnt, pieces, plan, context)
        self._first, self._learnt_planes = planes[0], len(planes)
        self._learnt = [part for plane in planes for part in parts_of(plane, max(1, PARTS // len(planes)))]
        alone = dataclasses.replace(plan, partner=None)  # what is mixed are the drawings
        self.learner = PlaneFit(self._learnt[0], alone, seed=seed, replay=replay, clock=clock)
        self.learner.learn_from([plane.observation() for plane in self._learnt[1:]])
        self._replay = replay
        self._mixture: CommonShare | None = None
        self._trained: TrainedNetwork | None = None
        self._report: PlaneReport | None = None
        self._shows_context = context.reach > 0

    def begin(self) -> PlaneFit:
        """What comes first: the fit in which it learns."""
        return self.learner

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
        found = self._found_share(self._trained)
        self._mixture = found.share
        self._report = dataclasses.replace(report, chosen=step, error=found.error, notes=(*report.notes, *found.notes))
        return self.first_drawing()

    def _with(self, networks: list[torch.nn.Module]) -> TrainedNetwork:
        method, config = self._plan.method, self._plan.config
        assert isinstance(method, NetworkMethod)
        assert isinstance(config, NetworkConfig)
        title = f"the network of plane {self.learner.number + 1}"
        return TrainedNetwork(networks=networks, method=method, config=config, device=self._pieces.device, title=title)

    def first_drawing(self) -> Drawing:
        """The plane of the learner, drawn by the network."""
        return self._drawing(self._first, self._replay)

    def state_dict(self) -> dict[str, Any]:
        """The learner, and its network once that draws: tensors, numbers and text."""
        return {"learner": self.learner.state_dict(), **self.learnt()}

    def learnt(self) -> dict[str, Any]:
        """The network, once it draws: all that is needed to draw planes of the same stack."""
        trained, report = self._trained, self._report
        return {
            "networks": None if trained is None else [network.state_dict() for network in trained.networks],
            "report": None if report is None else dataclasses.asdict(report),
            "shows_context": self._shows_context,
            "share": None if self._mixture is None else self._mixture.share,
        }

    def gone_on(self, state: dict[str, Any]) -> PlaneFit | Drawing:
        """The learner where another network for the same stack was, or its plane, drawn, where that had learnt."""
        self.load_state_dict(state)
        return self.first_drawing() if self.has_learnt else self.learner

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another network for the same stack was."""
        self.learner.load_state_dict(state["learner"])
        self.take_over(state)

    def take_over(self, state: dict[str, Any]) -> None:
        """Draw by a network that has learnt from the same stack elsewhere."""
        self._shows_context = state["shows_context"]
        if state["networks"] is None:
            return
        networks = self.learner.solver.networks_as_now()
        for network, weights in zip(networks, state["networks"], strict=True):
            network.load_state_dict(weights)
        self._trained, self._report = self._with(networks), from_plain(PlaneReport, state["report"])
        self._mixture = mixture_with(self._plan.partner, state["share"])

    def learn_on(self) -> PlaneFit:
        """The learner, for a further budget; all planes are to be drawn anew."""
        self._trained = None
        return self.learner

    def draw(self, seen: Seen, steps: PlannedSteps | None = None) -> Drawing:
        """A further plane, drawn by the network; `steps` as a record tells them."""
        return self._drawing(self._planes.prepared(seen), steps)

    def _found_share(self, trained: TrainedNetwork) -> Found:
        """How drawings are mixed, and how wrong they are, unless a record tells it."""
        method, config = self._plan.partner, self._plan.config
        if method is None or self._replay is not None:
            return Found()
        planes = evenly_chosen(self._learnt)
        shown, seconds, clock = self._shows_context, config.seconds, self._clock
        return find_share(trained, planes, method, seed=self._seed, context=shown, seconds=seconds, clock=clock)

    def _drawing(self, plane: PreparedPlane, steps: PlannedSteps | None) -> Drawing:
        assert self._trained is not None
        assert self._report is not None
        mixture, report = self._mixture, self._report
        if steps is not None:
            mixture = mixture_with(self._plan.partner, *steps.shares[:1])
            report = dataclasses.replace(report, error=steps.error)
        return Drawing(
            plane,
            self._trained,
            report,
            seed=self._seed,
            context=self._shows_context,
            mixture=mixture,
            most=None if steps is None else steps.drawings,
            clock=self._clock,
        )

    def _compared(self, trained: TrainedNetwork) -> str:
        """Whether neighbouring planes make what is hidden from the network better known, in words; they are shown where they do."""
        planes = evenly_chosen(self._learnt)
        without, beside = (mean_error(trained, planes, seed=self._seed, context=shown) for shown in (False, True))
        self._shows_context = beside < without
        shown = f"{self._context.reach} neighbouring planes on each side along {self._context.letter}"
        if self._shows_context:
            return f"{shown} are shown: the error on hidden data is {100 * (1 - beside / without):.1f} % smaller"
        return f"{shown} are not shown: the error on hidden data is not smaller with them"

    def kept(self, origin: Origin, image: Fingerprint) -> KeptNetwork:
        """Its network, to be kept; for `image`, the data it learnt from.

        Raises
        ------
        ValueError
            If it has not learnt yet.
        """
        trained, report = self._trained, self._report
        if trained is None or report is None:
            raise ValueError("There is no network to keep yet: iterate over the fit until it draws.")
        with self._pieces.device.engaged():
            error = hidden_error(trained, evenly_chosen(self._learnt), seed=self._seed, context=self._shows_context)
        context = KeptContext(
            letter=self._context.letter if self._context.reach else "",
            reach=self._context.reach,
            planes=self._context.planes,
            shown=self._shows_context,
        )
        description = describe(
            trained,
            origin,
            context=context,
            noise=self._plan.noise,
            hidden_error=None if error is None else error.over_noise,
            steps=report.chosen,
            learnt_on=learnt_on(origin, image, self._first.scaling, self._learnt_planes),
            mixture=self._mixture,
        )
        return KeptNetwork.of(trained, description)
