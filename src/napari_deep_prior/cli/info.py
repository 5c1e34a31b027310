"""The command that shows versions, devices and memory."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator

from napari_deep_prior import __version__
from napari_deep_prior.cli.exits import PROGRAM
from napari_deep_prior.core.compute import device
from napari_deep_prior.core.compute.memory import machine_bytes

# isort: split
# After the core, which sets how torch's threads wait: torch reads that once, as it loads.
# Before Qt: on Windows, PyTorch from 2.9 on may not load after it.
import torch


@dataclasses.dataclass(frozen=True, kw_only=True)
class Info:
    """Show versions, devices and memory, and what would be used."""

    def run(self) -> int:
        """Print it."""
        sys.stdout.write("".join(f"{name + ':':19}{value}\n" for name, value in _facts()))
        return 0


def _facts() -> Iterator[tuple[str, str]]:
    yield PROGRAM, __version__
    yield "Python", f"{platform.python_version()}, {platform.platform()}"
    for package in ("torch", "numpy", "tifffile", "napari"):
        try:
            yield package, importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield package, "not installed"
    total = machine_bytes()
    memory = "memory unknown" if total is None else f"{total / 2**30:.1f} GB memory"
    yield "processor", f"{os.cpu_count()} cores, {memory}"
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        yield (
            f"cuda {number}",
            f"{torch.cuda.get_device_name(number)}, {total / 2**30:.1f} GB memory, {free / 2**30:.1f} free",
        )
    chosen = device.choose("auto")
    yield "would be used", f"{chosen.name} ({chosen.summary}), because {chosen.reason}"
