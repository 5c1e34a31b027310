"""The sharp picture of least total variation: deconvolution with a known kernel, without a network, in seconds."""

from __future__ import annotations

import torch

from napari_deep_prior.core.physics import convolution, padding

ROUNDS = 80
"""After half as many the picture hardly changes."""

PER_VARIANCE = 6.0
"""Weight of the total variation over the noise's variance: one over the typical difference of neighbours in a picture."""

_LEAST = 3e-4
"""Smallest weight of the total variation: kernels are never exact, and what they lack acts as noise does (photographs of a
shaken camera: 3e-4 best of 1e-4 to 6e-4)."""

_EDGE = 0.03
"""Differences that one round may smooth away, in an image from 0 to 1: the speed depends on it, not where it ends."""

_HOLD, _FLOOR = 5.0, 0.5
"""How firmly the blurred picture and the floor are held, in terms of the differences: the speed again."""


def deconvolve_tv(
    observed: torch.Tensor,
    weight: torch.Tensor,
    kernel: torch.Tensor,
    variance: float,
    *,
    floor: float = 0.0,
    rounds: int = ROUNDS,
) -> torch.Tensor:
    """The x, nowhere below `floor`, of least ``sum w (k * x - y)^2 / 2 + mu TV(x)``; larger than y by the kernel's margin.

    Parameters
    ----------
    observed, weight
        (1, c, [z,] y, x) in about [0, 1] and (1, 1 or c, [z,] y, x): 0 where nothing is known, about 1 elsewhere.
    kernel
        Of sum 1; its middle as for `operators.convolve`.
    variance
        Of the noise, in the tensor's units. mu is proportional to it: x is then the likeliest picture whose neighbours'
        differences follow Laplace's distribution.

    Notes
    -----
    Alternating directions of multipliers: the blurred picture, its differences and its floor are split off, so that a round
    is a few Fourier transforms and otherwise goes pixel by pixel (Wang, Yang, Yin, Zhang, SIAM J. Imaging Sci. 1, 2008). A
    transform wraps round; so pixels beyond the edges are drawn, but what is blurred there weighs nothing (Almeida and
    Figueiredo, IEEE TIP 22, 2013), and differences across the seam are free. Each channel is drawn for itself.
    """
    problem = _ADMM(observed, weight, kernel, max(PER_VARIANCE * variance, _LEAST), floor)
    for _ in range(rounds):
        problem.round()
    return problem.picture.clamp(min=floor)


class _ADMM:
    """Alternating directions: parts of the picture, each held to it the more firmly the more it is off."""

    def __init__(
        self, observed: torch.Tensor, weight: torch.Tensor, kernel: torch.Tensor, mu: float, floor: float
    ) -> None:
        margin = padding.psf_margin(kernel.shape)
        wide = padding.pad_replicate(observed, margin)
        self._size, self._axes = wide.shape[2:], tuple(range(2, wide.ndim))
        self._weight, self._measured = (padding.pad_zeros(x, margin) for x in (weight, weight * observed))
        self._floor, self._hold, self._smooth = floor, _HOLD * mu / _EDGE, _EDGE
        self._within = [_all_but_the_first(wide, axis) for axis in self._axes]
        steps = [
            convolution.transfer_function(_step(axis, kernel), self._size, [0] * kernel.ndim)
            for axis in range(kernel.ndim)
        ]
        self._ways = [
            convolution.transfer_function(kernel.to(wide), self._size, margin),
            *steps,
            torch.ones_like(steps[0]),
        ]
        self._firm = [_HOLD, *[1.0] * len(steps), _FLOOR]
        shares = [firm * way.abs().square() for firm, way in zip(self._firm, self._ways, strict=True)]
        self._power = torch.stack(shares).sum(0)
        self._parts = self._seen(torch.fft.rfftn(wide, dim=self._axes))
        self._off = [torch.zeros_like(part) for part in self._parts]

    @property
    def picture(self) -> torch.Tensor:
        return self._parts[-1]

    def round(self) -> None:
        """Each part for itself, then the picture that goes best with all of them."""
        asked = [part + off for part, off in zip(self._parts, self._off, strict=True)]
        blurred, *differences, plain = asked
        fitted = (self._measured + self._hold * blurred) / (self._weight + self._hold)
        chosen = [fitted, *self._shrunk(differences), plain.clamp(min=self._floor)]
        self._off = [wish - part for wish, part in zip(asked, chosen, strict=True)]
        total = torch.zeros_like(self._power)
        for firm, way, part, off in zip(self._firm, self._ways, chosen, self._off, strict=True):
            total = total + firm * way.conj() * torch.fft.rfftn(part - off, dim=self._axes)
        self._parts = self._seen(total / self._power)

    def _seen(self, spectrum: torch.Tensor) -> list[torch.Tensor]:
        """Of the picture with this spectrum: blurred, its differences along each axis, and itself."""
        return [torch.fft.irfftn(way * spectrum, s=self._size, dim=self._axes) for way in self._ways]

    def _shrunk(self, differences: list[torch.Tensor]) -> list[torch.Tensor]:
        """Shorter by what a round smooths away; those across the seam as they are."""
        inside = [step * within for step, within in zip(differences, self._within, strict=True)]
        length = torch.stack(inside).square().sum(0).sqrt()
        share = (1 - self._smooth / length.clamp(min=self._smooth)).clamp(min=0)
        return [torch.where(within, step * share, step) for step, within in zip(differences, self._within, strict=True)]


def _step(axis: int, like: torch.Tensor) -> torch.Tensor:
    """Kernel of the difference to the pixel before."""
    shape = [1] * like.ndim
    shape[axis] = 2
    return torch.tensor([1.0, -1.0], device=like.device).view(shape)


def _all_but_the_first(like: torch.Tensor, axis: int) -> torch.Tensor:
    """Booleans like (1, c, *spatial), False in the first pixel along the axis, whose difference goes across the seam."""
    shape = [1] * like.ndim
    shape[axis] = like.shape[axis]
    return (torch.arange(like.shape[axis], device=like.device) > 0).view(shape)
