"""Memory of this process: what it holds now, and the most it held since `forget`."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")


def forget() -> None:
    """Begin a new peak, where the system can."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def present() -> int:
    """Bytes held now; the peak so far where the system cannot tell."""
    return _linux("VmRSS") or peak()


def peak() -> int:
    """Most bytes held. Not getrusage on Linux: there a new process starts from the memory of the one that started it."""
    if (known := _linux("VmHWM")) is not None:
        return known
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def on_card() -> int:
    """Most bytes in tensors on the graphics card; 0 without one."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0


def _linux(field: str) -> int | None:
    if not _STATUS.exists():
        return None
    found = re.search(rf"^{field}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else None
