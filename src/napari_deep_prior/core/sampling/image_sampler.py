"""ImageSampler: the network sees the image itself, with pixels hidden or noise added."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.biharmonic import biharmonic_fill
from napari_deep_prior.core.imaging.normalized_convolution import local_average, neighbour_mean, smooth_estimate
from napari_deep_prior.core.imaging.symmetries import Symmetry, batch_symmetry, identity
from napari_deep_prior.core.networks import activation
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.gather import PatchGatherer
from napari_deep_prior.core.sampling.hole_masks import HoleMaskSampler, hidden_fractions
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sample


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageSampling:
    """How the image is shown to the network.

    Attributes
    ----------
    smoothing_sigma
        Width in pixels of the Gaussian whose mean of the shown pixels the network's output is added to.
    mask_fraction
        Fraction of the pixels hidden at each step, drawn for each patch between these two; for the full image, the lesser.
    blind_spot_radius
        The hidden squares reach this many pixels beyond the pixel that counts.
    hole_masks
        Whether known pixels are also hidden under copies of the image's own holes: strokes are not learnt from points.
    biharmonic_base
        Whether the output is added to the smoothest surface through the shown pixels, not to a Gaussian mean of them. For
        images without noise, through which that surface would go; for planes, not volumes.
    augment
        Whether patches are flipped and turned. Textures occur in one orientation, and learning eight wastes capacity.
    patch_size
        Side in pixels of the patches a step looks at; 0: the full image.
    """

    smoothing_sigma: float
    mask_fraction: tuple[float, float] = (0.3, 0.3)
    blind_spot_radius: int = 0
    hole_masks: bool = False
    biharmonic_base: bool = False
    augment: bool = True
    patch_size: int = 0


class Split(Protocol):
    """Splits a noisy image into two of independent noise."""

    std: torch.Tensor
    """Standard deviation of the noise at each pixel, like the image."""

    def noise(self, std: torch.Tensor, symmetry: Symmetry) -> torch.Tensor:
        """Fresh noise of this standard deviation, (n, c, y, x); different at each call."""
        ...

    def halves(
        self, image: torch.Tensor, noise: torch.Tensor, noisy: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The image to show and the image to predict; `noisy` is 0 where the image is clean, None: nowhere."""
        ...


CONTEXT_DROPPED = 0.25
"""Fraction of the patches shown without their neighbouring planes, so that the same network can draw without them too."""

ONE_SIDED = 0.25
"""Fraction of the patches that see the neighbours of one side only."""


