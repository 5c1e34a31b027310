"""Distillation: a network learns to draw at once what several drawings and another method together make of an image."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods._image import ImageConfig
from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import build_network
from napari_deep_prior.core.networks.catalogue import FULL_RESOLUTION
from napari_deep_prior.core.networks.tiles import Tiled
from napari_deep_prior.core.optimisation import schedule
from napari_deep_prior.core.optimisation.optimiser import Optimiser
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler, ImageSampling
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.solver.freezing import freeze_statistics
from napari_deep_prior.core.solver.trained import TrainedNetwork

ARCHITECTURE = FULL_RESOLUTION["balanced"]
"""Of the student: twice as wide, it is 0.03 dB nearer to its teacher in 1.5 times the time (docs/benchmarks.md)."""

_PATCH_SIZE = 64
"""Side in pixels of what a step looks at: as many pixels in larger patches are no better."""

_WEIGHT_OF_DEVIATION = 0.05
"""In the loss: it is as large as the error of the image, and easier to learn; at 1 it costs the image 0.13 dB (docs/benchmarks.md)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """An image as it was observed, and what the teacher makes of it: the restored `image` and its `deviation`, (1, c, y, x) both.

    `weight` is that of its squared errors among those of others.
    """

    observation: Observation
    image: torch.Tensor
    deviation: torch.Tensor
    weight: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DistilledNetwork:
    """A network that draws an image, and how uncertain it is, in one pass; it has the interface of a `TrainedNetwork`.

    Attributes
    ----------
    network
        In tiles, its statistics frozen: a function that is the same everywhere.
    teacher
        The network of its teacher.
    steps
        In which it learnt.
    """

    network: Tiled
    teacher: TrainedNetwork
    steps: int

    @property
    def method(self) -> NetworkMethod:
        """That of its teacher."""
        return self.teacher.method

    @property
    def all_networks(self) -> Sequence[torch.nn.Module]:
        """Those that may draw."""
        return (self.network, *self.teacher.networks)

    @property
    def config(self) -> ImageConfig:
        """How it is shown an image."""
        return student_config(self.teacher.config, self.network.architecture)

    @property
    def title(self) -> str:
        """What it is called in a report."""
        return f"a network that was distilled from {self.teacher.title}"

    def state_dict(self) -> dict[str, Any]:
        """What `student_of` makes it of again: numbers and tensors."""
        return {"steps": self.steps, "weights": self.network.network.state_dict()}

    def drawings(self, observation: Observation, chance: Chance, *, context: bool = True) -> OnePass:
        """The one drawing of a piece; `context` says whether its neighbouring planes are shown."""
        return OnePass(self, observation, chance, context=context)

    @torch.no_grad()
    def drawn(self, observation: Observation, chance: Chance, *, context: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Image and deviation, (1, c, y, x) both, before they are finished; nothing in it is left to chance."""
        config = self.config
        sampler = ImageSampler(observation, dataclasses.replace(config.sampling, augment=False), chance)
        sampler.shows_context = context
        (sample,) = sampler.full_image()
        return _split(self.network, sample, config, self.teacher.device)


class OnePass:
    """The drawing of one piece by a `DistilledNetwork`; drawn as `Drawings` are."""

    number = 1

    def __init__(self, student: DistilledNetwork, observation: Observation, chance: Chance, *, context: bool) -> None:
        self._student, self._observation, self._chance, self._context = student, observation, chance, context
        self.done, self.mean, self.deviation = 0, observation.image, torch.zeros_like(observation.image)

    def next(self) -> bool:
        """Draw it; that was the last."""
        self.mean, deviation = self._student.drawn(self._observation, self._chance, context=self._context)
        self.done, self.deviation = 1, deviation.clamp(min=0)
        return True

    @property
    def image(self) -> torch.Tensor:
        """What was drawn, finished, (1, c, y, x)."""
        return self._observation.finish(self.mean, self._student.method.fits_known_pixels)


class Distillation:
    """A student that learns from what its teacher made of some pieces of the data.

    A teacher may be slow, as several drawings and the look for similar patches are. What it makes of an image is a function of
    that image, which a network can learn from a few pieces and then draw of all others (Buciluă et al., Model compression, KDD 2006;
    Hinton et al., Distilling the knowledge in a neural network, 2015). It is shown the image itself, with all its noise: what it
    has to draw holds little of that.

    Parameters
    ----------
    lessons
        From all over the data, of one shape.
    trained
        The network of the teacher.
    chance
        The generators of its weights, places and symmetries.
    steps
        In which it learns, over which the rate falls.
    """

    def __init__(
        self,
        lessons: Sequence[Lesson],
        trained: TrainedNetwork,
        chance: Chance,
        *,
        steps: int,
    ) -> None:
        self.steps, self.done = steps, 0
        self._trained, self._config = trained, student_config(trained.config, ARCHITECTURE)
        samplers = [
            ImageSampler(
                dataclasses.replace(lesson.observation, fitted=lesson.weight * lesson.observation.fitted),
                self._config.sampling,
                chance,
                wanted=torch.cat([lesson.image, lesson.deviation], 1),
            )
            for lesson in lessons
        ]
        self._sampler = samplers[0]
        self._sampler.learn_from(samplers[1:])
        channels = lessons[0].observation.channels
        shape = (self._sampler.channels, 2 * channels)
        self._network = build_network(ARCHITECTURE, *shape, chance.weights).to(self._trained.device.torch)
        self._optimiser = Optimiser(self._network, self._config.learning_rate, muon=self._config.muon)

    def step(self) -> bool:
        """One more; whether that was the last."""
        self._optimiser.set_step(schedule.learning_rate_factor(self.done, self.steps))
        sample = self._sampler.sample()
        drawn = torch.cat(_split(self._network, sample, self._config, self._trained.device), 1)
        image, deviation = ((drawn - sample.target).square() * sample.weight).chunk(2, 1)
        loss = image.mean() + _WEIGHT_OF_DEVIATION * deviation.mean()
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        self._optimiser.step()
        self.done += 1
        return self.done >= self.steps

    def network(self) -> DistilledNetwork:
        """What it has become."""
        freeze_statistics(self._network, self._sampler, self._trained.device)
        return _student(self._network, self._trained, self.steps)


def student_of(
    trained: TrainedNetwork, observation: Observation, *, steps: int, weights: Mapping[str, torch.Tensor]
) -> DistilledNetwork:
    """A student of this network, which has learnt elsewhere, for images like this."""
    config = student_config(trained.config, ARCHITECTURE)
    channels_in = ImageSampler(observation, config.sampling, Chance.of(0, device=trained.device.torch)).channels
    network = build_network(ARCHITECTURE, channels_in, 2 * observation.channels, torch.Generator())
    network.load_state_dict(weights)
    return _student(network.to(trained.device.torch), trained, steps)


def student_config(config: NetworkConfig, architecture: Architecture) -> ImageConfig:
    """How a student is shown an image, by the config of its teacher: with nothing hidden and nothing added."""
    assert isinstance(config, ImageConfig)
    sampling = ImageSampling(
        smoothing_sigma=config.sampling.smoothing_sigma, mask_fraction=(0.0, 0.0), patch_size=_PATCH_SIZE
    )
    return dataclasses.replace(config, architecture=architecture, sampling=sampling)


def _student(network: torch.nn.Module, trained: TrainedNetwork, steps: int) -> DistilledNetwork:
    return DistilledNetwork(network=Tiled.frozen(network, ARCHITECTURE), teacher=trained, steps=steps)


def _split(
    network: torch.nn.Module, sample: Sample, config: ImageConfig, device: Device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Image and deviation: the output holds the channels of both."""
    with device.autocast():
        output = network(sample.input)
    image, deviation = sample.inverse(output).chunk(2, 1)
    return config.activation(image + sample.residual_base), deviation
