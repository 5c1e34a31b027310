"""Downsampling, its way back, and the forward model and stages of super-resolution.

All are linear functions of the last axes, whose adjoints autograd gives.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F

from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.stages import DegradationStages, Stage

Kernel = Literal["lanczos", "area"]
"""Weights of the fine pixels under a coarse one: Lanczos2, as in the paper's super-resolution, or their mean."""

_ITERATIONS = 10
"""Iterations of back-projection: each leaves about a third of the difference."""


def downsample(x: torch.Tensor, factors: Sequence[int], kernel: Kernel) -> torch.Tensor:
    """Make the last axes `factors` times smaller, without aliases.

    Each coarse pixel lies over the middle of the fine ones it is made of. Beyond its edges the image is mirrored.

    Parameters
    ----------
    x
        (..., *spatial), each spatial axis a multiple of its factor.
    """
    return apply_matrices(x, downsampling_matrices(x.shape[-len(factors) :], factors, kernel, x))


Matrices = list[torch.Tensor | None]
"""One matrix (coarse, fine) for each of the last axes; None where it stays as it is."""


def downsampling_matrices(size: Sequence[int], factors: Sequence[int], kernel: Kernel, like: torch.Tensor) -> Matrices:
    """The matrices by which `downsample` acts on an image of this size; of the type of `like`, on its device."""
    return [
        _matrix(n, factor, kernel, like.dtype, like.device) if factor > 1 else None
        for n, factor in zip(size, factors, strict=True)
    ]


def apply_matrices(x: torch.Tensor, matrices: Matrices) -> torch.Tensor:
    """`downsample` by its matrices."""
    for axis, matrix in zip(range(-len(matrices), 0), matrices, strict=True):
        if matrix is not None:
            x = torch.tensordot(x, matrix, dims=([axis], [1])).movedim(-1, axis)
    return x


