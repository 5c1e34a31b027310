"""SharedNetwork: one network for all planes of a stack; it learns from some of them, and draws each."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator, Sequence
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
from napari_deep_prior.core.run.shared.distilling import WORTHWHILE, Distilling, Progress, steps_for
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.hidden_error import evenly_chosen, hidden_error, mean_error
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.learner import Learner
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.shared.planes import PARTS, PlanesToDraw, is_large, is_mixed_whole, parts_of
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.solver.distillation import DistilledNetwork, student_of
from napari_deep_prior.core.solver.trained import TrainedNetwork


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawer:
    """What draws the planes: the network that has learnt, what its drawings are mixed with, or a student of both; and the report."""

    trained: TrainedNetwork
    report: PlaneReport
    mixture: CommonShare | None = None
    student: DistilledNetwork | None = None


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
        self._parts = [part for plane in planes for part in parts_of(plane, max(1, PARTS // len(planes)))]
        alone = dataclasses.replace(plan, partner=None)  # what is mixed are the drawings
        self.learner = Learner(self._parts[0], alone, self._find_out, seed=seed, replay=replay, clock=clock)
        self.learner.learn_from([plane.observation() for plane in self._parts[1:]])
        self._replay = replay
        self._drawer: _Drawer | None = None  # before it has learnt
        self._found: _Drawer | None = None  # the same, until the learner has ended
        self._shows_context = context.reach > 0
        self._large = is_large(self._first.pixels.shape[1:])

    def begin(self) -> PlaneFit:
        """What comes first: the fit in which it learns."""
        return self.learner

    @property
    def has_learnt(self) -> bool:
        """Whether its network draws."""
        return self._drawer is not None

    def reads(self, number: int) -> list[int]:
        """Numbers of the planes that are read to draw one."""
        return self._planes.reads(number)

    def fits(self, seen: Seen) -> bool:
        """Whether a plane has the channels that the network draws."""
        return seen.varied.shape == self._first.pixels.shape

    def finish_learning(self) -> Drawing:
        """Keep the network of the learner, which has ended; the plane of the learner, drawn by it."""
        self.learner.finish()
        self._drawer, self._found = self._found, None
        return self.first_drawing()

    def _find_out(self) -> Iterator[Progress]:
        """What is decided with the network of the learner, and learnt from it, before it draws."""
        step, networks = self.learner.frozen_networks()
        trained = self._with(networks)
        report = self.learner.report()
        if self._context.reach and not self._context.asked:
            report = dataclasses.replace(report, notes=(*report.notes, self._compared(trained)))
        found = self._found_share(trained)
        report = dataclasses.replace(report, chosen=step, error=found.error, notes=(*report.notes, *found.notes))
        drawer = _Drawer(trained=trained, mixture=found.share, report=report)
        if self._student_pays(trained, mixed=found.share is not None):
            drawer = yield from self._distilled(drawer)
        if drawer.mixture is not None and drawer.student is None and not is_mixed_whole(self._first.pixels.shape[1:]):
            drawer = dataclasses.replace(drawer, mixture=None, report=dataclasses.replace(drawer.report, error=None))
        self._found = drawer

    @property
    def _pixels(self) -> int:
        """Of all planes that are to be drawn."""
        return len(self._pieces.stack.indices) * self._first.masks.known.size

    def _student_pays(self, trained: TrainedNetwork, *, mixed: bool) -> bool:
        """Whether what is drawn, and mixed, is to be drawn by a student: as a record tells, or where there is much to draw."""
        if self._replay is not None or trained.adapt:  # a student could not learn on
            return self._replay is not None and self._replay.distilled > 0
        if mixed:
            return self._large or self._pixels >= WORTHWHILE
        shape = trained.architecture
        return shape.shuffle == 1 and shape.dims == 2 and self._pixels >= WORTHWHILE

    def _distilled(self, drawer: _Drawer) -> Generator[Progress, None, _Drawer]:
        """With a student, which draws in place of network and mixture where it is no worse."""
        steps = self._replay.distilled if self._replay else steps_for(self._plan.config.iterations, self._pixels)
        distilling = Distilling(
            drawer.trained, drawer.mixture, self._parts, seed=self._seed, context=self._shows_context, steps=steps
        )
        yield from distilling if self._replay is None else distilling.teach()
        notes = (*drawer.report.notes, *filter(None, [distilling.note]))
        report = dataclasses.replace(drawer.report, notes=notes)
        return dataclasses.replace(drawer, report=report, student=distilling.student)

    def _with(self, networks: list[torch.nn.Module]) -> TrainedNetwork:
        method, config = self._plan.method, self._plan.config
        assert isinstance(method, NetworkMethod)
        assert isinstance(config, NetworkConfig)
        title = f"the network of plane {self.learner.number + 1}"
        device, adapt = self._pieces.device, self._plan.adapt
        return TrainedNetwork(networks=networks, method=method, config=config, device=device, title=title, adapt=adapt)

    def first_drawing(self) -> Drawing:
        """The plane of the learner, drawn by the network."""
        return self._drawing(self._first, self._replay)

    def state_dict(self) -> dict[str, Any]:
        """The learner, and its network once that draws: tensors, numbers and text."""
        return {"learner": self.learner.state_dict(), **self.learnt()}

    def learnt(self) -> dict[str, Any]:
        """The networks, once they draw: all that is needed to draw planes of the same stack."""
        drawer = self._drawer
        state: dict[str, Any] = {"networks": None, "student": None, "report": None, "share": None}
        if drawer is not None:
            mixture, student = drawer.mixture, drawer.student
            state = {
                "networks": [network.state_dict() for network in drawer.trained.networks],
                "student": None if student is None else student.state_dict(),
                "report": dataclasses.asdict(drawer.report),
                "share": None if mixture is None else mixture.share,
            }
        return {**state, "shows_context": self._shows_context}

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
        trained, mixture = self._with(networks), mixture_with(self._plan.partner, state["share"])
        report = from_plain(PlaneReport, state["report"])
        taught = state["student"] and student_of(trained, self._parts[0].observation(), **state["student"])
        self._drawer = _Drawer(trained=trained, mixture=mixture, report=report, student=taught)

    def learn_on(self) -> PlaneFit:
        """The learner, for a further budget; all planes are to be drawn anew."""
        self._drawer = None
        return self.learner

    def draw(self, seen: Seen, steps: PlannedSteps | None = None) -> Drawing:
        """A further plane, drawn by the network; `steps` as a record tells them."""
        return self._drawing(self._planes.prepared(seen), steps)

    def _found_share(self, trained: TrainedNetwork) -> Found:
        """How drawings are mixed, and how wrong they are; or as a record tells."""
        method, config = self._plan.partner, self._plan.config
        if method is None:
            return Found()
        if self._replay is not None:
            return Found(share=mixture_with(method, *self._replay.shares[:1]))
        planes = evenly_chosen(self._parts)
        shown, seconds, clock = self._shows_context, config.seconds, self._clock
        return find_share(trained, planes, method, seed=self._seed, context=shown, seconds=seconds, clock=clock)

    def _drawing(self, plane: PreparedPlane, steps: PlannedSteps | None) -> Drawing:
        assert self._drawer is not None
        trained, mixture, report = self._drawer.trained, self._drawer.mixture, self._drawer.report
        taught = self._drawer.student
        if steps is not None:
            trained = dataclasses.replace(trained, adapt=steps.adapted)
            mixture = mixture_with(self._plan.partner, *steps.shares[:1])
            report = dataclasses.replace(report, error=steps.error)
            taught = taught if steps.distilled else None
        return Drawing(
            plane,
            taught or trained,
            report,
            seed=self._seed,
            context=self._shows_context,
            mixture=mixture,
            most=None if steps is None else steps.drawings,
            clock=self._clock,
        )

    def _compared(self, trained: TrainedNetwork) -> str:
        """Whether neighbouring planes make what is hidden from the network better known, in words; they are shown where they do."""
        planes = evenly_chosen(self._parts)
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
        drawer = self._drawer
        if drawer is None:
            raise ValueError("There is no network to keep yet: iterate over the fit until it draws.")
        trained = drawer.trained
        with self._pieces.device.engaged():
            error = hidden_error(trained, evenly_chosen(self._parts), seed=self._seed, context=self._shows_context)
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
            steps=drawer.report.chosen,
            learnt_on=learnt_on(origin, image, self._first.scaling, self._learnt_planes),
            mixture=drawer.mixture,
        )
        return KeptNetwork.of(trained, description, drawer.student)
