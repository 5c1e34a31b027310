"""Solver: everything that changes while one plane is fitted, and the one step that changes it."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.networks import build
from napari_deep_prior.core.networks.tiles import Tiled
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.optimisation.averaging import RunningMean
from napari_deep_prior.core.optimisation.optimiser import Optimiser
from napari_deep_prior.core.physics.padding import crop_margin
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.image_sampler import ImageSampler
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.solver.following import Drawer
from napari_deep_prior.core.solver.forward import forward
from napari_deep_prior.core.solver.freezing import freeze_statistics
from napari_deep_prior.core.solver.step_runner import StepRunner
from napari_deep_prior.core.stopping import Criterion, HoldOut, StepOutput

_FIRST_REFRESH = 3
"""The current estimate joins the training images after this many refresh intervals."""

_JUMP = 10.0
"""A loss this many times its running mean is taken for a divergence."""

_DECAY_OF_STEPS, _DECAY_OF_PASSES = 0.98, 0.9
"""Of the running mean of the loss: over every step, or over full-image passes, between which several steps lie."""


class Solver:
    """The network, its sampler, the optimiser and the running mean of the output, for one plane.

    Parameters
    ----------
    observation
        What was observed, with all known pixels.
    method, config, criterion
        How the network is fitted, with which numbers, and what it is judged by.
    chance
        The generators of this fit.
    """

    def __init__(
        self,
        observation: Observation,
        method: NetworkMethod,
        config: NetworkConfig,
        criterion: Criterion,
        device: Device,
        chance: Chance,
    ) -> None:
        self.iteration, self._method, self._config, self._device, self._chance = 0, method, config, device, chance
        self._whole_observation = observation
        self.hold_out: HoldOut = criterion.hold_out(observation, chance.hold_out)
        self._misfit = self.hold_out.fitted_misfit(observation.misfit)
        self._physics = observation.physics
        observation = self.hold_out.observation
        self.estimate = self._estimate(observation)
        self._observation = observation = observation.with_estimate(self.estimate)
        self._sampler = method.sampler(observation, config, chance)
        patches, c_in, c_out = self._sampler.patches, self._sampler.channels, observation.channels
        drawn = observation.drawn_shape
        fitted = drawn if patches is None else patches.batch_shape
        self.memory = memory.estimate_peak_bytes(config.architecture, c_in, c_out, drawn, fitted, device)
        memory.require(self.memory, device)
        self._shape = config.architecture.for_shape(drawn if patches is None else patches.shape)
        self.network = build.build_network(self._shape, c_in, c_out, chance.weights).to(device.torch)
        self._optimiser = Optimiser(
            self.network,
            config.learning_rate,
            muon=config.muon,
            unknowns=self._physics.parameters(),
            unknowns_factor=self._physics.learning_rate_factor,
        )
        self._runner = StepRunner(device)
        self._mean = RunningMean(torch.empty((1, c_out, *drawn), device=device.torch), config.averaging, self.estimate)
        self._loss = torch.zeros((), device=device.torch)
        self._loss_mean = RunningMean(self._loss, _DECAY_OF_STEPS if patches is None else _DECAY_OF_PASSES)
        self._training_estimate: torch.Tensor | None = None

    def learn_from(self, observations: Sequence[Observation]) -> None:
        """Take the patches of each step from these pieces of the data too, for a network that is to draw all of them.

        Only for samplers that show the image in patches.
        """
        assert isinstance(self._sampler, ImageSampler)
        others = [self._method.sampler(observation, self._config, self._chance) for observation in observations]
        self._sampler.learn_from([other for other in others if isinstance(other, ImageSampler)])

    def frozen_network(self) -> torch.nn.Module:
        """A copy of the network with the mean of its batch statistics: what it draws of a place depends on that place alone."""
        network, before = copy.deepcopy(self.network), self._chance.state_dict()
        freeze_statistics(network, self._sampler, self._device)
        self._chance.load_state_dict(before)  # so that a fit that is asked twice gives the same
        return Tiled.frozen(network, self._shape)

    def network_as_now(self) -> torch.nn.Module:
        """A copy of the network, into which weights and statistics of a frozen one may be loaded."""
        return Tiled.frozen(copy.deepcopy(self.network), self._shape)

    def _estimate(self, observation: Observation) -> torch.Tensor | None:
        if not self._method.starts_from_estimate(self._config):
            return None
        return observation.physics.initial_estimate(observation.image, observation.shown)

    def step(self, rate: float = 1.0) -> None:
        """One optimisation step, at this factor of the full learning rate."""
        self._optimiser.set_step(rate)
        output = self._runner(self._optimise, self._sampler.sample())
        self.iteration += 1
        if self._sampler.patches is None:
            self._average((output,))
        elif self._sampler.patches.full_image_due(self.iteration):
            with torch.no_grad():
                self._average(tuple(map(self._forward, self._sampler.full_image())))
        every = self._config.refresh_every
        if every and self.iteration % every == 0 and self.iteration >= _FIRST_REFRESH * every:
            self._refresh(crop_margin(self._mean.mean, self._physics.margin))

    def _refresh(self, estimate: torch.Tensor | None) -> None:
        self._training_estimate = estimate
        self._sampler.refresh(estimate)

    def _optimise(self, sample: Sample) -> StepOutput:
        _, image, degraded = self._forward(sample)
        loss = self._misfit(degraded, sample.target, sample.weight)
        self._optimiser.zero_grad()
        tv = self._config.tv_weight
        torch.autograd.backward(loss + tv * losses.total_variation(image) if tv else loss)
        self._optimiser.step()
        return StepOutput(sample, image.detach(), degraded.detach())

    def _forward(self, sample: Sample) -> StepOutput:
        return forward(self.network, sample, self._config.activation, self._physics, self._device)

    @torch.no_grad()
    def _average(self, outputs: Sequence[StepOutput]) -> None:
        """Outputs into the running mean. The loss that is shown is the misfit with the observed image, not with a noisier one."""
        self.hold_out.add(outputs, self)
        observed = self._observation.image
        self._loss = torch.stack([self._misfit(o.degraded, observed, o.sample.weight) for o in outputs]).mean()
        self._loss_mean.add(self._loss)
        for output in outputs:
            self._mean.add(output.image.detach(), output.sample.averaging_mask)

    @property
    def image(self) -> torch.Tensor:
        """The result so far: the running mean of the output, (1, c, [z,] y, x)."""
        with torch.no_grad():
            drawn = crop_margin(self._mean.mean, self._physics.margin)
            return self._observation.finish(drawn, self._method.fits_known_pixels)

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `PlaneSolver.following`: drawings by a copy of the network, whose remembered statistics they move."""
        networks = [copy.deepcopy(self.network)]
        drawer = Drawer(networks=networks, method=self._method, config=self._config, device=self._device)
        return drawer.following(self._observation, change)

    def full_estimate(self) -> torch.Tensor:
        """The estimate the fit started from, (1, c, [z,] y, x), made of the held-out pixels too; the result so far without one."""
        if self.estimate is None:
            return self.image
        whole = self._whole_observation
        estimate = self.estimate if not self.hold_out.pixels.any() else self._estimate(whole)
        return self.image if estimate is None else crop_margin(estimate, self._physics.margin)

    @property
    def deviation(self) -> torch.Tensor:
        """Standard deviation of the late outputs, (1, c, [z,] y, x)."""
        return crop_margin(self._mean.deviation, self._physics.margin)

    @torch.no_grad()
    def degraded_mean(self) -> torch.Tensor:
        """What the forward model makes of the result so far, (1, c, [z,] y, x)."""
        degraded: torch.Tensor = self._physics(self._mean.mean)
        return degraded

    def output_variance(self) -> float:
        """Running variance of the output, averaged over its pixels. Waits for the device."""
        return float(self._mean.deviation.square().mean())

    def loss(self) -> float:
        """Running mean of the misfit on the fitted pixels. Waits for the device."""
        return float(self._loss_mean.mean)

    @torch.no_grad()
    def held_out_loss(self) -> float | None:
        """Error of the result so far on what is kept out of the fit; None where nothing is. Waits for the device."""
        return self.hold_out.error(self)

    @torch.no_grad()
    def watched(self) -> float:
        """The number the stopping rule watches. Waits for the device."""
        return self.hold_out.watched(self)

    def diverged(self) -> bool:
        """Whether the last step's loss is no number or has jumped. Waits for the device."""
        return not math.isfinite(loss := float(self._loss)) or (self.iteration > 20 and loss > _JUMP * self.loss())

    def state_dict(self) -> dict[str, Any]:
        """A full copy to come back to: weights, batch statistics, the optimiser's moments, running means, generators."""
        return copy.deepcopy(
            {
                "network": self.network.state_dict(),
                "physics": self._physics.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "mean": self._mean.state_dict(),
                "loss_mean": self._loss_mean.state_dict(),
                "hold_out": self.hold_out.state_dict(),
                "loss": self._loss,
                "iteration": self.iteration,
                "training_estimate": self._training_estimate,
                "chance": self._chance.state_dict(),
            }
        )

    def recover(self, state: dict[str, Any]) -> None:
        """Come back to a copy after a divergence. Generators and steps go on, so the same steps are not simply repeated."""
        self.network.load_state_dict(state["network"])
        self._physics.load_state_dict(state["physics"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._mean.load_state_dict(state["mean"])
        self._loss_mean.load_state_dict(state["loss_mean"])
        self.hold_out.load_state_dict(state["hold_out"])
        self._loss = state["loss"].to(self._device.torch)
        estimate = state["training_estimate"]
        self._refresh(None if estimate is None else estimate.to(self._device.torch))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy in all respects: the steps that follow are the same as then."""
        self.recover(state)
        self.iteration = state["iteration"]
        self._chance.load_state_dict(state["chance"])

    @property
    def size(self) -> int:
        """Bytes of one such copy, nearly: the weights with their two moments, and the two running means."""
        return 3 * sum(weight.nbytes for weight in self.network.parameters()) + 2 * self._mean.mean.nbytes
