"""The device, its precision and number of threads: chosen in this one place, with a reason for the user."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import torch

from napari_deep_prior.core.compute.forked import allowed_threads, protect_children
from napari_deep_prior.core.compute.processor import processor
from napari_deep_prior.core.networks.exhausted import is_out_of_memory
from napari_deep_prior.core.results import OutOfMemory, RunError


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where a run computes.

    Attributes
    ----------
    name
        PyTorch's name: "cpu", "cuda" or "mps".
    precision
        Of forward passes: "float32" or "bfloat16".
    threads
        Number of processor threads.
    hardware
        Name of the processor or card.
    reason
        Why this device was chosen, for the user.
    """

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
        """Context of a forward pass. Casts of weights are not cached, since the weights change within one context."""
        enabled = self.precision == "bfloat16"
        return torch.amp.autocast_mode.autocast(self.name, torch.bfloat16, enabled=enabled, cache_enabled=False)

    @contextlib.contextmanager
    def engaged(self) -> Iterator[None]:
        """Context of all computing: sets the number of threads, restores it afterwards, and translates errors.

        Raises
        ------
        OutOfMemory, RunError
            In place of PyTorch's RuntimeError, which napari's worker would swallow.
        """
        protect_children()
        before, threads = torch.get_num_threads(), allowed_threads(self.threads)
        if before != threads:
            torch.set_num_threads(threads)
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise OutOfMemory(_out_of_memory_message(self)) from error
            raise RunError(f"PyTorch could not go on on {self.hardware}: {error}") from error
        finally:
            if before != threads:
                torch.set_num_threads(before)

    def release(self) -> None:
        """Return cached memory to the other programs on a graphics card."""
        if self.name == "cuda":
            torch.cuda.empty_cache()


def _out_of_memory_message(device: Device) -> str:
    return (
        f"{device.hardware} ran out of memory. Restore a smaller crop, choose the preset 'fast', "
        "close other programs that use it, or choose the device 'cpu'."
    )


def choose(device: str = "auto", precision: str = "auto", threads: int | None = None) -> Device:
    """Choose the device of a run.

    Parameters
    ----------
    device, precision
        As `Settings.device` and `Settings.precision`.
    threads
        Number of processor threads; None: as many as PyTorch uses. A forked process gets 1 (see `compute.forked`).

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
    return Device(
        name=name,
        precision=_native_precision(name) if precision == "auto" else precision,
        threads=allowed_threads(threads or torch.get_num_threads()),
        hardware=_hardware(name),
        reason=reason,
    )


def sensible_threads(pixels: int) -> int:
    """Number of threads for a plane of so many pixels. On a small one, threads would mostly wait for each other."""
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


def _native_precision(name: str) -> str:
    """bfloat16 where the hardware computes it; emulated it is slower than float32."""
    if name == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    native = (getattr(torch.cpu, probe, None) for probe in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    if name == "cpu" and any(probe is not None and probe() for probe in native):
        return "bfloat16"
    return "float32"


def _hardware(name: str) -> str:
    if name == "cuda":
        return torch.cuda.get_device_name()
    if name == "mps":
        return "Apple graphics (mps)"
    return processor()
