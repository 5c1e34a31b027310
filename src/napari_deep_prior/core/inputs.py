"""What the network sees at each step: NoiseCode (the paper) or MaskedImage (the image, with pixels hidden or noise added)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch
import torch.nn.functional as F

from napari_deep_prior.core import head
from napari_deep_prior.core.crops import WHOLE, Crops, Place
from napari_deep_prior.core.first_guess import local_mean
from napari_deep_prior.core.practice import Holes, shares
from napari_deep_prior.core.recorruption import NoiseSource, split
from napari_deep_prior.core.turns import Turn, turned

CODE_AMPLITUDE = 0.1
"""The fixed code is uniform on [0, 0.1], as in the paper."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One step.

    Attributes
    ----------
    input
        What the network sees, (b, n, y, x); b crops, or 1 where it is the whole.
    undo
        Brings the output back onto the grid of the image.
    base
        What the network's output is added to, before the head.
    target, weight
        What the degraded output is compared with, (b, c, y, x), and how much each pixel counts, (b, 1, y, x).
    counts
        Which pixels of the output enter the result's running mean, (b, 1, y, x); None: all.
    direct
        Whether the output is itself compared with the target, without the instrument.
    meet
        Brings the output into agreement with what was observed, before it enters the result.
    then
        From that output, what the network is asked for next; the last answer is the one that counts.
    """

    input: torch.Tensor
    undo: Turn
    base: torch.Tensor | float
    target: torch.Tensor
    weight: torch.Tensor
    counts: torch.Tensor | None = None
    direct: bool = False
    meet: Turn | None = None
    then: Callable[[torch.Tensor], Draw] | None = None


class Scheme(Protocol):
    """Where a step's input comes from."""

    channels: int

    @property
    def crops(self) -> Crops | None:
        """Where each step looks; None: at the whole."""
        ...

    def draw(self) -> Draw:
        """The next step's input: the whole, or crops of it where there are any."""
        ...

    def whole(self) -> tuple[Draw, ...]:
        """The same of the whole: one, or two with opposite noise."""
        ...

    def learn(self, result: torch.Tensor | None) -> None:
        """Learn from the result so far as well, where the scheme can; None: no longer."""
        ...


class NoiseCode:
    """A fixed random code plus fresh Gaussian jitter at each step (Ulyanov et al. 2018, supplement)."""

    def __init__(
        self,
        observed: torch.Tensor,
        weight: torch.Tensor,
        drawn: tuple[int, ...],
        start: torch.Generator,
        *,
        channels: int,
        jitter: float,
        base: torch.Tensor | float,
        draws: torch.Generator,
        beside: torch.Tensor | None = None,
    ) -> None:
        self._beside = () if beside is None else (beside,)
        self.channels, self.crops = channels + len(self._beside), None
        self._observed, self._weight, self._base = observed, weight, base
        self._jitter, self._draws = jitter, draws
        self._code = (torch.rand((1, channels, *drawn), generator=start) * CODE_AMPLITUDE).to(weight.device)

    def draw(self) -> Draw:
        code = self._code
        if self._jitter:
            noise = torch.empty_like(code).normal_(generator=self._draws)
            code = torch.add(code, noise, alpha=self._jitter)
        shown = torch.cat([code, *self._beside], 1)
        return Draw(input=shown, undo=_as_is, base=self._base, target=self._observed, weight=self._weight)

    def whole(self) -> tuple[Draw, ...]:
        return (self.draw(),)

    def learn(self, result: torch.Tensor | None) -> None:
        pass