@functools.lru_cache(maxsize=32)  # the same at each step, and brought to its device once
def _matrix(size: int, factor: int, kernel: Kernel, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """(size // factor, size): one row of weights of sum 1 for each coarse pixel."""
    radius = {"lanczos": 2.0, "area": 0.5}[kernel]
    middles = (torch.arange(size // factor, dtype=torch.float64) + 0.5) * factor - 0.5
    offsets = torch.arange(-math.ceil(radius * factor), math.ceil(radius * factor) + 1, dtype=torch.float64)
    positions = middles.floor()[:, None] + offsets
    distance = (positions - middles[:, None]) / factor
    weights = torch.where(distance.abs() < radius, _KERNELS[kernel](distance), 0.0)
    matrix = torch.zeros(size // factor, size, dtype=torch.float64)
    matrix.scatter_add_(1, _mirrored(positions.long(), size), weights)
    return (matrix / matrix.sum(1, keepdim=True)).to(device, dtype)


def _mirrored(positions: torch.Tensor, size: int) -> torch.Tensor:
    """Positions beyond an edge -> those as far inside it: -1 is 0, -2 is 1."""
    folded = positions % (2 * size)
    return torch.minimum(folded, 2 * size - 1 - folded)


def downsampled_noise_variance(factors: Sequence[int], kernel: Kernel) -> float:
    """Fraction of the variance of independent noise that is left after `downsample`."""
    rows = [
        _matrix(16 * factor, factor, kernel, torch.float64, torch.device("cpu"))[8] for factor in factors if factor > 1
    ]
    return math.prod(float(row.square().sum()) for row in rows)


_KERNELS: dict[Kernel, Callable[[torch.Tensor], torch.Tensor]] = {
    "lanczos": lambda t: torch.sinc(t) * torch.sinc(t / 2),
    "area": torch.ones_like,
}


def prime_steps(factors: Sequence[int]) -> list[tuple[int, ...]]:
    """Factors as the product of prime ones: (4, 6) is (2, 2) times (2, 3)."""
    primes = [_primes(factor) for factor in factors]
    count = max(map(len, primes))
    return list(zip(*(steps + [1] * (count - len(steps)) for steps in primes), strict=True))


def _primes(n: int) -> list[int]:
    smallest = next((p for p in range(2, n + 1) if n % p == 0), None)
    return [] if smallest is None else [smallest, *_primes(n // smallest)]


def back_project(x: torch.Tensor, observed: torch.Tensor, factors: Sequence[int], kernel: Kernel) -> torch.Tensor:
    """An image near x that, downsampled, is the observed one (iterative back-projection, Irani and Peleg 1991)."""
    for _ in range(_ITERATIONS):
        x = x + upsample(observed - downsample(x, factors, kernel), factors)
    return x


def upsampled_shape(shape: Sequence[int], factors: Sequence[int]) -> tuple[int, ...]:
    """Sizes of the last axes times `factors`; those before them stay."""
    kept = len(shape) - len(factors)
    return (*shape[:kept], *(n * factor for n, factor in zip(shape[kept:], factors, strict=True)))


def upsample(x: torch.Tensor, factors: Sequence[int]) -> torch.Tensor:
    """Make the last axes of (b, c, *spatial) `factors` times larger by smooth interpolation: roughly the inverse of `downsample`."""
    size = upsampled_shape(x.shape[2:], factors)
    mode = {2: "bicubic", 3: "trilinear"}[len(size)]
    return F.interpolate(x, size=size, mode=mode, align_corners=False)


class Downsampling(ForwardModel):
    """Large pixels: `downsample` of an image whose pixels are `factors` times smaller.

    Parameters
    ----------
    observed
        (1, c, [z,] y, x): its shape, type and device are those of the matrices.
    factors
        Along (y, x).
    """

    def __init__(self, observed: torch.Tensor, factors: tuple[int, int], kernel: Kernel) -> None:
        super().__init__()
        self._factors = factors
        # Held on to: a captured step reads them.
        self._matrices = downsampling_matrices(self.output_shape(observed.shape[2:])[-2:], factors, kernel, observed)

    def output_shape(self, observed: Sequence[int]) -> tuple[int, ...]:
        return upsampled_shape(observed, self._factors)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return apply_matrices(x, self._matrices)

    def upsample(self, observed: torch.Tensor) -> torch.Tensor:
        return upsample(observed, self._factors)


def super_resolution_stages(
    observed: torch.Tensor, factors: tuple[int, int], kernel: Kernel, *, noise: float | None
) -> DegradationStages:
    """Downsampling by prime factors, one after the other, each learnt from the image downsampled by it.

    The estimate so far, downsampled but for one factor or more, is the better an example the sharper it is.

    Parameters
    ----------
    observed
        (1, c, [z,] y, x).
    factors
        Along (y, x).
    noise
        Standard deviation of the noise that is to be left out; None: the result has to agree with the image, noise and all.

    Notes
    -----
    Downsampling nearly averages noise away. So of a noisy image the first stage is learnt with as much noise in the input as the
    image has. Noise in the target cannot be told from that in the input, so none is added there.
    """
    steps = prime_steps(factors)
    reached = [tuple(math.prod(each) for each in zip(*steps[: n + 1], strict=True)) for n in range(len(steps))]

    def training_images(estimate: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        if estimate is None:
            return (observed,)
        remaining = [tuple(a // b for a, b in zip(factors, done, strict=True)) for done in reached[:-1]]
        return observed, *(downsample(estimate, each, kernel) for each in remaining)

    def stage(step: tuple[int, ...], so_far: tuple[int, ...]) -> Stage:
        first = so_far == step
        added = noise * math.sqrt(1 - downsampled_noise_variance(step, kernel)) if noise and first else 0.0

        def degrade(x: torch.Tensor, draws: torch.Generator) -> torch.Tensor:
            small = downsample(x, step, kernel)
            return small + added * torch.empty_like(small).normal_(generator=draws) if added else small

        return Stage(
            degrade=degrade,
            network_input=lambda y: upsample(y, step),
            data_consistency=identity if noise is not None else lambda x: back_project(x, observed, so_far, kernel),
        )

    return DegradationStages(
        stages=tuple(stage(step, so_far) for step, so_far in zip(steps, reached, strict=True)),
        training_images=training_images,
        size_multiple=math.lcm(*(n for step in steps for n in step)),
        transpose_invariant=all(y == x for y, x in steps),
    )
