"""The Muon optimiser, for the kernels of convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

_MOMENTUM = 0.95

_RMS_STEP = 0.2
"""Root mean square of a step at learning rate 1, as Adam's."""

_QUINTIC = (3.4445, -4.775, 2.0315)
"""Coefficients a, b, c of the Newton-Schulz polynomial of Jordan et al."""

_ITERATIONS = 5
"""Of Newton and Schulz."""


class Muon:
    """Momentum that is orthogonalised before each step [1]_.

    Every direction in which a kernel could change is then as important as the few that dominate its gradient. On thin
    denoising networks one step achieves what three to five of Adam's do (docs/benchmarks.md).

    Parameters
    ----------
    kernels
        Weights of convolutions, (c_out, c_in, *spatial), treated as matrices (c_out, the rest). All on one device.
    learning_rate
        On the scale of Adam's [2]_.

    References
    ----------
    .. [1] Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024.
    .. [2] Liu et al., Muon is scalable for LLM training, 2025, section 2.2.
    """

    def __init__(self, kernels: list[torch.Tensor], learning_rate: float) -> None:
        self._kernels, self._learning_rate = kernels, learning_rate
        self._momenta = [torch.zeros_like(kernel) for kernel in kernels]
        self._step_size = torch.zeros((), device=kernels[0].device)

    def zero_grad(self) -> None:
        """Delete the gradients."""
        for kernel in self._kernels:
            kernel.grad = None

    def set_step(self, factor: float = 1.0) -> None:
        """Set the learning rate of the next step to `factor` times the full one."""
        self._step_size.fill_(self._learning_rate * factor)

    @torch.no_grad()
    def step(self) -> None:
        """Move all kernels against their gradients. Reads numbers from tensors only, so that it can be captured."""
        gradients = [torch.zeros_like(k) if k.grad is None else k.grad for k in self._kernels]
        torch._foreach_lerp_(self._momenta, gradients, 1 - _MOMENTUM)
        lookahead = torch._foreach_lerp(gradients, self._momenta, _MOMENTUM)  # Nesterov's
        moves = [
            _RMS_STEP * max(len(a), a[0].numel()) ** 0.5 * move
            for a, move in zip(lookahead, orthogonalise(lookahead), strict=True)
        ]
        torch._foreach_mul_(moves, self._step_size)
        torch._foreach_sub_(self._kernels, moves)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the momenta."""
        return {"momenta": [momentum.clone() for momentum in self._momenta]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a copy of the momenta."""
        for momentum, saved in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(saved)


def orthogonalise(kernels: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Replace each kernel, as a matrix U S Vᵀ, by nearly U Vᵀ: with singular values between 0.7 and 1.2.

    Parameters
    ----------
    kernels
        Each (c_out, c_in, *spatial), treated as a matrix (c_out, the rest).

    Returns
    -------
    list of Tensor
        Of the same shapes.

    Notes
    -----
    Newton-Schulz iteration with the quintic of Jordan et al., which is steep at 0 and renounces exactness. Its steps
    ``X <- (a + b G + c G²) X`` with ``G = X Xᵀ`` are polynomials of the first G. So only G is iterated, which has as many
    rows as the shorter side of the matrix, and matrices of one size are batched: a quarter of the arithmetic.
    """
    matrices = [kernel.movedim(1, -1).flatten(1) for kernel in kernels]  # a view of channels-last kernels
    tall = [matrix.shape[0] > matrix.shape[1] for matrix in matrices]
    grams = [
        matrix.T @ matrix if is_tall else matrix @ matrix.T for matrix, is_tall in zip(matrices, tall, strict=True)
    ]
    factors = _orthogonalising_factors(grams)
    products = [
        matrix @ factor if is_tall else factor @ matrix
        for matrix, factor, is_tall in zip(matrices, factors, tall, strict=True)
    ]
    return [x.view(kernel.movedim(1, -1).shape).movedim(-1, 1) for x, kernel in zip(products, kernels, strict=True)]


def _orthogonalising_factors(grams: list[torch.Tensor]) -> list[torch.Tensor]:
    """For each X Xᵀ the symmetric matrix to multiply X with; those of one size are computed in one batch."""
    factors: dict[int, torch.Tensor] = {}
    for size in {len(gram) for gram in grams}:
        batch = [index for index, gram in enumerate(grams) if len(gram) == size]
        factors |= dict(zip(batch, _newton_schulz(torch.stack([grams[index] for index in batch])), strict=True))
    return [factors[index] for index in range(len(grams))]


def _newton_schulz(gram: torch.Tensor) -> torch.Tensor:
    """(n, m, m) of X Xᵀ -> the symmetric matrices to multiply X with."""
    a, b, c = _QUINTIC
    squared_norm = gram.diagonal(dim1=-2, dim2=-1).sum(-1).clamp(min=1e-24)[:, None, None]  # of X
    gram = gram / squared_norm
    one = torch.eye(gram.shape[-1], device=gram.device)
    factor = one / squared_norm.sqrt()
    for iteration in range(_ITERATIONS):
        step = a * one + b * gram + c * gram @ gram
        factor = step @ factor
        if iteration + 1 < _ITERATIONS:
            gram = step @ gram @ step
    return factor
