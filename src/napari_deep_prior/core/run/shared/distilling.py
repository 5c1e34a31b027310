"""Distilling: a student of the mixture of a stack, where one pays; it is taken if the images say that it is no worse."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from napari_deep_prior.core.noise.model import RESIDUAL_FRACTION
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.random_streams import numpy_stream
from napari_deep_prior.core.run.mixing.common_share import WORTH, CommonShare, middle_of
from napari_deep_prior.core.run.mixing.comparison import std_of, weighted_mean
from napari_deep_prior.core.run.prepare_plane import PreparedPlane
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.distillation import Distillation, DistilledNetwork, Lesson
from napari_deep_prior.core.solver.trained import TrainedNetwork

WORTHWHILE = 2**25
"""Pixels to be drawn from which a student pays, of a mixture or of drawings at full resolution, planes of which take three times as long or
more as with it; drawings at half resolution are as fast."""

_LESSON_PIXELS, _LESSON_SIDE = 2**21, 256
"""Pixels of all lessons together, about, and their side in pixels: many small parts show more of a stack than a few planes."""

_JUDGED = 8
"""Planes in which a student is compared with its teacher, at most."""

_LEAST = 1e-8
"""Variance in tensor units below which noise counts as that."""

_ADDED = 0.25
"""Factor of the noise that is added to compare them: little, for both know noise as strong as the image's."""


_SHORTEST, _LONGEST, _LONGEST_FOR = 2, 4, 2**26
"""Steps of a student in terms of those in which the network learnt, at least and at most, and the pixels for which it is the most."""


