"""Processor: what it is called, since the bits of a result depend on its make and model, not on its instruction set alone."""

from __future__ import annotations

import functools
import os
import platform
from pathlib import Path

import torch

_TABLE = Path("/proc/cpuinfo")


@functools.cache
def processor() -> str:
    """Name, family and model where the system tells them, number of cores, and the instruction set that PyTorch uses."""
    told = _told(_TABLE)
    name = told.get("model name") or platform.processor() or "processor"
    model = [f"{key.removeprefix('cpu ')} {told[key]}" for key in ("cpu family", "model", "stepping") if key in told]
    instructions = torch.backends.cpu.get_cpu_capability()
    return f"{name} ({', '.join([*model, platform.machine(), f'{os.cpu_count()} cores', instructions])})"


def _told(table: Path) -> dict[str, str]:
    """What Linux tells of the first processor; nothing elsewhere."""
    try:
        first = table.read_text(errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}
