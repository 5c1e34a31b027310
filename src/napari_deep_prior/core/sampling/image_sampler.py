"""MaskedImage: the network sees the image itself, with pixels hidden or noise added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.biharmonic import biharmonic_fill
from napari_deep_prior.core.imaging.normalized_convolution import local_average, neighbour_mean
from napari_deep_prior.core.imaging.symmetries import batch_symmetry, identity
from napari_deep_prior.core.methods.recorrupted import recorrupt
from napari_deep_prior.core.networks import activation
from napari_deep_prior.core.noise.synthesis import CorrelatedNoise
from napari_deep_prior.core.sampling.gather import PatchGatherer
from napari_deep_prior.core.sampling.hole_masks import HoleMaskSampler, hidden_fractions
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sample


class ImageSampler:
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
    surface
        Whether the output is added to the smoothest surface through the shown pixels, in place of a Gaussian mean of them. For
        images without noise, which the surface would go through; of planes, not volumes.
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
        surface: bool = False,
        upright: bool = False,
        gap: int = 0,
        source: CorrelatedNoise | None = None,
        deviation: torch.Tensor | None = None,
        noisy: torch.Tensor | None = None,
        crops: PatchSampler | None = None,
        counted: torch.Tensor | None = None,
        lift: Callable[[torch.Tensor], torch.Tensor] = lambda x: x,
        beside: torch.Tensor | None = None,
        draws: torch.Generator,
        turns: torch.Generator,
    ) -> None:
        self.channels, self.crops = observed.shape[1] + (1 if beside is None else 2), crops
        self._hidden, self._gap, self._width = hidden, gap, width
        self._holes = HoleMaskSampler(weight, turns) if practised else None
        self._source, self._lift, self._surface = source, lift, surface
        given = {"observed": observed, "weight": weight, "guess": guess}
        optional = {"counted": counted, "noisy": noisy, "deviation": deviation, "beside": beside}
        self._pictures = given | {name: picture for name, picture in optional.items() if picture is not None}
        self._windows = None if crops is None else PatchGatherer(self._pictures, crops.shape)
        self._draws, self._turns, self._most = draws, turns, 1 if upright else 8

    def draw(self) -> Sample:
        """The next step's input: the whole, or crops of it where there are any."""
        if self.crops is None or self._windows is None:
            return next(self._draws_of(self._pictures, self._chances(1), self._hidden))
        places = self.crops.draw()
        turns = self._chances(len(places))
        return next(self._draws_of(self._windows.cut(places, turns), turns, self._hidden, turned_already=True))

    def whole(self) -> tuple[Sample, ...]:
        """The same of the whole: one, or two with opposite noise."""
        least = self._hidden[0]
        both = (1,) if self._source is None else (1, -1)
        return tuple(self._draws_of(self._pictures, self._chances(1), (least, least), both))

    def _chances(self, number: int) -> list[int]:
        return [int(torch.randint(self._most, (), generator=self._turns)) for _ in range(number)]

    def learn(self, result: torch.Tensor | None) -> None:
        """Nothing is learnt from results here."""

    def _draws_of(
        self,
        pictures: Mapping[str, torch.Tensor],
        turns: list[int],
        hidden: tuple[float, float],
        signs: tuple[int, ...] = (1,),
        *,
        turned_already: bool = False,
    ) -> Iterator[Sample]:
        """Draws that differ in the sign of the added noise only: what the noise does to the output at first order cancels."""
        observed, weight, guess = pictures["observed"], pictures["weight"], pictures["guess"]
        forth, back = batch_symmetry(turns)
        noise = None
        if self._source is not None and "deviation" in pictures:
            noise = self._source.sample(pictures["deviation"], forth if turned_already else identity)
        if turned_already:
            forth = back = identity
        side = 2 * self._gap + 1
        chance = torch.empty_like(weight).uniform_(generator=self._draws)
        asked = (chance < hidden_fractions(len(weight), hidden, weight, self._turns) / side**2).float()
        if self._holes is not None and hidden[0] < hidden[1]:
            asked = torch.maximum(asked, self._holes.draw(len(weight), tuple(weight.shape[2:])))
        covered = F.max_pool2d(_planes(asked), side, 1, self._gap).view_as(asked) if self._gap else asked
        seen = weight * (1 - covered)
        beside = [pictures["beside"]] if "beside" in pictures else []
        for sign in signs:
            shown, target = observed, observed
            if noise is not None:
                shown, target = recorrupt(observed, sign * noise, pictures.get("noisy"))
            near = biharmonic_fill(shown, seen) if self._surface else local_average(shown, seen, self._width, guess)
            filled = torch.where(seen > 0, shown, near if self._gap or self._surface else neighbour_mean(shown, seen))
            yield Sample(
                input=forth(self._lift(torch.cat([filled, seen, *beside], 1))),
                undo=back,
                base=activation.inverse_soft_sigmoid(self._lift(guess if self._gap else near)),
                target=target,
                weight=weight * asked if noise is None else pictures.get("counted", weight),
                counts=asked if self._gap else None,
            )


def _planes(x: torch.Tensor) -> torch.Tensor:
    """(n, c, [z,] y, x) -> (planes, y, x): noise is shared within a plane, so what hides it and stands in for it works there."""
    return x.flatten(0, -3)
