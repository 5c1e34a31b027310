"""Muon: the optimiser of convolutions that see the image."""

from __future__ import annotations

from collections.abc import Sequence
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
        Weights of convolutions, (c_out, c_in, *spatial): taken as matrices (c_out, the rest). All on one device.
    rate
        Learning rate, on the scale of Adam's (Liu et al., Muon is scalable, 2025, section 2.2).
    """

    def __init__(self, kernels: list[torch.Tensor], rate: float) -> None:
        self._kernels, self._rate = kernels, rate
        self._momenta = [torch.zeros_like(kernel) for kernel in kernels]
        self._now = torch.zeros((), device=kernels[0].device)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for kernel in self._kernels:
            kernel.grad = None

    def set_step(self, factor: float = 1.0) -> None:
        """Write down the learning rate of the next step, at this share of the full one."""
        self._now.fill_(self._rate * factor)

    @torch.no_grad()
    def step(self) -> None:
        """Move all kernels against their gradients. Reads no number but those in its tensors, so that it can be captured."""
        gradients = [torch.zeros_like(k) if k.grad is None else k.grad for k in self._kernels]
        torch._foreach_lerp_(self._momenta, gradients, 1 - _MOMENTUM)
        ahead = torch._foreach_lerp(gradients, self._momenta, _MOMENTUM)  # Nesterov's
        moves = [
            _SCALE * max(len(a), a[0].numel()) ** 0.5 * move
            for a, move in zip(ahead, orthogonalise(ahead), strict=True)
        ]
        torch._foreach_mul_(moves, self._now)
        torch._foreach_sub_(self._kernels, moves)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the momenta."""
        return {"momenta": [momentum.clone() for momentum in self._momenta]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Come back to a copy."""
        for mine, theirs in zip(self._momenta, state["momenta"], strict=True):
            mine.copy_(theirs)


def orthogonalise(kernels: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Of each kernel (c_out, c_in, *spatial), as a matrix U S Vᵀ of c_out rows, nearly U Vᵀ: singular values of 0.7 to 1.2.

    Notes
    -----
    Newton-Schulz iteration with the quintic of Jordan et al., which is steep at 0 and does without exactness. As its steps
    ``X <- (a + b G + c G²) X`` with ``G = X Xᵀ`` are polynomials of the first G, it is done on that alone, which has
    as many rows as the shorter side of the matrix, and with the matrices of one size together: a quarter of the arithmetic.
    """
    matrices = [kernel.movedim(1, -1).flatten(1) for kernel in kernels]  # where channels lie last, as they lie
    tall = [matrix.shape[0] > matrix.shape[1] for matrix in matrices]
    grams = [matrix.T @ matrix if on_end else matrix @ matrix.T for matrix, on_end in zip(matrices, tall, strict=True)]
    factors: dict[int, torch.Tensor] = {}
    for size in {len(gram) for gram in grams}:
        together = [number for number, gram in enumerate(grams) if len(gram) == size]
        factors |= dict(zip(together, _factors(torch.stack([grams[number] for number in together])), strict=True))
    found = [
        matrix @ factors[number] if on_end else factors[number] @ matrix
        for number, (matrix, on_end) in enumerate(zip(matrices, tall, strict=True))
    ]
    return [x.view(kernel.movedim(1, -1).shape).movedim(-1, 1) for x, kernel in zip(found, kernels, strict=True)]


def _factors(gram: torch.Tensor) -> torch.Tensor:
    """(n, m, m) of X Xᵀ -> the symmetric matrices to multiply X with."""
    a, b, c = _QUINTIC
    square = gram.diagonal(dim1=-2, dim2=-1).sum(-1).clamp(min=1e-24)[:, None, None]  # of the norm of X
    gram, one = gram / square, torch.eye(gram.shape[-1], device=gram.device)
    factor = one / square.sqrt()
    for number in range(_ROUNDS):
        step = a * one + b * gram + c * gram @ gram
        factor = step @ factor
        if number + 1 < _ROUNDS:
            gram = step @ gram @ step
    return factor
