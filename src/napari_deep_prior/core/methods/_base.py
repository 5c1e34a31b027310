"""Recipe: everything one fit needs to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch

from napari_deep_prior.core.networks.activation import soft_sigmoid
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.noise.estimate import Autocorrelation
from napari_deep_prior.core.settings import Method
from napari_deep_prior.core.stopping.rules import StoppingRule


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One fit, decided.

    `guess` is the width in pixels of the first guess (0 = none) and `code` the number of random input channels for
    method code; for the others `hidden` is the share of pixels hidden at each step, between the two, `practised`,
    `upright`, `surface` and `gap` are as in `MaskedImage`, `lags` the noise's correlation as in `Noise`; `held_out` is
    the share of known pixels kept out of the fit in blocks of `block` pixels a side, `frequencies` the same of Fourier
    coefficients, `tv` the weight of the total variation, `falls` whether the learning rate does, `crop` the side of the
    squares a step looks at (0: the whole), `renewed` the steps between two results that are learnt from as well (0:
    none), `orthogonal` whether kernels are moved by Muon, `seeds` the number of fits; `notes` say in words what was
    decided and why.
    """

    method: Method
    architecture: Architecture
    seconds: float
    iterations: int
    learning_rate: float
    jitter: float
    average: float
    rule: StoppingRule
    held_out: float
    block: int
    guess: float
    code: int
    hidden: tuple[float, float] = (0.3, 0.3)
    practised: bool = False
    upright: bool = False
    surface: bool = False
    gap: int = 0
    frequencies: float = 0.0
    tv: float = 0.0
    lags: Autocorrelation = ((1.0,),)
    falls: bool = True
    seeds: int = 1
    crop: int = 0
    renewed: int = 0
    orthogonal: bool = True
    head: Callable[[torch.Tensor], torch.Tensor] = soft_sigmoid
    notes: tuple[str, ...] = ()

    @property
    def begins(self) -> bool:
        """Whether the fit begins with what the instrument can say of the picture: a fixed code has no picture of its own."""
        return (self.method == "code" and self.guess > 0) or self.method == "redegraded"
