"""Redegraded: the network is shown the image after one round more of what was lost, and has to give back the image."""

from __future__ import annotations

import functools
import math
from typing import Any

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.symmetries import batch_symmetry, identity
from napari_deep_prior.core.physics.padding import crop_margin, pad_replicate
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sample

SQUARES = 8
"""In each step, however small the image: fewer are cheaper, but end worse."""

_MARGIN = 4
"""Pixels along the edges of a square that do not count: what lies beyond is not there to be lost with them."""

_BESIDE = 8
"""Pixels by which the whole is continued beyond its edges, as far as a chain of convolutions sees: squares teach nothing of edges."""

_LEAST = 16
"""Pictures are grown to this many pixels a side, so that something of a square counts."""


class StageSampler:
    """Squares of the image lose once more what the image has lost; the network, shown what is left, has to give them back.

    Shown the image itself, it then gives the wanted one: "zero-shot" super-resolution (Shocher et al., CVPR 2018), for any
    loss that can be repeated. What has to be told from the image is how pictures like it look one round finer: so it works
    as far as the image is like itself at another scale, or off the grid of its blocks. Now and then the result so far
    joins what is learnt from (as the stages of that paper's gradual increase do): it is finer than the image, so the next lesson is.

    Departures: several rounds are undone by one network that has learnt a single one, in place of one network for each;
    the running mean of wholes in random turns stands in for the mean over the eight of them at the end; Muon.

    Parameters
    ----------
    observed
        (1, c, [z,] y, x).
    drawn
        Shape ([z,] y, x) of the whole that comes out.
    side
        Of a square, in pixels.
    weight
        Like the observed image or (1, 1, [z,] y, x): 0 where nothing is known.
    turns, draws
        Generators, the CPU's and the device's.
    """

    def __init__(
        self,
        observed: torch.Tensor,
        weight: torch.Tensor,
        again: DegradationStages,
        *,
        drawn: tuple[int, ...],
        side: int,
        turns: torch.Generator,
        draws: torch.Generator,
    ) -> None:
        self.channels = observed.shape[1] + again.extra_channels
        self._observed, self._weight, self._again, self._side = observed, weight, again, side
        self._turns, self._draws = turns, draws
        self._whole = math.prod(drawn)
        self.learn(None)

    def learn(self, result: torch.Tensor | None) -> None:
        """From now on, learn from the result so far as well; None: from the observed image alone."""
        again = self._again
        pictures = [_grown(picture, max(_LEAST, again.size_multiple)) for picture in again.training_images(result)]
        shape = tuple(pictures[0].shape[2:])
        self.crops = self._crops(shape, self._side)
        self._pictures = [  # those that are too small for the same square are left out
            (picture, self._crops(tuple(picture.shape[2:]), self.crops.side))
            for picture in pictures
            if min(picture.shape[-2:]) >= self.crops.side and picture.shape[2:-2] == shape[:-2]
        ]

    def _crops(self, shape: tuple[int, ...], side: int) -> PatchSampler:
        again = self._again
        common: dict[str, Any] = {
            "number": SQUARES,
            "multiple": again.size_multiple,
            "whole": self._whole * again.inference_cost,
        }
        return PatchSampler(shape, side, self._turns, early=again.initial_estimate is None, **common)

    def _chance(self, below: int) -> int:
        return int(torch.randint(below, (), generator=self._turns))

    def draw(self) -> Sample:
        """Squares that have lost once more."""
        chosen = [self._pictures[self._chance(len(self._pictures))] for _ in range(self.crops.number)]
        places: list[tuple[Any, ...]] = [(..., *crops.place()) for _, crops in chosen]
        squares = [picture[place] for (picture, _), place in zip(chosen, places, strict=True)]
        lost = [self._again.stages[self._chance(len(self._again.stages))] for _ in squares]
        shown = torch.cat(
            [once.network_input(once.degrade(x, self._draws)) for once, x in zip(lost, squares, strict=True)]
        )
        forth, _ = batch_symmetry([self._turn() for _ in chosen])
        weight = torch.cat([torch.full_like(x[:, :1], once.loss_weight) for once, x in zip(lost, squares, strict=True)])
        for axis in (-2, -1):
            for edge in (0, weight.shape[axis] - _MARGIN):
                weight.narrow(axis, edge, _MARGIN).zero_()
        shown = forth(shown)  # and all else, instead of the output back
        return Sample(
            input=shown,
            undo=identity,
            base=self._base(shown),
            target=forth(torch.cat(squares)),
            weight=weight,
            direct=True,
        )

    def whole(self) -> tuple[Sample, ...]:
        """The image itself, all rounds undone."""
        return (
            self._round(0, self._observed if self._again.initial_estimate is None else self._again.initial_estimate),
        )

    def _round(self, number: int, reached: torch.Tensor) -> Sample:
        """The whole after so many rounds were undone, for the network to undo the next."""
        rounds = self._again.stages
        shown = rounds[number].network_input(reached)
        base, reach, meet = self._base(shown), rounds[number].max_correction, rounds[number].data_consistency
        forth, back = batch_symmetry([self._turn()])
        beside = (0,) * (shown.ndim - 4) + (_BESIDE, _BESIDE)
        return Sample(
            input=forth(pad_replicate(shown, beside)),
            undo=lambda drawn: crop_margin(back(drawn), beside),
            base=base,
            target=self._observed,
            weight=self._weight,
            meet=lambda drawn: meet(drawn.clamp(base - reach, base + reach)),
            then=functools.partial(self._round, number + 1) if number + 1 < len(rounds) else None,
        )

    def _base(self, shown: torch.Tensor) -> torch.Tensor:
        """The picture itself, without what is shown beside it."""
        return shown[:, : self._observed.shape[1]]

    def _turn(self) -> int:
        return self._chance(8 if self._again.transpose_invariant else 4)


def _grown(picture: torch.Tensor, least: int) -> torch.Tensor:
    """At least so many pixels a side; beyond its far edges the picture goes on as it ends."""
    rows, columns = (max(0, least - n) for n in picture.shape[-2:])
    grown = F.pad(picture.flatten(0, -3)[None], (0, columns, 0, rows), mode="replicate")
    return grown.view(*picture.shape[:-2], *grown.shape[-2:])
