"""Which device, which precision, how many threads: decided here and explained in a sentence."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
from collections.abc import Iterator

import torch

from napari_deep_prior.core.results import OutOfMemory, RunError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where a run computes. `reason` is the sentence the user reads; `threads` counts processor threads."""

    name: str
    precision: str
    threads: int
    hardware: str
    reason: str

    @property
    def torch(self) -> torch.device:
        """PyTorch's handle."""
        return torch.device(self.name)

    @property
    def summary(self) -> str:
        """One line for a status bar."""
        threads = f", {self.threads} thread{'s' if self.threads > 1 else ''}" if self.name == "cpu" else ""
        return f"{self.hardware}{threads}, {self.precision}"

    def autocast(self) -> contextlib.AbstractContextManager[None]:
        """Context of a forward pass. Cast weights are not cached: within one context they would never be renewed."""
        enabled = self.precision == "bfloat16"
        return torch.amp.autocast_mode.autocast(self.name, torch.bfloat16, enabled=enabled, cache_enabled=False)

    @contextlib.contextmanager
    def engaged(self) -> Iterator[None]:
        """Set the number of threads while computing, put it back after, and say an exhausted memory in our own words.

        Raises
        ------
        OutOfMemory, RunError
            In place of PyTorch's RuntimeError, which napari's worker would swallow.
        """
        before = torch.get_num_threads()
        if before != self.threads:
            torch.set_num_threads(self.threads)
        try:
            yield
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(_memory_words(self)) from error
        except RuntimeError as error:
            if "not enough memory" in str(error) or "out of memory" in str(
                error
            ):  # the CPU's and MPS's have no type of their own
                raise OutOfMemory(_memory_words(self)) from error
            raise RunError(f"PyTorch could not go on on {self.hardware}: {error}") from error
        except MemoryError as error:
            raise OutOfMemory(_memory_words(self)) from error
        finally:
            if before != self.threads:
                torch.set_num_threads(before)

    def release(self) -> None:
        """Give cached memory back to the other programs on a graphics card."""
        if self.name == "cuda":
            torch.cuda.empty_cache()


def _memory_words(device: Device) -> str:
    return (
        f"{device.hardware} ran out of memory. Restore a smaller crop, choose the preset 'fast', "
        "close other programs that use it, or choose the device 'cpu'."
    )


def choose(device: str = "auto", precision: str = "auto", threads: int | None = None) -> Device:
    """The device and precision for `Settings.device` and `Settings.precision`; PyTorch's threads unless given.

    Raises
    ------
    ValueError
        If the named device cannot be used here; the message says why.
    """
    if device == "auto":
        name, reason = ("cuda", "an NVIDIA card is there") if torch.cuda.is_available() else ("cpu", _why_not_cuda())
    else:
        _check_available(device)
        name, reason = device, "you chose it"
    chosen = _precision(name) if precision == "auto" else precision
    return Device(
        name=name,
        precision=chosen,
        threads=threads or torch.get_num_threads(),
        hardware=_hardware(name),
        reason=reason,
    )


def sensible_threads(pixels: int) -> int:
    """How many threads one plane is worth: on a small one they spend their time waiting for each other."""
    return 1 if pixels <= 64 * 64 else torch.get_num_threads()


def _check_available(device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device = 'cuda' cannot be used: {_why_not_cuda()}. Choose 'auto' or 'cpu'.")
    if device == "mps" and not torch.backends.mps.is_available():
        raise ValueError(
            "device = 'mps' cannot be used: it needs an Apple processor and macOS. Choose 'auto' or 'cpu'."
        )


def _why_not_cuda() -> str:
    if torch.backends.mps.is_available():
        return "results on Apple's graphics (mps) are not verified, so it is used only when you choose it"
    if torch.version.cuda is None:
        return f"this PyTorch ({torch.__version__}) was built without support for NVIDIA cards"
    return "no NVIDIA card or driver was found"


def _precision(name: str) -> str:
    """bfloat16 where it is computed natively; emulated it is slower than float32."""
    if name == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    native = (getattr(torch.cpu, probe, None) for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    if name == "cpu" and any(probe is not None and probe() for probe in native):
        return "bfloat16"
    return "float32"


def _hardware(name: str) -> str:
    if name == "cuda":
        return torch.cuda.get_device_name()
    return "Apple graphics (mps)" if name == "mps" else f"processor ({platform.machine()}, {os.cpu_count()} cores)"