class ImageSampler:
    """The image with random pixels hidden, and which they are.

    Without a `split` the loss counts the hidden pixels only: where noise is independent from pixel to pixel, theirs
    cannot be predicted from their neighbours, so the network has nothing to over-fit (Batson and Royer, Noise2Self, ICML
    2019; Quan et al., Self2Self, CVPR 2020). Where it is correlated, whole squares are hidden around the pixels that
    count, and these alone enter the result.

    With a `split` the image is made into two with independent noise: one is shown and the other is to be predicted,
    everywhere; nothing has to be hidden.

    The image, or each patch of it, is flipped and turned at random, undone before the loss, which averages away the
    grid's directions.

    With `wanted`, like the image but of any number of channels, this is what is to be drawn, in place of the image itself.

    The smooth mean of all shown pixels stands in where no shown pixel is near, and throughout where squares are hidden,
    whose middles are too far from what is shown. The loss stays fair: what the network adds does not know the noise in it.
    """

    def __init__(
        self,
        observation: Observation,
        options: ImageSampling,
        chance: Chance,
        split: Split | None = None,
        wanted: torch.Tensor | None = None,
    ) -> None:
        self._image_channels = observation.channels
        self.channels = observation.channels + (1 if observation.guide is None else 2)
        if observation.context is not None:
            self.channels += observation.context.shape[1] + 1
        self._options, self._split, self._chance, self._wanted = options, split, chance, wanted
        self.shows_context = True  # in full-image passes; patches are shown without from time to time
        self._upsample = observation.physics.upsample
        self.patches = self._patches(observation)
        self._holes = HoleMaskSampler(observation.shown, chance.places) if options.hole_masks else None
        self._images = self._companions(observation)
        self._pieces = [self._images]
        self._gatherer: PatchGatherer | None = (
            None  # a copy of all, made for the first patches: some only draw the full image
        )
        augmented = options.augment and (observation.physics.commutes_with_symmetries or self.patches is None)
        self._symmetries = 8 if augmented else 1

    def _patches(self, observation: Observation) -> PatchSampler | None:
        if not self._options.patch_size:
            return None
        pixels = math.prod(observation.shape) * (1 if self._split is None else 2)
        return PatchSampler(observation.shape, self._options.patch_size, self._chance.places, full_pixels=pixels)

    def _companions(self, observation: Observation) -> dict[str, torch.Tensor]:
        clean = observation.physics.remove_nuisance(observation.image).detach()
        images = {
            "observed": observation.image,
            "shown": observation.shown,
            "smooth": smooth_estimate(clean, observation.shown, self._options.smoothing_sigma),
            "fitted": observation.fitted,
            "noisy": observation.noisy,
            "std": None if self._split is None else self._split.std,
            "guide": observation.guide,
            "context": observation.context,
            "wanted": self._wanted,
        }
        return {name: image for name, image in images.items() if image is not None}

    @property
    def counted_fraction(self) -> float | None:
        """Fraction of a full image's pixels that enter the result; None: all do."""
        side = 2 * self._options.blind_spot_radius + 1
        return self._options.mask_fraction[0] / side**2 if self._options.blind_spot_radius else None

    def learn_from(self, others: Sequence[Self]) -> None:
        """Take patches of these pieces of the data too, each equally often; full-image passes remain those of this one.

        A network that sees the image is the same function in all of them.
        """
        if self.patches is not None:
            self._pieces = [self._images, *(other._images for other in others)]
            self._gatherer = None
            self.patches.spread_over(len(self._pieces))

    def sample(self) -> Sample:
        """The next step's sample: the full image, or patches of it."""
        fraction = self._options.mask_fraction
        if self.patches is None:
            images = {**self._images, **self._context(self._images, CONTEXT_DROPPED)}
            return next(self._samples_of(images, self._random_symmetries(1), fraction))
        if self._gatherer is None:
            self._gatherer = PatchGatherer(self._pieces, self.patches.shape)
        places = self.patches.random_patches()
        symmetries = self._random_symmetries(len(places))
        patches = self._gatherer.gather(places, symmetries, self._random_pieces(len(places)))
        patches |= self._context(patches, CONTEXT_DROPPED)
        return next(self._samples_of(patches, symmetries, fraction, turned_already=True))

    def full_image(self) -> tuple[Sample, ...]:
        """Samples of the full image: one, or two with opposite noise."""
        return tuple(self.full_image_in_turn())

    def full_image_in_turn(self) -> Iterator[Sample]:
        """The same, each made when it is asked for: of a large image they need not be in memory together."""
        least = self._options.mask_fraction[0]
        signs = (1,) if self._split is None else (1, -1)
        images = {**self._images, **self._context(self._images, 0.0 if self.shows_context else 1.0)}
        return self._samples_of(images, self._random_symmetries(1), (least, least), signs)

    def _random_symmetries(self, number: int) -> list[int]:
        return [int(torch.randint(self._symmetries, (), generator=self._chance.places)) for _ in range(number)]

    def _random_pieces(self, number: int) -> list[int]:
        if len(self._pieces) == 1:
            return [0] * number
        return [int(torch.randint(len(self._pieces), (), generator=self._chance.places)) for _ in range(number)]

    def _context(self, images: Mapping[str, torch.Tensor], dropped: float) -> dict[str, torch.Tensor]:
        """Neighbouring planes, and a channel that says whether they are shown: this fraction of the patches goes without."""
        if "context" not in images:
            return {}
        context = images["context"]
        if 0 < dropped < 1:
            context = self._as_at_the_ends(context)
        shown = (torch.rand(len(context), generator=self._chance.places) >= dropped).float().to(context.device)
        shown = shown.view(-1, *(1,) * (context.ndim - 1))
        return {"context": torch.cat([context * shown, shown.expand(-1, 1, *context.shape[2:])], 1)}

    def _as_at_the_ends(self, context: torch.Tensor) -> torch.Tensor:
        """Some patches see the neighbours of one side twice, as the first and the last plane of a stack do: see `neighbours`."""
        n, channels, *shape = context.shape
        planes = context.clone().view(n, -1, self._image_channels, *shape)
        even = planes.shape[1] // 2 * 2  # before and behind in turns; a last one is the mean of many
        before, behind = planes[:, 0:even:2], planes[:, 1:even:2]
        draw = torch.rand(n, generator=self._chance.places)
        first, last = draw < ONE_SIDED / 2, draw > 1 - ONE_SIDED / 2
        before[first], behind[last] = behind[first], before[last]
        return planes.view(n, channels, *shape)

    def refresh(self, estimate: torch.Tensor | None) -> None:
        """Nothing is learnt from estimates here."""

    def _samples_of(
        self,
        images: Mapping[str, torch.Tensor],
        symmetries: list[int],
        fraction: tuple[float, float],
        signs: tuple[int, ...] = (1,),
        *,
        turned_already: bool = False,
    ) -> Iterator[Sample]:
        """Samples with +n and -n. Averaging the two outputs cancels the first-order effect of the added noise."""
        observed, known = images["observed"], images["shown"]
        forth, back = batch_symmetry(symmetries)
        noise = None
        if self._split is not None:
            noise = self._split.noise(images["std"], forth if turned_already else identity)
        if turned_already:
            forth = back = identity
        asked, seen = self._hide(known, fraction)
        beside = [images[name] for name in ("guide", "context") if name in images]
        for sign in signs:
            shown, target = observed, images.get("wanted", observed)
            if self._split is not None and noise is not None:
                shown, target = self._split.halves(observed, sign * noise, images.get("noisy"))
            filled, base = self._filled(shown, seen, images["smooth"])
            yield Sample(
                input=forth(self._upsample(torch.cat([filled, seen, *beside], 1))),
                inverse=back,
                residual_base=activation.inverse_soft_sigmoid(self._upsample(base)),
                target=target,
                weight=images["fitted"] * asked if noise is None and self._wanted is None else images["fitted"],
                averaging_mask=asked if self._options.blind_spot_radius else None,
                hidden=asked,
            )

    def _hide(self, known: torch.Tensor, fraction: tuple[float, float]) -> tuple[torch.Tensor, torch.Tensor]:
        """Which pixels are asked for, and which are shown."""
        radius = self._options.blind_spot_radius
        side = 2 * radius + 1
        chance = torch.empty_like(known).uniform_(generator=self._chance.noise)
        hidden = hidden_fractions(len(known), fraction, known, self._chance.places)
        asked = (chance < hidden / side**2).float()
        if self._holes is not None and fraction[0] < fraction[1]:
            asked = torch.maximum(asked, self._holes.sample(len(known), tuple(known.shape[2:])))
        covered = F.max_pool2d(_planes(asked), side, 1, radius).view_as(asked) if radius else asked
        return asked, known * (1 - covered)

    def _filled(
        self, shown: torch.Tensor, seen: torch.Tensor, smooth: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The image with its hidden pixels filled in, and what the network's output is added to."""
        options = self._options
        if options.biharmonic_base:
            near = beside = biharmonic_fill(shown, seen)
        else:
            near = local_average(shown, seen, options.smoothing_sigma, smooth)
            beside = near if options.blind_spot_radius else neighbour_mean(shown, seen)
        filled = torch.where(seen > 0, shown, beside)
        return filled, smooth if options.blind_spot_radius else near


def _planes(x: torch.Tensor) -> torch.Tensor:
    """(n, c, [z,] y, x) -> (planes, y, x): noise is shared within a plane, so what hides it and stands in for it works there."""
    return x.flatten(0, -3)
