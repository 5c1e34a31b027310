"""ClosedFormSolver: a plane restored by a method that has nothing to fit, in one step."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods import Config
from napari_deep_prior.core.methods._base import PlaneShape
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping import HoldOut
from napari_deep_prior.core.stopping.rules import NeverStop


class ClosedFormSolver:
    """Before its step the observed image is the result, after it the method's estimate; further steps change nothing.

    Parameters
    ----------
    observation
        What was observed.
    method, config
        How it is restored, with which numbers.
    device
        On which.
    """

    estimate: torch.Tensor | None = None

    def __init__(self, observation: Observation, method: ClosedFormMethod, config: Config, device: Device) -> None:
        self.iteration, self._observation, self._method = 0, observation, method
        self._config, self._device = config, device
        self.hold_out = HoldOut(observation, NeverStop())
        plane = PlaneShape(channels=observation.channels, image=observation.shape, drawn=observation.shape)
        self.memory = method.footprint(config, plane).peak_bytes(device)
        memory.require(self.memory, device)
        self.image, self.deviation = observation.image, torch.zeros_like(observation.image)

    def step(self, rate: float = 1.0) -> None:
        """The whole computation."""
        with torch.no_grad():
            self.image, self.deviation = self._method.estimate(self._observation)
        self.iteration += 1

    def part(self, region: tuple[slice, ...]) -> ClosedFormSolver:
        """One that has taken no step, for a part ([z,] y, x) of the same image."""
        observation = self._observation.part(region)
        return ClosedFormSolver(observation, self._method, self._config, self._device)

    @torch.no_grad()
    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See `PlaneSolver.following`: computed once more."""
        observation = self._observation
        other = dataclasses.replace(observation, image=observation.image + change)
        return self._method.estimate(other)[0] - self.image, torch.ones_like(observation.known)

    def full_estimate(self) -> torch.Tensor:
        """The result: it starts from none."""
        return self.image

    @torch.no_grad()
    def loss(self) -> float:
        """Misfit with what was observed. Waits for the device."""
        observation = self._observation
        return float(observation.misfit(self.image, observation.image, observation.known))

    def held_out_loss(self) -> float | None:
        """None: all is used."""
        return None

    def watched(self) -> float:
        """The misfit."""
        return self.loss()

    def diverged(self) -> bool:
        """Whether the result is not finite. Waits for the device."""
        return not bool(self.image.isfinite().all())

    def state_dict(self) -> dict[str, Any]:
        """A copy to come back to."""
        return {"iteration": self.iteration, "image": self.image, "deviation": self.deviation}

    def recover(self, state: dict[str, Any]) -> None:
        """Come back to the image of a copy."""
        device = self._observation.image.device
        self.image, self.deviation = state["image"].to(device), state["deviation"].to(device)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy in all respects."""
        self.recover(state)
        self.iteration = state["iteration"]

    @property
    def size(self) -> int:
        """Bytes of one such copy."""
        return self.image.nbytes + self.deviation.nbytes
