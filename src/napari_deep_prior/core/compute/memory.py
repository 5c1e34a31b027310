"""Peak memory of a fit, estimated before it starts."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import os
import re
from pathlib import Path

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.networks import build
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.results import OutOfMemory

_PROBE_SHAPE = {2: (128, 128), 3: (16, 32, 32)}
"""Shape of the small image on which a forward pass is measured, by number of spatial axes."""

_BYTES_PER_PIXEL = 150
"""Bytes per pixel and channel outside the network: noise model, running means, checkpoints."""

_INFERENCE_TENSORS = {"cpu": 2.2, "cuda": 6.2}
"""Memory of a full-image pass without gradients, in multiples of the largest tensor; on a card with the workspace of its
convolutions."""

_FIXED_BYTES = {"cpu": 60 * 2**20, "cuda": 67 * 2**20}
"""Bytes whatever the size: loaded code, buffers of the libraries."""

_CGROUP = Path("/sys/fs/cgroup")
"""Where Linux says what a group of processes, such as a job of a cluster, may take."""

_MAX_Z_HALVINGS = 3
"""More halvings along z than this are not measured: what is coarser still hardly counts."""


@functools.cache
def estimate_peak_bytes(
    architecture: Architecture,
    c_in: int,
    c_out: int,
    full_shape: tuple[int, ...],
    fitted_shape: tuple[int, ...],
    device: Device,
) -> int:
    """Bytes at the peak of a fit.

    The tensors that a forward pass saves for the backward pass are measured on a small image and scaled up, so that any
    architecture is covered. The backward pass takes twice the largest of them on top. Cached, because all planes of a stack
    have the same answer.

    Parameters
    ----------
    architecture
        Of the network, before `Architecture.for_shape`.
    c_in, c_out
        Channels of its input and of the image.
    full_shape
        ([z,] y, x) of the image that is computed.
    fitted_shape
        Of the pixels in one step, all patches together; `full_shape` where the whole image is fitted.
    device
        On which the fit runs.
    """
    shaped = architecture.for_shape(full_shape)
    shaped = dataclasses.replace(shaped, along_z=min(shaped.along_z, _MAX_Z_HALVINGS))
    network = build.build_network(shaped, c_in, c_out, torch.Generator())
    sizes = _saved_bytes(network, (1, c_in, *_PROBE_SHAPE[architecture.dims]), device)
    full_pixels = math.prod(network.padded_shape(full_shape))
    per_pixel = 1 / math.prod(_PROBE_SHAPE[architecture.dims])
    training = (sum(sizes) + 2 * max(sizes)) * per_pixel * math.prod(fitted_shape)
    kind = device.name if device.name in _FIXED_BYTES else "cpu"
    inference = 0.0
    if fitted_shape != full_shape:
        inference = _INFERENCE_TENSORS[kind] * max(sizes) * per_pixel * full_pixels
    # Their sum, not their maximum: a captured step keeps its memory, and the C library keeps what a step frees in pieces.
    return round(training + inference) + _BYTES_PER_PIXEL * full_pixels * c_out + _FIXED_BYTES[kind]


def _saved_bytes(network: build.Network, shape: tuple[int, ...], device: Device) -> list[int]:
    """Sizes of the tensors that a forward pass on zeros of this shape saves for the backward pass, without the weights.

    Only detached tensors are held here. The tensors themselves would close a circle through the graph, which Python's garbage
    collector cannot see: each call would leak its whole forward pass.
    """
    saved: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        detached = tensor.detach()
        saved[tensor.untyped_storage().data_ptr()] = detached
        return detached

    bfloat16 = torch.autocast("cpu", torch.bfloat16, enabled=device.precision == "bfloat16")
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), bfloat16:
        output = network(
            torch.zeros(shape)
        )  # kept until all is counted: freed memory could be given to the next tensor
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    sizes = [tensor.untyped_storage().nbytes() for address, tensor in saved.items() if address not in weights]
    saved.clear()
    del output
    return sizes


def available_bytes(device: Device) -> int | None:
    """Bytes that the device has at most; None where it does not tell."""
    if device.name == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return machine_bytes() if device.name == "cpu" else None


def machine_bytes() -> int | None:
    """Bytes of memory this machine has; None where the system does not say it (Windows)."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def free_bytes() -> int | None:
    """Bytes of memory that are free here and now, within what a job of a cluster may take; None where the system does not say it."""
    limits = [_available(Path("/proc/meminfo"))]
    used, most = (_number(_CGROUP / name) for name in ("memory.current", "memory.max"))
    if used is not None and most is not None:
        limits.append(max(0, most - used))
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else machine_bytes()


def _available(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        found = re.search(r"MemAvailable:\s+(\d+) kB", path.read_text())
        return None if found is None else 1024 * int(found[1])
    return None


def _number(path: Path) -> int | None:
    """What a file of the kernel says, where it says a number ("max" is none)."""
    with contextlib.suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def require(bytes_needed: int, device: Device) -> None:
    """Refuse a fit that cannot fit into memory.

    Raises
    ------
    OutOfMemory
        If the device has less than `bytes_needed`.
    """
    available = available_bytes(device)
    if available is not None and bytes_needed > available:
        raise OutOfMemory(
            f"This fit needs about {bytes_needed / 1e9:.1f} GB of memory, but {device.hardware} has {available / 1e9:.1f} GB. "
            "Restore a smaller crop, or choose the preset 'fast'."
        )
