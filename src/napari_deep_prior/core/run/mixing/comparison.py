"""Comparison: two results of one plane, and how both follow the image; summed up over the pixels of each strength of the noise."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

import torch

from napari_deep_prior.core.data import regions
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.random_streams import torch_stream
from napari_deep_prior.core.run.mixing.means import Means
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver

_SEED = 5
"""Of the change of the image that shows how a result follows: always the same."""

_LEVEL_WIDTH = 2.0
"""Width in pixels of the Gaussian mean at which the strength of the noise is read off."""

_SIDE = 256
"""Pixels a side of the part in which the second result is computed once more."""

_ENOUGH = 1 / 16
"""Share of the pixels of that part from which those of one strength of the noise speak for themselves."""

_PILED = 0.001
"""Share of pixels at one end of the range from which they count as clipped: they have no noise."""


class Fitted(Protocol):
    """A result, and how it follows what is observed."""

    @property
    def image(self) -> torch.Tensor:
        """The result, (1, c, y, x)."""
        ...

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `PlaneSolver.following`."""
        ...


def middle(shape: Sequence[int]) -> tuple[slice, ...]:
    """The middle of an image of this (y, x), at most `_SIDE` pixels a side."""
    return regions.middle(shape, _SIDE)


class Part:
    """The middle of a large image, in which the second result is computed twice; a small image is its own middle."""

    def __init__(self, region: tuple[slice, ...], solver: ClosedFormSolver) -> None:
        self.here: tuple[Any, ...] = (..., *region)
        self.solver = solver

    @classmethod
    def of(cls, whole: ClosedFormSolver) -> Part:
        """That of a solver's plane, computed."""
        shape = whole.image.shape[-2:]
        region = middle(shape)
        solver = whole if max(shape) <= _SIDE else whole.part(region)
        if not solver.iteration:
            solver.step()
        return cls(region, solver)

    @classmethod
    def whole(cls, solver: ClosedFormSolver) -> Part:
        """All of a small image, whose solver has computed it."""
        return cls((slice(None), slice(None)), solver)

    @property
    def pixels(self) -> int:
        """Pixels of it."""
        return self.solver.image[0, 0].numel()


def std_of(observation: Observation) -> torch.Tensor:
    """Standard deviation of the noise at each place, on the processor."""
    assert observation.noise is not None
    return observation.noise.std_at(observation.image.cpu(), observation.mask("known"), _LEVEL_WIDTH)


def weighted_mean(share: torch.Tensor | float, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The first of two results in this share, the second in the rest."""
    return share * first + (1 - share) * second


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Two results f and g of one plane beside what was observed, and how both follow it.

    Attributes
    ----------
    first, second
        f, (1, c, y, x), and the solver of g, computed.
    part
        Where it was found out how g follows.
    observation
        What was observed.
    std
        Standard deviation of the noise at each place.
    counts
        (1, 1, y, x): 1 for the pixels that are compared.
    weight
        Of what follows, see `Perturbation`.
    answer, seen
        What a change of the image makes of f, and how much is known of each pixel.
    second_answer
        What it makes of g in the part.
    """

    first: torch.Tensor
    second: ClosedFormSolver
    part: Part
    observation: Observation
    std: torch.Tensor
    counts: torch.Tensor
    weight: torch.Tensor
    answer: torch.Tensor
    seen: torch.Tensor
    second_answer: torch.Tensor

    @classmethod
    def of(
        cls, first: torch.Tensor, fit: Fitted, second: ClosedFormSolver, part: Part, observation: Observation
    ) -> Comparison:
        """Arguments as for `mixed`; both are computed once more, of an image that is changed a little."""
        image, noise = observation.image, observation.noise
        assert noise is not None
        std = std_of(observation).to(image.device)
        probe = noise.perturbation(std, torch_stream(_SEED, "mixture", device=image.device))
        answer, seen = fit.following(probe.change)
        return cls(
            first=first,
            second=second,
            part=part,
            observation=observation,
            std=std,
            counts=_counted(observation),
            weight=probe.weight,
            answer=answer,
            seen=seen,
            second_answer=part.solver.following(probe.change[part.here])[0],
        )

    @property
    def autocorrelation(self) -> Autocorrelation:
        """That of the noise."""
        assert self.observation.noise is not None
        return self.observation.noise.autocorrelation

    def means(self) -> list[Means]:
        """For each strength of the noise, from the least on."""
        image, noise, second = self.observation.image, self.observation.noise, self.second
        assert noise is not None
        apart = self.first - second.image
        follows, second_follows = self.weight * self.answer, self.weight[self.part.here] * self.second_answer
        found = []
        for placed in noise.places(image.device):
            here = self.counts * placed
            found.append(
                Means(
                    pixels=float(here.sum()) * image.shape[1],
                    distance=_mean(apart.square(), here),
                    along=_mean(apart * (image - second.image), here),
                    left=_mean((image - second.image).square(), here),
                    followed=_mean(follows, here * self.seen),
                    followed_second=_in_whole(second_follows, second, self.part, self.counts, here),
                    variance=_mean(self.std.square(), here),
                )
            )
        return found


def _counted(observation: Observation) -> torch.Tensor:
    """(1, 1, y, x): 1 where a pixel is known, noisy and not clipped in any channel."""
    image = observation.image
    clipped = torch.zeros_like(observation.known, dtype=torch.bool)
    for channel in image[0]:
        for end in (channel.min(), channel.max()):
            piled = channel == end
            clipped |= piled & (piled.float().mean() > _PILED)
    counts = observation.known if observation.noisy is None else observation.known * observation.noisy
    free = counts * (~clipped).float()
    return free if bool(free.any()) else counts


def _mean(values: torch.Tensor, counts: torch.Tensor) -> float:
    """Mean over the channels and the pixels that count."""
    return float((values * counts).sum() / counts.sum().clamp(min=1e-12) / values.shape[1])


def _in_whole(
    follows: torch.Tensor, second: ClosedFormSolver, part: Part, counts: torch.Tensor, here: torch.Tensor
) -> float:
    """Mean over the pixels `here` of what is known in the part: scaled by what the second's deviation says of the rest."""
    weight = here[part.here]
    if float(weight.sum()) < _ENOUGH * float(counts[part.here].sum()):
        weight = counts[part.here]
    followed, known = _mean(follows, weight), _mean(part.solver.deviation.square(), weight)
    return followed * _mean(second.deviation.square(), here) / known if known > 0 else followed
