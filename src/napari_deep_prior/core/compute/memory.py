"""How much memory a fit takes, said before it starts."""

from __future__ import annotations

import dataclasses
import functools
import math
import os

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.networks import build
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.results import OutOfMemory

_SMALL = {2: (128, 128), 3: (16, 32, 32)}
"""Shape of the small image whose forward pass is measured."""

_PICTURES = 150
"""Bytes per pixel and channel for all that is not the network's: measured noise, running means, copies to come back to."""

_DRAWING = {"cpu": 2.2, "cuda": 6.2}
"""Of the largest tensor, how many there are at once while the whole is drawn without a backward pass; on a card with what
its convolutions take to work in."""

_FIXED = {"cpu": 60 * 2**20, "cuda": 67 * 2**20}
"""Bytes whatever the size: code that is loaded, buffers of the libraries."""


@functools.cache
def estimate_peak_bytes(
    architecture: Architecture, c_in: int, c_out: int, drawn: tuple[int, ...], fitted: tuple[int, ...], device: Device
) -> int:
    """Bytes at the peak of a fit that draws a picture of this ([z,] y, x) shape and fits so many pixels of it at each step.

    What the forward pass keeps for the backward one is counted on a small image and scaled up, so any architecture is known;
    the backward pass takes twice the largest of it on top. Counted once for all planes of a stack.
    """
    shaped = architecture.for_shape(drawn)
    shaped = dataclasses.replace(shaped, along_z=min(shaped.along_z, 3))  # what is coarser still hardly counts
    network = build.build_network(shaped, c_in, c_out, torch.Generator())
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    shape = _SMALL[architecture.dims]
    bfloat16 = torch.autocast("cpu", torch.bfloat16, enabled=device.precision == "bfloat16")
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), bfloat16:
        output = network(torch.zeros(1, c_in, *shape))  # held on to: what is freed could lend its place to the next
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    sizes = [tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in weights]
    del output
    pixels, each = math.prod(network.padded_shape(drawn)), 1 / math.prod(shape)
    fitting = (sum(sizes) + 2 * max(sizes)) * each * math.prod(fitted)
    kind = device.name if device.name in _FIXED else "cpu"
    drawing = _DRAWING[kind] * max(sizes) * each * pixels if fitted != drawn else 0
    # Together: a captured step keeps its memory, and the C library what is freed in pieces like a step's.
    return round(fitting + drawing) + _PICTURES * pixels * c_out + _FIXED[kind]


def available_bytes(device: Device) -> int | None:
    """Bytes the device could give at best; None where that cannot be said."""
    if device.name == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return machine_bytes() if device.name == "cpu" else None


def machine_bytes() -> int | None:
    """Bytes of memory this machine has; None where the system does not say it (Windows)."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def require(bytes_needed: int, device: Device) -> None:
    """Refuse what cannot fit.

    Raises
    ------
    OutOfMemory
        If the device has less than is needed.
    """
    there = available_bytes(device)
    if there is not None and bytes_needed > there:
        raise OutOfMemory(
            f"This fit needs about {bytes_needed / 1e9:.1f} GB of memory, but {device.hardware} has {there / 1e9:.1f} GB. "
            "Restore a smaller crop, or choose the preset 'fast'."
        )