def steps_for(learnt: int, pixels: int) -> int:
    """Steps in which a student learns to draw so many pixels, where the network has `learnt` in so many: no longer than it draws."""
    return round(learnt * min(_LONGEST, max(_SHORTEST, _LONGEST * pixels / _LONGEST_FOR)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Lessons made, steps taken and planes judged, and how many there are to be."""

    done: int
    left: int


class Distilling:
    """A student of a mixture, from its lessons to the judgement; iterate over it to the end.

    Parameters
    ----------
    trained, mixture
        The teacher: the network that draws, and what its drawings are mixed with, if they are.
    planes
        From all over the stack, of one shape. Lessons are drawn from them by chance, not at regular distances: planes that come back in
        turns, as those of (t, z), would all be of one kind.
    seed, context
        Of the drawings, and whether neighbouring planes are shown.
    steps
        In which the student learns.

    Attributes
    ----------
    student
        Who is no worse than the teacher; None: there is none, or not yet.
    note
        What came of it, in words for the record.
    """

    def __init__(
        self,
        trained: TrainedNetwork,
        mixture: CommonShare | None,
        planes: Sequence[PreparedPlane],
        *,
        seed: int,
        context: bool,
        steps: int,
    ) -> None:
        self._trained, self._mixture, self._seed, self._context, self._steps = trained, mixture, seed, context, steps
        draw = numpy_stream(seed, "lessons")
        mixed_up = [planes[at] for at in draw.permutation(len(planes))]
        judged = min(_JUDGED, len(planes) // 2)
        self._judged = [plane for plane in mixed_up[:judged] or planes if plane.noise is not None]
        self._taught = _parts(mixed_up[judged:], draw)
        self._total = len(self._taught) + steps + len(self._judged)
        self.student: DistilledNetwork | None = None
        self.note = ""

    def __iter__(self) -> Iterator[Progress]:
        yield from self.teach()
        if self.student is None:
            return
        student, lost = self.student, list[float]()
        for plane in self._judged:
            lost.append(self._compared(student, plane))
            yield self._after(len(self._taught) + self._steps + len(lost))
        self._judge(sum(lost) / len(lost) if lost else math.nan)

    def teach(self) -> Iterator[Progress]:
        """Without a judgement, as where a record tells that it was taken."""
        lessons = list[Lesson]()
        for plane in self._taught:
            observation = plane.observation()
            made = self._made(observation, self._chance(plane))
            if made is None:
                return
            # Errors count in units of the noise, as in the judgement: planes with less of it have finer things to tell.
            weight = 1.0 if plane.noise is None else 1 / max(float(std_of(observation).square().mean()), _LEAST)
            lessons.append(Lesson(observation=observation, image=made[0], deviation=made[1], weight=weight))
            yield self._after(len(lessons))
        # A member of its own, beside those of an ensemble.
        member, device = self._trained.config.ensemble_size, self._trained.device
        chance = Chance.of(self._seed, member=member, device=device.torch)
        learning, ended = Distillation(lessons, self._trained, chance, steps=self._steps), False
        while not ended:
            ended = learning.step()
            yield self._after(len(lessons) + learning.done)
        self.student = learning.network()

    def _after(self, done: int) -> Progress:
        return Progress(done=done, left=self._total - done)

    @torch.no_grad()
    def _compared(self, student: DistilledNetwork, plane: PreparedPlane) -> float:
        """By how much the student's squared error is larger than its teacher's in the middle of a plane, in units of the noise's variance.

        Both are shown the image with more noise of its own kind, ``y + a n``, and compared with ``y - n / a``, whose noise they cannot
        know (`recorrupt`): what that adds to the squared difference is the same for both.
        """
        observation, chance = middle_of(plane), self._chance(plane)
        assert plane.noise is not None
        std = std_of(observation).to(observation.image.device)
        noise = CorrelatedNoise(plane.noise.estimate.usable_autocorrelation, chance.noise).sample(std)
        spoilt = dataclasses.replace(
            observation, image=observation.image + _ADDED * noise, finish=lambda output, fits_known: output
        )
        drawing = student.drawings(spoilt, chance, context=self._context)
        drawing.next()
        made = self._made(spoilt, chance)
        if made is None:
            return math.nan
        target = observation.image - noise / _ADDED
        more = (drawing.image - target).square() - (made[0] - target).square()
        return float((more * observation.known).mean() / (std.square() * observation.known).mean())

    def _made(self, observation: Observation, chance: Chance) -> tuple[torch.Tensor, torch.Tensor] | None:
        """What the teacher makes of an image, and its standard deviation; None where it is not finite."""
        mixture = self._mixture
        drawings = self._trained.drawings(observation, chance, context=self._context).finish()
        image, deviation = drawings.image, drawings.deviation
        if mixture is not None:
            if (other := mixture.other(observation, self._trained.device)) is None:
                return None
            image = weighted_mean(mixture.share, image, other.image)
            deviation = weighted_mean(mixture.share, deviation, other.deviation)
        return (image, deviation) if bool(image.isfinite().all()) else None

    def _judge(self, lost: float) -> None:
        """The student is kept where it is worse by no more than what a mixture has to gain."""
        more = "more" if lost > 0 else "less"
        teacher = "drawings" if self._mixture is None else "mixture"
        words = f"its squared error is {abs(lost):.1%} of the noise's variance {more} than its teacher's, as measured with more noise"
        if not lost <= WORTH * RESIDUAL_FRACTION:
            self.student, self.note = None, f"no network was distilled from the {teacher}: {words}"
        else:
            self.note = f"a network was distilled from the {teacher} in {self._steps} steps: {words}"

    def _chance(self, plane: PreparedPlane) -> Chance:
        return Chance.of(self._seed, plane=plane.piece.number, device=self._trained.device.torch)


def _parts(planes: Sequence[PreparedPlane], draw: np.random.Generator) -> list[PreparedPlane]:
    """Squares of these planes, or whole small ones, of one shape and at places drawn by chance."""
    shape = planes[0].masks.known.shape
    sides = [min(size, _LESSON_SIDE) for size in shape]
    number = min(_LESSON_PIXELS // math.prod(sides), len(planes) * (math.prod(shape) // math.prod(sides)))
    parts = []
    for plane in itertools.islice(itertools.cycle(planes), max(1, number)):
        starts = [int(draw.integers(size - side + 1)) for size, side in zip(shape, sides, strict=True)]
        parts.append(plane.part(tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))))
    return parts
