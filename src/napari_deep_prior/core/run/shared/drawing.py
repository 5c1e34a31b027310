"""Drawing: a piece of the data that a trained network draws; a run treats it like a fit."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from napari_deep_prior.core.found import ErrorFound
from napari_deep_prior.core.imaging.normalized_convolution import smooth_estimate
from napari_deep_prior.core.networks.tiles import notes_on
from napari_deep_prior.core.results import PlaneReport, Snapshot, StopReason
from napari_deep_prior.core.run.mixing.common_share import CommonShare
from napari_deep_prior.core.run.mixing.comparison import std_of, weighted_mean
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.run.presentation import Picture, in_units
from napari_deep_prior.core.run.recovery import unstable
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.solver.adaptation import Adaptation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.distillation import DistilledNetwork
from napari_deep_prior.core.solver.trained import Drawings, TrainedNetwork

_EVENT_SIGMA = 3.0
"""Width in pixels over which a plane is compared with what was drawn of it."""

_EVENT, _MISSED = 3.3, 5.0
"""Standard deviations of the noise by which a plane differs from what was drawn of it where that is no chance, with neighbours; and where
a distilled network, which mostly draws all there is, has missed something: it would be by chance in no plane."""

_AROUND = 7
"""Pixels around such a place that are drawn without neighbours too: a faint rim of what they show would be left."""


class Drawing:
    """A plane drawn by a trained network.

    What shows in one plane only, such as a flash, its neighbours do not know, and a network that is shown them leaves it out. So
    where the plane differs from what was drawn by more than its noise allows, it is drawn without its neighbours. Likewise what a
    distilled network has missed, since it was not among what it was taught, is drawn by the network of its teacher.

    Parameters
    ----------
    plane
        The plane and what is known of it.
    trained
        The network.
    learnt
        The report of the fit in which it learnt, with the error that is expected of all drawings.
    seed
        Of the drawings.
    context
        Whether neighbouring planes are shown to the network.
    mixture
        The method without a network with whose result the drawing is mixed, and in which share; None: it is not. A distilled
        network draws such a mixture itself.
    most
        After how many drawings it was stopped, as a record tells it; None: it is not.
    clock
        Tells the time in seconds.
    """

    def __init__(
        self,
        plane: PreparedPlane,
        trained: TrainedNetwork | DistilledNetwork,
        learnt: PlaneReport,
        *,
        seed: int,
        context: bool,
        mixture: CommonShare | None = None,
        most: int | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.plane, self._trained, self._learnt, self._clock = plane, trained, learnt, clock
        self.seconds, self.reason = 0.0, None  # type: float, StopReason | None
        self._observation, self._unmeasured = plane.observation(), plane.least_uncertainty()
        self._seed, self._chance = seed, Chance.of(seed, plane=self.number, device=plane.device.torch)
        self._context = context and self._observation.context is not None
        self._drawings = trained.drawings(self._observation, self._chance, context=self._context)
        self._alone: Drawings | None = None
        if isinstance(trained, DistilledNetwork):
            self._distilled, self._network = trained.steps, trained.teacher
        else:
            self._distilled, self._network = 0, trained
        self._told, self._drawn = mixture, False
        self._adapted, self._adaptation = 0, self._begin_adaptation()
        self._mixture = None if plane.noise is None or self._distilled else mixture
        self._most = most
        self._other: ClosedFormSolver | None = None
        self._known = torch.from_numpy(plane.masks.known.astype(np.float32))[None, None].to(plane.device.torch)

    def _begin_adaptation(self) -> Adaptation | None:
        if self._distilled or not self._network.adapt:
            return None
        return Adaptation(self._network, self._observation, seed=self._seed, plane=self.number)

    @property
    def number(self) -> int:
        """Which piece of the image it is."""
        return self.plane.piece.number

    @property
    def iteration(self) -> int:
        """Steps in which the network learnt."""
        return self._learnt.iterations

    @property
    def invented(self) -> NDArray[np.bool_]:
        """Where no measurement stands behind the result, ([z,] y, x)."""
        if not self.plane.same_grid:
            return np.ones(self.plane.output_shape, np.bool_)
        return ~self.plane.masks.known & ~self.plane.masks.kept

    def advance(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Draw for about `seconds`, or until nothing is left to draw; `reason` then says why the fit had ended."""
        self.reason = None
        started, before = self._clock(), self.seconds
        while True:  # at least one drawing
            ended = self._next()
            drawings = self._alone or self._drawings
            if not torch.isfinite(drawings.image if ended else drawings.mean).all():  # before anybody sees it
                raise unstable(self.iteration)
            if ended:
                self.reason = StopReason[self._learnt.reason]
            elif stopping():
                self.reason = StopReason.REQUESTED
            if self.reason is not None or self._clock() - started >= seconds:
                break
        self.seconds = before + self._clock() - started

    def _next(self) -> bool:
        """One more drawing, or after the last the result that it is mixed with; whether nothing is left to do."""
        if not self._drawn:
            self._drawn = self._draw()
            return self._drawn and self._mixture is None
        if self._mixture is not None:
            self._other = self._mixture.other(self._observation, self.plane.device)
        return True

    def _adapt(self, adaptation: Adaptation) -> None:
        """A drawing by the network as it is, to be shown meanwhile; then one step after the other, and it begins to draw anew."""
        if not self._drawings.done:
            self._drawings.next()
        elif adaptation.left:
            adaptation.step()
        else:
            self._trained = self._network = adaptation.adapted()
            self._adapted, self._adaptation = adaptation.done, None
            self._chance = Chance.of(self._seed, plane=self.number, device=self.plane.device.torch)
            self._drawings = self._network.drawings(self._observation, self._chance, context=self._context)

    def _draw(self) -> bool:
        """One more drawing; whether that was the last."""
        if self._adaptation is not None:
            self._adapt(self._adaptation)
            if self._adaptation is not None:
                return False
        if self._alone is not None:
            return self._alone.next()
        if not self._drawings.next():
            return self._drawings.done == self._most
        if (self._context or self._distilled) and float(self._events().max()) > 0:
            self._alone = self._network.drawings(self._observation, self._chance, context=False)
            return False
        return True

    def _events(self) -> torch.Tensor:
        """Weight (1, c, [z,] y, x) of the other drawing: 1 where a difference is no chance, 0 far from there."""
        observed, drawn, noise = self._observation.image, self._drawings.image, self.plane.noise
        if noise is None:
            return torch.zeros_like(observed)
        shared = sum(map(sum, noise.estimate.usable_autocorrelation))  # how much less of the noise a mean averages away
        kernel = max(1.0, shared) / (4 * math.pi * _EVENT_SIGMA**2)
        variance = kernel * noise.variance_over(drawn)
        difference = smooth_estimate(observed - drawn, self._known, _EVENT_SIGMA)
        z = difference.abs() / variance.clamp(min=1e-12).sqrt()
        events = (z > (_MISSED if self._distilled else _EVENT)).float().flatten(0, -3)[:, None]
        side = 2 * _AROUND + 1
        near = functional.max_pool2d(events, side, 1, _AROUND)
        soft = functional.avg_pool2d(near, side // 2, 1, side // 4, count_include_pad=False)
        return torch.maximum(events, soft).view_as(z)

    def picture(self, *, best: bool) -> Picture:
        """Image and uncertainty in the caller's units and axis order."""
        image, spread = self._drawings.image, self._drawings.deviation
        if self._alone is not None and self._alone.done:
            weight = self._events()
            image, spread = (
                torch.lerp(image, self._alone.image, weight),
                torch.lerp(spread, self._alone.deviation, weight),
            )
        if self._mixture is not None and self._other is not None:
            image = weighted_mean(self._mixture.share, image, self._other.image)
            spread = weighted_mean(self._mixture.share, spread, self._other.deviation)
        return in_units(self.plane, self._trained.method, image, spread, self._unmeasured, self._error)

    def extend(self, iterations: int | None, seconds: float | None, back_to: int | None = None) -> None:
        """Go on where it was stopped; a drawing has no budget."""
        self.reason = None

    def snapshot(self, picture: Picture, planes: int) -> Snapshot:
        """What is drawn now, as one of `planes`."""
        current = self._alone or self._drawings
        return Snapshot(
            plane=self.number,
            planes=planes,
            index=self.plane.piece.index,
            iteration=current.done,
            iterations_left=0 if self.reason else current.number - current.done + self._steps_left,
            seconds=self.seconds,
            loss=math.nan,
            held_out=None,
            image=picture[0],
            uncertainty=picture[1],
            shown=self._learnt.chosen,
            kept=self._learnt.chosen,
            stage="drawing",
            shares=self._shares,
        )

    @property
    def _steps_left(self) -> int:
        return 0 if self._adaptation is None else self._adaptation.left

    @property
    def _shares(self) -> tuple[float, ...]:
        """Weight of the drawing in the result for each strength of the noise; empty where it is not mixed."""
        if self._told is None or not (self._distilled or self._other):
            return ()
        noise = self.plane.noise
        return (self._told.share,) * (1 if noise is None else len(noise.places(self.plane.device.torch)))

    @property
    def _error(self) -> ErrorFound | None:
        """That of all drawings, by the noise of this plane; None before all is drawn."""
        error = self._learnt.error
        if (
            error is None
            or self.plane.noise is None
            or not self._drawn
            or (self._mixture is not None and self._other is None)
        ):
            return None
        return dataclasses.replace(error, noise=self._noise)

    @functools.cached_property
    def _noise(self) -> float:
        """Root mean square of the noise, in the caller's units."""
        assert self.plane.noise is not None
        return self.plane.noise.root_mean_square(std_of(self._observation))

    def report(self) -> PlaneReport:
        """How the network learnt, and how this plane was drawn."""
        notes = [f"drawn {_times(self._drawings.done)} by {self._trained.title}"]
        if self._alone is not None:
            share = float((self._events() > 0).float().mean())
            without = "differs from the neighbouring planes and was drawn without them"
            missed = "was missed by that network and drawn by its teacher's"
            notes.append(f"{100 * share:.1f} % of it {missed if self._distilled else without}")
        notes.extend(notes_on(self._trained.all_networks))
        mixture = self._told if self._shares else None
        if mixture is not None:
            if self._distilled:
                notes[0] += f", {mixture.note}"
            else:
                notes.append(mixture.note)
        learnt_here = self._learnt.plane == self.number
        return dataclasses.replace(
            self._learnt,
            plane=self.number,
            seconds=round(self.seconds + (self._learnt.seconds if learnt_here else 0.0), 3),
            invented=float(self.invented.mean()),
            reason=(self.reason or StopReason.REQUESTED).name,
            notes=(*self._learnt.notes, *notes) if learnt_here else tuple(notes),
            curve=self._learnt.curve if learnt_here else (),
            drawings=self._drawings.done,
            noise=None if self.plane.noise is None else self.plane.noise.found(),
            shares=self._shares,
            partner=None if mixture is None else mixture.method.name,
            error=self._error,
            distilled=self._distilled,
            adapted=self._adapted,
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
