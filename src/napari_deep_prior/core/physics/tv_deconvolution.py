"""Total-variation deconvolution with a known PSF: without a network, in seconds."""

from __future__ import annotations

import torch

from napari_deep_prior.core.physics import convolution, padding

ITERATIONS = 80
"""After half as many the image hardly changes."""

WEIGHT_PER_VARIANCE = 6.0
"""Weight of the total variation over the noise variance: the inverse of the typical difference of neighbours in an image."""

_MIN_WEIGHT = 3e-4
"""Smallest weight of the total variation. PSFs are never exact, and their error acts as noise (for photographs of a shaken camera
3e-4 was best among 1e-4 to 6e-4)."""

_THRESHOLD = 0.03
"""Soft threshold of the differences in one iteration, in an image from 0 to 1: it affects the speed, not the result."""

_BLUR_PENALTY, _BOUND_PENALTY = 5.0, 0.5
"""Penalties of the blurred image and of the lower bound, relative to that of the differences: they affect the speed, too."""


def deconvolve_tv(
    observed: torch.Tensor,
    weight: torch.Tensor,
    kernel: torch.Tensor,
    variance: float,
    *,
    lower_bound: float = 0.0,
    iterations: int = ITERATIONS,
) -> torch.Tensor:
    """Find the x that minimises ``sum w (k * x - y)^2 / 2 + mu TV(x)`` subject to ``x >= lower_bound``.

    Parameters
    ----------
    observed
        y, (1, c, [z,] y, x) in about [0, 1].
    weight
        w, (1, 1 or c, [z,] y, x): 0 where nothing was measured, about 1 elsewhere.
    kernel
        k, ([z,] y, x), of sum 1; its centre as in `convolve_valid`.
    variance
        Variance of the noise in tensor units. mu is proportional to it: x is the most probable image if the differences of
        neighbours have a Laplace distribution.
    lower_bound
        Of x, in tensor units.
    iterations
        Of ADMM.

    Returns
    -------
    Tensor
        x, (1, c, [z,] y, x), larger than y by the kernel's margin at both ends of each axis.

    Notes
    -----
    Alternating direction method of multipliers: the blurred image, its differences and the image itself (for its bound) are
    split off, so that an iteration consists of a few Fourier transforms and operations on single pixels [1]_. The transform
    is periodic: pixels beyond the edges are estimated as well, blurred pixels there have no weight [2]_, and differences
    across the seam cost nothing. Channels are independent.

    References
    ----------
    .. [1] Wang, Yang, Yin, Zhang, A new alternating minimization algorithm for total variation image reconstruction, SIAM
       Journal on Imaging Sciences 1, 2008.
    .. [2] Almeida, Figueiredo, Deconvolving images with unknown boundaries using the alternating direction method of multipliers,
       IEEE TIP 22, 2013.
    """
    tv_weight = max(WEIGHT_PER_VARIANCE * variance, _MIN_WEIGHT)
    problem = _ADMM(observed, weight, kernel, tv_weight, lower_bound)
    for _ in range(iterations):
        problem.iterate()
    return problem.estimate.clamp(min=lower_bound)


class _ADMM:
    """State of the alternating direction method of multipliers.

    Linear operators of the estimate, in this order: its blur, its difference along each axis, itself. For each there are a
    split variable, which should become equal to the operator's output, a dual variable, the scaled sum of their
    deviations, and a penalty, which weights them. Operators are stored as transfer functions.
    """

    def __init__(
        self, observed: torch.Tensor, weight: torch.Tensor, kernel: torch.Tensor, tv_weight: float, lower_bound: float
    ) -> None:
        margin = padding.psf_margin(kernel.shape)
        start = padding.pad_replicate(observed, margin)
        self._size, self._axes = start.shape[2:], tuple(range(2, start.ndim))
        self._weight = padding.pad_zeros(weight, margin)
        self._weighted_observed = padding.pad_zeros(weight * observed, margin)
        self._lower_bound = lower_bound
        self._data_penalty = _BLUR_PENALTY * tv_weight / _THRESHOLD
        self._inside = [_off_the_seam(start, axis) for axis in self._axes]
        blur = convolution.transfer_function(kernel.to(start), self._size, margin)
        differences = [
            convolution.transfer_function(_difference_kernel(axis, kernel), self._size, [0] * kernel.ndim)
            for axis in range(kernel.ndim)
        ]
        self._operators = [blur, *differences, torch.ones_like(differences[0])]
        self._penalties = [_BLUR_PENALTY, *[1.0] * len(differences), _BOUND_PENALTY]
        powers = [
            penalty * operator.abs().square()
            for penalty, operator in zip(self._penalties, self._operators, strict=True)
        ]
        self._total_power = torch.stack(powers).sum(0)
        self._outputs = self._apply_operators(torch.fft.rfftn(start, dim=self._axes))
        self._duals = [torch.zeros_like(output) for output in self._outputs]

    @property
    def estimate(self) -> torch.Tensor:
        return self._outputs[-1]

    def iterate(self) -> None:
        """Update each split variable by itself, then the duals, then the image that fits all of them best."""
        targets = [output + dual for output, dual in zip(self._outputs, self._duals, strict=True)]
        splits = self._split_variables(targets)
        self._duals = [target - split for target, split in zip(targets, splits, strict=True)]
        total = torch.zeros_like(self._total_power)
        for penalty, operator, split, dual in zip(self._penalties, self._operators, splits, self._duals, strict=True):
            total = total + penalty * operator.conj() * torch.fft.rfftn(split - dual, dim=self._axes)
        self._outputs = self._apply_operators(total / self._total_power)

    def _split_variables(self, targets: list[torch.Tensor]) -> list[torch.Tensor]:
        """Proximal steps: data fidelity of the blur, shrinkage of the differences, lower bound of the image."""
        blurred, *differences, image = targets
        fitted = (self._weighted_observed + self._data_penalty * blurred) / (self._weight + self._data_penalty)
        return [fitted, *self._soft_threshold(differences), image.clamp(min=self._lower_bound)]

    def _apply_operators(self, spectrum: torch.Tensor) -> list[torch.Tensor]:
        """Outputs of all operators for the image with this spectrum."""
        return [torch.fft.irfftn(operator * spectrum, s=self._size, dim=self._axes) for operator in self._operators]

    def _soft_threshold(self, differences: list[torch.Tensor]) -> list[torch.Tensor]:
        """Shorten the gradient vectors by the threshold; differences across the seam stay as they are."""
        gradient = [difference * inside for difference, inside in zip(differences, self._inside, strict=True)]
        length = torch.stack(gradient).square().sum(0).sqrt()
        factor = (1 - _THRESHOLD / length.clamp(min=_THRESHOLD)).clamp(min=0)
        return [
            torch.where(inside, difference * factor, difference)
            for difference, inside in zip(differences, self._inside, strict=True)
        ]


def _difference_kernel(axis: int, like: torch.Tensor) -> torch.Tensor:
    """Kernel of the difference to the previous pixel along an axis."""
    shape = [1] * like.ndim
    shape[axis] = 2
    return torch.tensor([1.0, -1.0], device=like.device).view(shape)


def _off_the_seam(like: torch.Tensor, axis: int) -> torch.Tensor:
    """False in the first pixel along an axis of (1, c, *spatial), whose difference crosses the periodic seam; else True."""
    shape = [1] * like.ndim
    shape[axis] = like.shape[axis]
    return (torch.arange(like.shape[axis], device=like.device) > 0).view(shape)
