"""Settings of all tests, and faults that any of them may put into a run.

A fault comes at a chosen tensor operation: memory runs out, a value becomes NaN, or a library fails. Every tensor that a fit makes goes by
here: weights, optimiser, steps, snapshots, tiles and drawings alike. So faults are told by how far the run has come, not by the
name of a function, and what is written tomorrow is covered too.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch  # before Qt: on Windows PyTorch does not load after it
from hypothesis import settings
from torch.utils._python_dispatch import TorchDispatchMode

from napari_deep_prior.core.compute.device import Device

os.environ["NAPARI_CONFIG"] = ""  # napari keeps its settings in memory: the user's own stay untouched
# Files run side by side share the cores; where more threads wait for each other than there are cores, all are slow.
torch.set_num_threads(max(1, min(2, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))))

settings.register_profile("laws", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("laws")


class Operations(TorchDispatchMode):
    """Counts the tensor operations of all fits, in whichever thread they run, and has a fault at one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.done, self.happened = 0, False
        self._at: int | None = None
        self._fault: Callable[[Any], bool] | None = None

    def plan(self, at: int, fault: str | Callable[[Any], bool]) -> None:
        """Have this fault once, after so many operations from now on."""
        self.done, self._at, self.happened = 0, at, False
        self._fault = FAULTS[fault] if isinstance(fault, str) else fault

    def rest(self) -> None:
        """Have none."""
        self.done, self._at = 0, None

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = function(*args, **(kwargs or {}))
        self.done += 1
        if self._at is None or self.done <= self._at or self.happened:
            return output
        assert self._fault is not None
        self.happened = True
        self.happened = self._fault(output)
        return output


def raising(error: Callable[[], Exception]) -> Callable[[Any], bool]:
    def fault(output: Any) -> bool:
        raise error()

    return fault


def not_a_number(output: Any) -> bool:
    """One value of a larger tensor is NaN from there on; False where this is none."""
    if (
        not isinstance(output, torch.Tensor)
        or not output.is_floating_point()
        or output.numel() < 100
        or not output.is_contiguous()
    ):
        return False
    output.view(-1)[output.numel() // 2] = torch.nan
    return True


FULL = "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"
FAULTS: dict[str, Callable[[Any], bool]] = {
    "card is full": raising(lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")),
    "memory is full": raising(lambda: RuntimeError(FULL)),
    "numpy is full": raising(MemoryError),
    "library fails": raising(lambda: RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED")),
    "not a number": not_a_number,
}


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Operations:
    """Those of all fits of this test."""
    counted, engaged = Operations(), Device.engaged

    @contextlib.contextmanager
    def watched(device: Device) -> Iterator[None]:
        with engaged(device), counted:
            yield

    monkeypatch.setattr(Device, "engaged", watched)
    return counted
