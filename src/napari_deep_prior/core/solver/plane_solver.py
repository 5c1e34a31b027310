"""PlaneSolver: what changes while one plane is restored, as the run sees it, whether a network is fitted or not."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from napari_deep_prior.core.stopping import HoldOut


class PlaneSolver(Protocol):
    """One plane being restored, step by step."""

    @property
    def iteration(self) -> int:
        """Steps taken."""
        ...

    @property
    def estimate(self) -> torch.Tensor | None:
        """What it starts from, and has to surpass; None: nothing."""
        ...

    @property
    def hold_out(self) -> HoldOut:
        """What is kept out of the fit."""
        ...

    @property
    def memory(self) -> int:
        """Bytes at the peak."""
        ...

    @property
    def size(self) -> int:
        """Bytes of a copy of the state, nearly."""
        ...

    @property
    def image(self) -> torch.Tensor:
        """The result so far, (1, c, [z,] y, x)."""
        ...

    @property
    def deviation(self) -> torch.Tensor:
        """Its standard deviation, (1, c, [z,] y, x), as the method means it."""
        ...

    def step(self, rate: float = 1.0) -> None:
        """One step, at this factor of the full learning rate."""
        ...

    def full_estimate(self) -> torch.Tensor:
        """The estimate it starts from, made of all known pixels; the result so far without one."""
        ...

    def following(self, change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """By how much the result is another when the observed image is changed by this, (1, c, [z,] y, x).

        And (1, 1, [z,] y, x) how much it is known of each pixel. A network is taken as it is, without a further fit.
        """
        ...

    def loss(self) -> float:
        """Misfit on the fitted pixels."""
        ...

    def held_out_loss(self) -> float | None:
        """Error on what is kept out of the fit; None where nothing is."""
        ...

    def watched(self) -> float:
        """The number the stopping rule watches."""
        ...

    def diverged(self) -> bool:
        """Whether the last step has led nowhere."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """A full copy to come back to."""
        ...

    def recover(self, state: dict[str, Any]) -> None:
        """Come back to a copy after a divergence."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy in all respects."""
        ...
