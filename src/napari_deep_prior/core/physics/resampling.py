"""What instruments do to images: shrink and blur. Pure linear functions of the last axes; autograd gives the adjoints."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F

Kernel = Literal["lanczos", "area"]


_ITERATIONS = 10
"""Of back-projection: each leaves about a third of what was off."""


def downsample(x: torch.Tensor, factors: Sequence[int], kernel: Kernel) -> torch.Tensor:
    """The last axes made `factors` times smaller, without aliases; each pixel lies over the middle of those it is made of.

    Lanczos2 as in the paper's super-resolution; area is a camera's binning. Beyond its edges the image is mirrored.

    Parameters
    ----------
    x
        (..., *spatial), each spatial axis a multiple of its factor.
    """
    return apply_matrices(x, downsampling_matrices(x.shape[-len(factors) :], factors, kernel, x))


Matrices = list[torch.Tensor | None]
"""For each of the last axes, (small, large); None: it stays as it is."""


def downsampling_matrices(size: Sequence[int], factors: Sequence[int], kernel: Kernel, like: torch.Tensor) -> Matrices:
    """What `downsample` does to each axis of a picture of this size; of the type of `like`, on its device."""
    return [
        _shrinking(n, factor, kernel, like.dtype, like.device) if factor > 1 else None
        for n, factor in zip(size, factors, strict=True)
    ]


def apply_matrices(x: torch.Tensor, matrices: Matrices) -> torch.Tensor:
    """`downsample`, with its matrices."""
    for axis, matrix in zip(range(-len(matrices), 0), matrices, strict=True):
        if matrix is not None:
            x = torch.tensordot(x, matrix, dims=([axis], [1])).movedim(-1, axis)
    return x


@functools.lru_cache(maxsize=32)  # the same at each step, and brought to its device once
def _shrinking(size: int, factor: int, kernel: Kernel, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """(size // factor, size): one row of weights per small pixel, sum 1."""
    reach = {"lanczos": 2.0, "area": 0.5}[kernel]
    middles = (torch.arange(size // factor, dtype=torch.float64) + 0.5) * factor - 0.5
    offsets = torch.arange(-math.ceil(reach * factor), math.ceil(reach * factor) + 1, dtype=torch.float64)
    places = middles.floor()[:, None] + offsets
    distance = (places - middles[:, None]) / factor
    weights = torch.where(distance.abs() < reach, _KERNELS[kernel](distance), 0.0)
    matrix = torch.zeros(size // factor, size, dtype=torch.float64)
    matrix.scatter_add_(1, _mirrored(places.long(), size), weights)
    return (matrix / matrix.sum(1, keepdim=True)).to(device, dtype)


def _mirrored(places: torch.Tensor, size: int) -> torch.Tensor:
    """Pixels beyond either edge -> those that lie as far within: -1 is 0, -2 is 1."""
    folded = places % (2 * size)
    return torch.minimum(folded, 2 * size - 1 - folded)


def downsampled_noise_variance(factors: Sequence[int], kernel: Kernel) -> float:
    """Share of the variance of independent noise that is left after `downsample`."""
    rows = [
        _shrinking(16 * factor, factor, kernel, torch.float64, torch.device("cpu"))[8]
        for factor in factors
        if factor > 1
    ]
    return math.prod(float(row.square().sum()) for row in rows)


_KERNELS: dict[Kernel, Callable[[torch.Tensor], torch.Tensor]] = {
    "lanczos": lambda t: torch.sinc(t) * torch.sinc(t / 2),
    "area": torch.ones_like,
}


def prime_steps(factors: Sequence[int]) -> list[tuple[int, ...]]:
    """The same in as many small steps as there are: (4, 6) is (2, 2), then (2, 3)."""
    each = [_primes(factor) for factor in factors]
    longest = max(map(len, each))
    return list(zip(*(steps + [1] * (longest - len(steps)) for steps in each), strict=True))


def _primes(n: int) -> list[int]:
    least = next((p for p in range(2, n + 1) if n % p == 0), None)
    return [] if least is None else [least, *_primes(n // least)]


def back_project(x: torch.Tensor, observed: torch.Tensor, factors: Sequence[int], kernel: Kernel) -> torch.Tensor:
    """The picture nearly nearest to x that, shrunk, is the observed one (iterated back-projection, Irani and Peleg 1991)."""
    whole = (*(1 for _ in x.shape[2 : -len(factors)]), *factors)
    for _ in range(_ITERATIONS):
        x = x + upsample(observed - downsample(x, factors, kernel), whole)
    return x


def upsample(x: torch.Tensor, factors: Sequence[int]) -> torch.Tensor:
    """(1, c, *spatial) made `factors` times larger by smooth interpolation: a rough way back from `downsample`."""
    size = [n * factor for n, factor in zip(x.shape[2:], factors, strict=True)]
    mode = {2: "bicubic", 3: "trilinear"}[len(factors)]
    return F.interpolate(x, size=size, mode=mode, align_corners=False)
