"""StageSampler: patches of the image are degraded once more, and the network learns to undo that."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.symmetries import batch_symmetry, identity
from napari_deep_prior.core.physics.padding import crop_margin, pad_replicate
from napari_deep_prior.core.physics.stages import DegradationStages
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.patches import PatchSampler
from napari_deep_prior.core.sampling.sample import Sample

PATCHES = 8
"""Patches of each step, however small the image: fewer are cheaper, but end worse."""

_BORDER = 4
"""Pixels along the edges of a patch that do not count: what lies beyond was not there to be degraded with them."""

_CONTINUED = 8
"""Pixels by which the full image is continued beyond its edges, as far as a chain of convolutions sees: patches teach nothing of edges."""

MIN_SIDE = 16
"""Training images are padded to this many pixels a side, so that something of a patch counts."""


class StageSampler:
    """Random patches are degraded a second time, and the network learns to undo it.

    Applied to the image itself, the network then undoes the first degradation: "zero-shot" super-resolution (Shocher et al.,
    CVPR 2018), for any degradation that can be repeated. What has to be learnt from the image is how images like it look
    one stage finer: so it works as far as the image is like itself at another scale, or off the grid of its blocks. From time
    to time the current estimate joins the training images (as the stages of that paper's gradual increase do): it is finer
    than the image, so the next lesson is.

    Departures from the paper: several stages are undone by one network that has learnt a single one, in place of one network
    for each; the running mean of full images in random orientations stands in for the mean over the eight of them at the end;
    Muon.

    Parameters
    ----------
    side
        Side of a patch in pixels.
    """

    def __init__(self, observation: Observation, stages: DegradationStages, chance: Chance, *, side: int) -> None:
        self.channels = observation.channels + stages.extra_channels
        self._image, self._weight = observation.image, observation.shown
        self._stages, self._side, self._chance = stages, side, chance
        self._full_pixels = math.prod(observation.drawn_shape)
        self.refresh(None)

    def refresh(self, estimate: torch.Tensor | None) -> None:
        """From now on, train on the current estimate as well; None: on the observed image alone."""
        stages = self._stages
        images = [_padded(image, max(MIN_SIDE, stages.size_multiple)) for image in stages.training_images(estimate)]
        shape = tuple(images[0].shape[2:])
        self.patches = self._patches(shape, self._side)
        self._images = [  # those too small for the same patch are left out
            (image, self._patches(tuple(image.shape[2:]), self.patches.side))
            for image in images
            if min(image.shape[-2:]) >= self.patches.side and image.shape[2:-2] == shape[:-2]
        ]

    def _patches(self, shape: tuple[int, ...], side: int) -> PatchSampler:
        stages = self._stages
        return PatchSampler(
            shape,
            side,
            self._chance.places,
            number=PATCHES,
            multiple=stages.size_multiple,
            full_pixels=self._full_pixels * stages.inference_cost,
            early=stages.initial_estimate is None,
        )

    def _random(self, below: int) -> int:
        return int(torch.randint(below, (), generator=self._chance.places))

    def sample(self) -> Sample:
        """Patches that have been degraded once more."""
        chosen = [self._images[self._random(len(self._images))] for _ in range(self.patches.number)]
        targets = [image[(slice(None), slice(None), *patches.random_patch())] for image, patches in chosen]
        stages = [self._stages.stages[self._random(len(self._stages.stages))] for _ in targets]
        pairs = list(zip(stages, targets, strict=True))
        shown = torch.cat([stage.network_input(stage.degrade(x, self._chance.noise)) for stage, x in pairs])
        forth, _ = batch_symmetry([self._symmetry() for _ in chosen])
        weight = torch.cat([torch.full_like(x[:, :1], stage.loss_weight) for stage, x in pairs])
        for axis in (-2, -1):
            for edge in (0, weight.shape[axis] - _BORDER):
                weight.narrow(axis, edge, _BORDER).zero_()
        shown = forth(shown)  # target and base are turned too, in place of turning the output back
        return Sample(
            input=shown,
            inverse=identity,
            residual_base=self._base(shown),
            target=forth(torch.cat(targets)),
            weight=weight,
            in_image_domain=True,
        )

    def full_image(self) -> tuple[Sample, ...]:
        """The image itself, of which the network undoes all stages."""
        return (
            self._stage(0, self._image if self._stages.initial_estimate is None else self._stages.initial_estimate),
        )

    def _stage(self, number: int, reached: torch.Tensor) -> Sample:
        """The full image after so many stages were undone, for the network to undo the next."""
        stages = self._stages.stages
        shown = stages[number].network_input(reached)
        base, reach, consistent = self._base(shown), stages[number].max_correction, stages[number].data_consistency
        forth, back = batch_symmetry([self._symmetry()])
        continued = (0,) * (shown.ndim - 4) + (_CONTINUED, _CONTINUED)
        return Sample(
            input=forth(pad_replicate(shown, continued)),
            inverse=lambda output: crop_margin(back(output), continued),
            residual_base=base,
            target=self._image,
            weight=self._weight,
            data_consistency=lambda output: consistent(output.clamp(base - reach, base + reach)),
            next_stage=functools.partial(self._stage, number + 1) if number + 1 < len(stages) else None,
        )

    def _base(self, shown: torch.Tensor) -> torch.Tensor:
        """The image itself, without the channels shown beside it."""
        return shown[:, : self._image.shape[1]]

    def _symmetry(self) -> int:
        return self._random(8 if self._stages.transpose_invariant else 4)


def _padded(image: torch.Tensor, least: int) -> torch.Tensor:
    """At least so many pixels a side; beyond its far edges the image goes on as it ends."""
    rows, columns = (max(0, least - n) for n in image.shape[-2:])
    padded = F.pad(image.flatten(0, -3)[None], (0, columns, 0, rows), mode="replicate")
    return padded.view(*image.shape[:-2], *padded.shape[-2:])
