"""Muon: the optimiser of convolutions that see the image."""

from __future__ import annotations

from typing import Any

import torch

_MOMENTUM = 0.95
_SCALE = 0.2
"""Root mean square of a step at learning rate 1, as Adam's."""

_QUINTIC = (3.4445, -4.775, 2.0315)
_ROUNDS = 5


class Muon:
    """Momentum whose matrix is made orthogonal before each step (Jordan et al., Muon, 2024).

    Every direction in which a kernel could change is taken as seriously as the few that dominate its gradient. On thin
    denoising networks one step does what three to five of Adam's do (docs/benchmarks.md).

    Parameters
    ----------
    kernels
        Weights of convolutions, (c_out, c_in, *spatial): taken as matrices (c_out, the rest).
    rate
        Learning rate, on the scale of Adam's (Liu et al., Muon is scalable, 2025, section 2.2).
    """

    def __init__(self, kernels: list[torch.Tensor], rate: float) -> None:
        self._kernels, self._rate = kernels, rate
        self._momenta = [torch.zeros_like(kernel) for kernel in kernels]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for kernel in self._kernels:
            kernel.grad = None

    @torch.no_grad()
    def step(self, share: float = 1.0) -> None:
        """Move all kernels against their gradients, at this share of the learning rate."""
        for kernel, momentum in zip(self._kernels, self._momenta, strict=True):
            if kernel.grad is None:
                continue
            momentum.lerp_(kernel.grad, 1 - _MOMENTUM)
            ahead = kernel.grad.lerp(momentum, _MOMENTUM)  # Nesterov's
            matrix = ahead.reshape(len(ahead), -1)
            size = _SCALE * max(matrix.shape) ** 0.5
            kernel.sub_(orthogonal(matrix).reshape(kernel.shape), alpha=self._rate * share * size)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the momenta."""
        return {"momenta": [momentum.clone() for momentum in self._momenta]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy."""
        for mine, theirs in zip(self._momenta, state["momenta"], strict=True):
            mine.copy_(theirs)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """Nearly U Vᵀ of the matrix's U S Vᵀ: all singular values between about 0.7 and 1.2.

    Newton-Schulz iteration with the quintic of Jordan et al., which is steep at 0 and does without exactness.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x: torch.Tensor = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=1e-12)
    a, b, c = _QUINTIC
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x
