"""Stepping: how a network is run at each step: as it stands, or on an NVIDIA card as two captured graphs."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import nn

from napari_deep_prior.core.device import Device

_Run = Callable[[torch.Tensor], torch.Tensor]


class Stepping:
    """A network on its device, in its precision.

    A step over small squares is some hundred short kernels in each direction, and on a fast card launching them one by one
    takes longer than computing them. There, the passes of a step, forward and backward, are captured at the first one as CUDA
    graphs, each of which is launched at once; all steps have inputs of one shape. The whole, which is drawn now and then
    without a backward pass and in another shape, is run as it stands.

    Parameters
    ----------
    network
        On the device already. Its weights may change in place, not be replaced.
    once
        Whether a step runs it once. What is captured keeps the values of one forward pass until the backward one.
    """

    def __init__(self, network: nn.Module, device: Device, *, once: bool = True) -> None:
        self._plain = _Passes(network, device)
        self._step: _Run | None = None if device.name == "cuda" and once else self._plain

    def __call__(self, shown: torch.Tensor) -> torch.Tensor:
        """(b, c_in, *spatial) -> (b, c_out, *spatial), before the head."""
        if not torch.is_grad_enabled():
            return self._plain(shown)  # type: ignore[no-any-return]
        if self._step is None:
            self._step = _captured(self._plain, shown)
        return self._step(shown)


class _Passes(nn.Module):
    def __init__(self, network: nn.Module, device: Device) -> None:
        super().__init__()
        self.network, self._device = network, device

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        with self._device.autocast():
            drawn: torch.Tensor = self.network(shown)
        return drawn


def _captured(passes: _Passes, shown: torch.Tensor) -> _Run:
    """The passes as CUDA graphs for inputs like this one; as they are where the card or driver cannot capture them."""
    twin = _Passes(passes.network, passes._device)  # capturing changes the module it is given, not the network in it
    try:
        captured: _Run = torch.cuda.make_graphed_callables(twin, (torch.zeros_like(shown),))  # type: ignore[assignment]
        return captured
    except RuntimeError as error:
        logging.getLogger(__name__).warning("The steps run as they stand; they could not be captured: %s", error)
        return passes
