"""Exhausted memory is told from other errors."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.networks.exhausted import is_out_of_memory


@pytest.mark.parametrize(
    ("error", "exhausted"),
    [
        (torch.OutOfMemoryError("CUDA"), True),
        (MemoryError(), True),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"
            ),
            True,
        ),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_exhausted_memory_is_told(error: Exception, exhausted: bool) -> None:
    assert is_out_of_memory(error) is exhausted
