"""Descent: everything that changes while one plane is fitted, and the one step that changes it."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.methods._base import Config
from napari_deep_prior.core.methods.schemes import scheme_for
from napari_deep_prior.core.networks import build
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.optimisation.averaging import RunningMean
from napari_deep_prior.core.optimisation.optimiser import Optimiser
from napari_deep_prior.core.physics.padding import crop_margin
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.solver.step_runner import Picture, StepRunner
from napari_deep_prior.core.stopping import frequencies
from napari_deep_prior.core.stopping.pixels import sample_blocks
from napari_deep_prior.core.stopping.split_risk import unbiased_risk
from napari_deep_prior.core.tasks import AbstractTask

_MATURE = 3
"""The first result that is learnt from, in so many times the steps from one to the next."""

_JUMP = 10.0
"""A loss this many times its running mean is taken for a divergence."""


class Solver:
    """The network, its input, the optimiser and the running mean of the output, for one plane.

    Parameters
    ----------
    observed
        (1, c, y, x) float32, scaled to about [0, 1].
    masks
        Clean pixels are fitted, and none is kept out of the fit.
    grain
        What is known of the noise; method recorrupted needs it.
    hold_out_seed
        Differs from plane to plane of a stack, so that no place is kept out of all of them.
    """

    def __init__(
        self,
        observed: torch.Tensor,
        masks: Masks,
        task: AbstractTask,
        recipe: Config,
        device: Device,
        *,
        seed: int,
        hold_out_seed: int,
        grain: NoiseModel | None = None,
    ) -> None:
        self._learnt: torch.Tensor | None = None
        self.iteration, self._task, self._recipe, self._device = 0, task, recipe, device
        self._masks, known, noisy = masks, masks.known, masks.noisy
        self._misfit: losses.Loss = task.misfit(grain)
        self._frequencies = frequencies.held_out(observed, recipe.frequencies, recipe.lags, hold_out_seed, device.torch)
        self._misfit = self._misfit if self._frequencies is None else self._frequencies.without(self._misfit)
        start = torch.Generator().manual_seed(seed)  # always the CPU's: the same start on every device
        turns, draws = torch.Generator().manual_seed(seed + 1), torch.Generator(device.torch).manual_seed(seed + 2)
        self._generators = turns, draws
        self._observed = observed.to(device.torch)
        candidates, generator = known & noisy, torch.Generator().manual_seed(hold_out_seed)
        self.held_out = held = sample_blocks(candidates, recipe.held_out, recipe.block, generator)
        self._split = split = recipe.method == "recorrupted"  # of which held-out pixels are shown, only not fitted
        self._known = self._on_device(known)
        self._weight = self._known if split else self._on_device(known & ~held)
        self._held = self._on_device(held) if held.any() else None
        deviation = grain.std_at(observed, known, recipe.guess) if grain and split else None
        self._physics = task.forward_model(self._observed, masks).to(device.torch)
        self._margin = self._physics.margin
        drawn = self._physics.input_shape(observed.shape[2:])
        self.begun = self._physics.initial_estimate(self._observed, self._weight) if recipe.begins else None
        self._scheme = scheme_for(
            *(recipe, self._observed, self._weight),
            self._weight if self._held is None else self._weight * (1 - self._held),
            drawn,
            undone=self._physics.remove_nuisance(self._observed).detach(),
            begun=self.begun,
            lift=self._physics.upsample,
            beside=task.guide_image(),
            again=task.stages(self._observed, self._weight, self._physics, self.begun)
            if recipe.method == "redegraded"
            else None,
            deviation=None if deviation is None else deviation.to(device.torch),
            noisy=None if noisy.all() else self._on_device(noisy),
            upright=recipe.upright or bool(recipe.crop and not self._physics.commutes_with_symmetries),
            start=start,
            draws=draws,
            turns=turns,
        )
        crops, c_in, c_out = self._scheme.crops, self._scheme.channels, observed.shape[1]
        together = drawn if crops is None else crops.together
        self.memory = memory.estimate_peak_bytes(recipe.architecture, c_in, c_out, drawn, together, device)
        memory.require(self.memory, device)
        shaped = recipe.architecture.for_shape(drawn if crops is None else crops.shape)
        self.network = build.build_network(shaped, c_in, c_out, start).to(device.torch)
        self._optimiser = Optimiser(
            self.network,
            recipe.learning_rate,
            muon=recipe.orthogonal,
            unknowns=self._physics.parameters(),
            unknowns_factor=self._physics.learning_rate_factor,
        )
        self._stepping = StepRunner(device)
        self._mean = RunningMean(torch.empty((1, c_out, *drawn), device=device.torch), recipe.average, self.begun)
        self._loss, told = torch.zeros((), device=device.torch), 0.98 if crops is None else 0.9
        self._loss_mean, self._risk_mean = RunningMean(self._loss, told), RunningMean(self._loss, told)

    def _on_device(self, where: NDArray[np.bool_]) -> torch.Tensor:
        return torch.from_numpy(where.astype(np.float32))[None, None].to(self._device.torch)

    def step(self, rate: float = 1.0) -> None:
        """One optimisation step, at this share of the full learning rate."""
        self._optimiser.set_step(rate)
        picture = self._stepping(self._fitted, self._scheme.draw())
        self.iteration += 1
        if self._scheme.crops is None:
            self._take((picture,))
        elif self._scheme.crops.whole_after(self.iteration):
            with torch.no_grad():
                self._take(tuple(map(self._drawn, self._scheme.whole())))
        if (every := self._recipe.renewed) and self.iteration % every == 0 and self.iteration >= _MATURE * every:
            self._learn(crop_margin(self._mean.mean, self._margin))

    def _learn(self, result: torch.Tensor | None) -> None:
        self._learnt = result
        self._scheme.learn(result)

    def _fitted(self, draw: Sample) -> Picture:
        _, output, degraded = self._drawn(draw)
        loss = self._misfit(degraded, draw.target, draw.weight)
        self._optimiser.zero_grad()
        torch.autograd.backward(loss + self._recipe.tv * losses.total_variation(output) if self._recipe.tv else loss)
        self._optimiser.step()
        return draw, output.detach(), degraded.detach()

    def _drawn(self, draw: Sample) -> Picture:
        """The picture, and what the instrument would have observed of it."""
        with self._device.autocast():
            output = self.network(draw.input)
        output = self._recipe.head(draw.undo(output) + draw.base)
        met = output if draw.meet is None else draw.meet(output)
        if draw.then is not None:
            return self._drawn(draw.then(met))
        return draw, met, output if draw.direct else self._physics(output)

    @torch.no_grad()
    def _take(self, pictures: tuple[Picture, ...]) -> None:
        """Pictures into the running mean; told is the misfit with what was observed, not with what noise was added to."""
        if self._held is not None and self._split:
            before = self._physics(self._mean.mean)
            risks = [unbiased_risk(seen, self._observed, draw.target, before, self._held) for draw, _, seen in pictures]
            self._risk_mean.add(torch.stack(risks).mean())
        self._loss = torch.stack([self._misfit(seen, self._observed, draw.weight) for draw, _, seen in pictures]).mean()
        self._loss_mean.add(self._loss)
        for draw, output, _ in pictures:
            self._mean.add(output.detach(), draw.counts)

    @property
    def image(self) -> torch.Tensor:
        """The result so far: the running mean of the output, (1, c, y, x)."""
        with torch.no_grad():
            drawn, code = crop_margin(self._mean.mean, self._margin), self._recipe.method == "code"
            # Other methods never fit what they are shown.
            return self._task.finish(drawn, self._observed, self._masks, self._physics, fits_known=code)

    def begun_with_all(self) -> torch.Tensor:
        """The picture the fit began with, made of the pixels too that it was judged by, (1, c, y, x)."""
        made = self.begun if self._held is None else self._physics.initial_estimate(self._observed, self._known)
        return self.image if made is None else crop_margin(made, self._margin)

    @property
    def deviation(self) -> torch.Tensor:
        """How much the late outputs differ, (1, c, y, x)."""
        return crop_margin(self._mean.deviation, self._margin)

    def loss(self) -> float:
        """Running mean of the misfit on the fitted pixels. Waits for the device."""
        return float(self._loss_mean.mean)

    @torch.no_grad()
    def held_out_loss(self) -> float | None:
        """Misfit of the result so far on what is kept out of the fit. Waits for the device."""
        if self._frequencies is not None:
            return float(self._frequencies.error(self._physics(self._mean.mean) - self._observed))
        if self._held is not None and self._split:
            return float(self._risk_mean.mean)
        if self._held is not None:
            return float(self._misfit(self._physics(self._mean.mean), self._observed, self._held))
        # Hidden pixels are predicted without having been seen: their misfit is a held-out error already.
        return self.loss() if self._recipe.method == "masked" else None

    def watched(self) -> float:
        """The number the stopping rule asks for. Waits for the device."""
        if self._recipe.rule.watches == "variance":
            return float(self._mean.deviation.square().mean())
        return self.loss() if (held_out := self.held_out_loss()) is None else held_out

    def diverged(self) -> bool:
        """Whether the last step's loss is no number or has jumped. Waits for the device."""
        return not math.isfinite(loss := float(self._loss)) or (self.iteration > 20 and loss > _JUMP * self.loss())

    def start_from(self, other: Solver) -> None:
        """Take over the network and the optimiser's moments of a neighbouring plane's fit of the same shape."""
        self.network.load_state_dict(other.network.state_dict())
        self._physics.load_state_dict(other._physics.state_dict())
        self._optimiser.load_state_dict(other._optimiser.state_dict())

    def state(self) -> dict[str, Any]:
        """A full copy to come back to: weights, batch statistics, the optimiser's moments, running means."""
        return copy.deepcopy(
            {
                "network": self.network.state_dict(),
                "physics": self._physics.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "mean": self._mean.state(),
                "loss_mean": self._loss_mean.state(),
                "risk_mean": self._risk_mean.state(),
                "loss": self._loss,
                "iteration": self.iteration,
                "learnt": self._learnt,
                "draws": [generator.get_state() for generator in self._generators],
            }
        )

    def load(self, state: dict[str, Any]) -> None:
        """Come back to a copy. The generators and the count of steps go on, so the same steps are not simply repeated."""
        self.network.load_state_dict(state["network"])
        self._physics.load_state_dict(state["physics"])
        self._optimiser.load_state_dict(state["optimiser"])
        for name, mean in (("mean", self._mean), ("loss_mean", self._loss_mean), ("risk_mean", self._risk_mean)):
            mean.load(state[name])
        self._loss = state["loss"]
        self._learn(state["learnt"])

    @property
    def size(self) -> int:
        """Bytes of one such copy, nearly: the weights with their two moments, and the two running means."""
        return 3 * sum(weight.nbytes for weight in self.network.parameters()) + 2 * self._mean.mean.nbytes

    def rewind(self, state: dict[str, Any]) -> None:
        """Come back to a copy in all respects: the steps that follow are the same as then."""
        self.load(state)
        self.iteration = state["iteration"]
        for generator, drawn in zip(self._generators, state["draws"], strict=True):
            generator.set_state(drawn)
