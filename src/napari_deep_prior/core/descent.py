"""Descent: everything that changes while one plane is fitted, and the one step that changes it."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from napari_deep_prior.core import head, networks
from napari_deep_prior.core.averaging import RunningMean
from napari_deep_prior.core.device import Device
from napari_deep_prior.core.first_guess import first_guess
from napari_deep_prior.core.inputs import MaskedImage, NoiseCode, Scheme
from napari_deep_prior.core.presets import Recipe
from napari_deep_prior.core.tasks import AbstractTask

_JUMP = 10.0
"""A loss this many times its running mean is taken for a divergence."""


class Descent:
    """The network, its input, the optimiser and the running mean of the output, for one plane.

    Parameters
    ----------
    observed
        (1, c, y, x) float32, scaled to about [0, 1].
    known
        (y, x), True where a pixel was observed.
    hold_out_seed
        Differs from plane to plane of a stack, so that no place is kept out of all of them.
    """

    def __init__(
        self,
        observed: torch.Tensor,
        known: NDArray[np.bool_],
        task: AbstractTask,
        recipe: Recipe,
        device: Device,
        *,
        seed: int,
        hold_out_seed: int,
    ) -> None:
        self.iteration = 0
        self._task, self._recipe, self._device = task, recipe, device
        start = torch.Generator().manual_seed(seed)  # always the CPU's: the same start on every device
        self._turns = torch.Generator().manual_seed(seed + 1)
        self._draws = torch.Generator(device.torch).manual_seed(seed + 2)
        self._observed = observed.to(device.torch)
        self.held_out = held = _held_out(known, recipe, torch.Generator().manual_seed(hold_out_seed))
        self._weight = torch.from_numpy((known & ~held).astype(np.float32))[None, None].to(device.torch)
        self._held = torch.from_numpy(held.astype(np.float32))[None, None].to(device.torch) if held.any() else None
        wanted = task.wanted_shape(tuple(observed.shape[-2:]))
        self._instrument = task.instrument(self._observed).to(device.torch)
        self._margin = task.margin()
        drawn = tuple(n + 2 * side for n, side in zip(wanted, self._margin, strict=True))
        self._scheme = self._make_scheme(drawn, start)
        architecture = recipe.architecture.for_shape(drawn)
        network = networks.drawn(architecture, self._scheme.channels, observed.shape[1], start)
        self.network = network.to(device.torch)
        nn.utils.convert_conv2d_weight_memory_format(self.network, torch.channels_last)
        self._guess = self._guess_before_head()
        self._adam = self._make_adam()
        self._mean = RunningMean(torch.empty((1, observed.shape[1], *drawn), device=device.torch), recipe.average)
        self._loss = torch.zeros((), device=device.torch)
        self._loss_mean = RunningMean(self._loss, 0.98)

    def _make_adam(self) -> torch.optim.Adam:
        rate, fused = self._recipe.learning_rate, self._device.name == "cuda"
        groups: list[dict[str, Any]] = [{"params": list(self.network.parameters()), "lr": rate}]
        if unknowns := list(self._instrument.parameters()):
            groups.append({"params": unknowns, "lr": rate * self._instrument.rate})
        return torch.optim.Adam(groups, lr=rate, fused=fused)

    def _make_scheme(self, drawn: tuple[int, ...], start: torch.Generator) -> Scheme:
        r = self._recipe
        if r.method == "masked":
            return MaskedImage(
                self._observed,
                self._weight,
                hidden=r.hidden,
                lift=self._task.lift,
                draws=self._draws,
                turns=self._turns,
            )
        return NoiseCode(self._weight, drawn, start, channels=r.code, jitter=r.jitter, draws=self._draws)

    def _guess_before_head(self) -> torch.Tensor | float:
        r = self._recipe
        if r.guess == 0:
            return 0.0
        with torch.no_grad():
            start = self._instrument.undo(self._observed)
        guess = first_guess(start, self._weight, r.guess, blind=r.method == "masked")
        return head.inverse(self._task.lift(guess))

    def step(self) -> None:
        """One optimisation step."""
        draw = self._scheme.draw()
        with self._device.autocast():
            drawn = self.network(draw.input.contiguous(memory_format=torch.channels_last))
        output = self._recipe.head(draw.undo(drawn) + self._guess)
        loss = self._task.misfit(self._instrument(output), self._observed, draw.weight)
        self._adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self._adam.step()
        self._loss = loss.detach()
        self._loss_mean.add(self._loss)
        self._mean.add(output.detach())
        self.iteration += 1

    @property
    def image(self) -> torch.Tensor:
        """The result so far: the running mean of the output, (1, c, y, x)."""
        with torch.no_grad():
            return self._task.returned(self._wanted(self._mean.mean), self._observed, self._instrument)

    @property
    def deviation(self) -> torch.Tensor:
        """How much the late outputs differ, (1, c, y, x)."""
        return self._wanted(self._mean.deviation)

    def _wanted(self, drawn: torch.Tensor) -> torch.Tensor:
        """Without what was drawn beyond the edges."""
        rows, columns = (slice(side, n - side) for side, n in zip(self._margin, drawn.shape[-2:], strict=True))
        return drawn[..., rows, columns]

    def loss(self) -> float:
        """Running mean of the misfit on the fitted pixels. Waits for the device."""
        return float(self._loss_mean.mean)

    def held_out_loss(self) -> float | None:
        """Misfit of the result so far on the pixels kept out of the fit. Waits for the device."""
        if self._held is not None:
            with torch.no_grad():
                return float(self._task.misfit(self._instrument(self._mean.mean), self._observed, self._held))
        # Hidden pixels are predicted without having been seen: their misfit is a held-out error already.
        return self.loss() if self._recipe.method == "masked" else None

    def diverged(self) -> bool:
        """Whether the last step's loss is no number or has jumped. Waits for the device."""
        loss = float(self._loss)
        return not math.isfinite(loss) or (self.iteration > 20 and loss > _JUMP * self.loss())

    def start_from(self, other: Descent) -> None:
        """Take over the network and Adam's moments of a neighbouring plane's fit of the same shape."""
        self.network.load_state_dict(other.network.state_dict())
        self._instrument.load_state_dict(other._instrument.state_dict())
        self._adam.load_state_dict(copy.deepcopy(other._adam.state_dict()))

    def state(self) -> dict[str, Any]:
        """A full copy to come back to: weights, batch statistics, Adam's moments, running means."""
        return copy.deepcopy(
            {
                "network": self.network.state_dict(),
                "instrument": self._instrument.state_dict(),
                "adam": self._adam.state_dict(),
                "mean": self._mean.state(),
                "loss_mean": self._loss_mean.state(),
                "loss": self._loss,
                "iteration": self.iteration,
                "draws": [generator.get_state() for generator in self._generators],
            }
        )

    def load(self, state: dict[str, Any]) -> None:
        """Come back to a copy. The generators and the count of steps go on, so the same steps are not simply repeated."""
        self.network.load_state_dict(state["network"])
        self._instrument.load_state_dict(state["instrument"])
        self._adam.load_state_dict(copy.deepcopy(state["adam"]))  # Adam would go on inside the copy itself
        self._mean.load(state["mean"])
        self._loss_mean.load(state["loss_mean"])
        self._loss = state["loss"]

    @property
    def size(self) -> int:
        """Bytes of one such copy, nearly: the weights with their two moments, and the two running means."""
        weights = sum(weight.nbytes for weight in self.network.parameters())
        return 3 * weights + 2 * self.image.nbytes

    def rewind(self, state: dict[str, Any]) -> None:
        """Come back to a copy in all respects: the steps that follow are the same as then."""
        self.load(state)
        self.iteration = state["iteration"]
        for generator, drawn in zip(self._generators, state["draws"], strict=True):
            generator.set_state(drawn)

    @property
    def _generators(self) -> tuple[torch.Generator, ...]:
        return self._turns, self._draws


def _held_out(known: NDArray[np.bool_], recipe: Recipe, generator: torch.Generator) -> NDArray[np.bool_]:
    """(y, x): True on square blocks, drawn at random, that hold about the wanted share of the known pixels."""
    if recipe.held_out == 0:
        return np.zeros_like(known)
    rows, columns = (-(-n // recipe.block) for n in known.shape)
    blocks = torch.rand((rows, columns), generator=generator).numpy() < recipe.held_out
    whole = blocks.repeat(recipe.block, 0).repeat(recipe.block, 1)[: known.shape[0], : known.shape[1]]
    held = whole & known
    if not held.any():  # a small image: the block of one known pixel
        places = np.argwhere(known)
        y, x = places[int(torch.randint(len(places), (), generator=generator))] // recipe.block * recipe.block
        held[y : y + recipe.block, x : x + recipe.block] = known[y : y + recipe.block, x : x + recipe.block]
    return held if (known & ~held).any() else np.zeros_like(known)