class MaskedImage:
    """The image with random pixels hidden, and which they are.

    Without a noise source the loss counts the hidden pixels only: where noise is independent from pixel to pixel, theirs
    cannot be predicted from their neighbours, so the network has nothing to over-fit (Batson and Royer, Noise2Self, ICML
    2019; Quan et al., Self2Self, CVPR 2020). Where it is correlated, whole squares are hidden around the pixels that
    count, and these alone enter the result.

    With a source of noise like the image's own, the image is split into two with independent noise (`recorruption.split`):
    one is shown and the other is to be predicted, everywhere; nothing has to be hidden.

    The picture, or each crop of it, is flipped and turned at random, undone before the loss, which averages away the
    grid's directions; unless it is kept upright.

    Parameters
    ----------
    observed, weight
        (1, c, y, x) in about [0, 1] and (1, 1, y, x), 0 where nothing is known.
    hidden
        Share of the pixels hidden at each step, drawn for each crop between these two; where the whole is drawn, the lesser.
    practised
        Whether known pixels are hidden under the holes of `weight` as well, laid elsewhere: strokes are not learnt from points.
    source, deviation, counted
        Of the noise, its standard deviation, like `observed`, and the weight of each pixel in the loss in place of `weight`.
    noisy
        (1, 1, y, x), 0 where the image is clean, which counts for a split alone; None: noisy everywhere.
    crops
        Where each step looks; None: at the whole.
    upright
        Nothing is turned: a texture has one direction in the image, and need not be learnt in eight.
    gap
        The squares reach this many pixels beyond the pixel that counts.
    width
        Of the Gaussian in pixels, whose mean of the shown pixels the network's output is added to.
    guess
        That mean of all pixels, (1, c, y, x): where no pixel shown is near, and throughout where squares are hidden, whose
        middles are too far from what is shown. The loss stays fair: what the network adds does not know the noise in it.
    beside
        Another picture of the same place, (1, 1, y, x), shown as it is: nothing of it is hidden, no noise is added.
    """

    def __init__(
        self,
        observed: torch.Tensor,
        weight: torch.Tensor,
        *,
        hidden: tuple[float, float],
        width: float,
        guess: torch.Tensor,
        practised: bool = False,
        upright: bool = False,
        gap: int = 0,
        source: NoiseSource | None = None,
        deviation: torch.Tensor | None = None,
        noisy: torch.Tensor | None = None,
        crops: Crops | None = None,
        counted: torch.Tensor | None = None,
        lift: Callable[[torch.Tensor], torch.Tensor] = lambda x: x,
        beside: torch.Tensor | None = None,
        draws: torch.Generator,
        turns: torch.Generator,
    ) -> None:
        self._beside = () if beside is None else (beside,)
        self.channels, self.crops = observed.shape[1] + 1 + len(self._beside), crops
        self._observed, self._weight, self._guess = observed, weight, guess
        self._hidden, self._gap, self._width = hidden, gap, width
        self._holes = Holes(weight, turns) if practised else None
        self._source, self._deviation, self._noisy, self._lift = source, deviation, noisy, lift
        self._counted = weight if counted is None else counted
        self._draws, self._turns, self._most = draws, turns, 1 if upright else 8

    def draw(self) -> Draw:
        return next(self._draws_at([WHOLE] if self.crops is None else self.crops.draw(), (1,), self._hidden))

    def whole(self) -> tuple[Draw, ...]:
        least = self._hidden[0]
        return tuple(self._draws_at([WHOLE], (1,) if self._source is None else (1, -1), (least, least)))

    def learn(self, result: torch.Tensor | None) -> None:
        pass

    def _draws_at(self, places: list[Place], signs: tuple[int, ...], hidden: tuple[float, float]) -> Iterator[Draw]:
        """Draws that differ in the sign of the added noise only: what the noise does to the output at first order cancels."""
        parts: list[tuple[Any, ...]] = [(..., *place) for place in places]

        def cut(image: torch.Tensor) -> torch.Tensor:
            return torch.cat([image[part] for part in parts])

        observed, weight, guess = cut(self._observed), cut(self._weight), cut(self._guess)
        counted = weight if self._source is None else cut(self._counted)
        beside = [cut(picture) for picture in self._beside]
        noisy = None if self._noisy is None else cut(self._noisy)
        noise = None
        if self._source is not None and self._deviation is not None:
            noise = self._source.draw(cut(self._deviation))
        side = 2 * self._gap + 1
        chance = torch.empty_like(weight).uniform_(generator=self._draws)
        asked = (chance < shares(len(weight), hidden, weight, self._turns) / side**2).float()
        if self._holes is not None and hidden[0] < hidden[1]:
            asked = torch.maximum(asked, self._holes.draw(len(weight), tuple(weight.shape[2:])))
        covered = F.max_pool2d(_planes(asked), side, 1, self._gap).view_as(asked) if self._gap else asked
        seen = weight * (1 - covered)
        forth, back = turned([int(torch.randint(self._most, (), generator=self._turns)) for _ in places])
        for sign in signs:
            shown, target = (observed, observed) if noise is None else split(observed, sign * noise, noisy)
            near = local_mean(shown, seen, self._width, guess)
            filled = torch.where(seen > 0, shown, near if self._gap else _neighbours(shown, seen))
            yield Draw(
                input=forth(self._lift(torch.cat([filled, seen, *beside], 1))),
                undo=back,
                base=head.inverse(self._lift(guess if self._gap else near)),
                target=target,
                weight=weight * asked if noise is None else counted,
                counts=asked if self._gap else None,
            )


def _neighbours(image: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """Mean of the seen pixels among the 3 x 3 around each pixel; 0.5 where none is seen."""
    total = F.avg_pool2d(_planes(image * seen), 3, 1, 1).view_as(image)
    share = F.avg_pool2d(_planes(seen), 3, 1, 1).view_as(seen)
    return torch.where(share > 0, total / share.clamp(min=1e-6), 0.5)


def _planes(x: torch.Tensor) -> torch.Tensor:
    """(n, c, [z,] y, x) -> (planes, y, x): noise is shared within a plane, so what hides it and stands in for it works there."""
    return x.flatten(0, -3)


def _as_is(x: torch.Tensor) -> torch.Tensor:
    return x
