"""Exhausted memory, of a processor or a graphics card, told from other errors of PyTorch."""

from __future__ import annotations

import torch


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is exhausted: PyTorch has no type for that of processors and MPS, but words."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    words = ("not enough memory", "out of memory", "can't allocate memory")
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)
