"""The memory of a fit: grows with the image and the network, agrees with what is kept, and is refused in words."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from pathlib import Path

import pytest
import torch

from napari_deep_prior.core.compute import memory
from napari_deep_prior.core.compute.device import choose
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.catalogue import (
    FULL_RESOLUTION,
    HALF_RESOLUTION,
    PUBLISHED,
)
from napari_deep_prior.core.results import OutOfMemory

CPU = dataclasses.replace(choose("cpu"), precision="float32")


def whole(architecture: Architecture, c_in: int, side: int) -> int:
    return memory.estimate_peak_bytes(architecture, c_in, 1, (side, side), (side, side), CPU)


def test_it_grows_with_the_image_and_the_network() -> None:
    thin, fine = HALF_RESOLUTION["balanced"], FULL_RESOLUTION["balanced"]
    sizes = [whole(thin, 2, side) for side in (64, 512, 1024)]
    assert sizes == sorted(sizes)
    assert sizes[2] - sizes[1] == pytest.approx(3 * 512**2 / 448 / 576 * (sizes[1] - sizes[0]), rel=0.01)
    assert whole(thin, 2, 512) < whole(fine, 2, 512)
    assert whole(fine, 2, 512) < whole(PUBLISHED, 32, 512)


def test_crops_take_less_than_the_whole() -> None:
    fine = FULL_RESOLUTION["balanced"]
    cropped = memory.estimate_peak_bytes(fine, 2, 1, (2048, 2048), (512, 64), CPU)
    assert cropped < 0.6 * whole(fine, 2, 2048)
    assert memory.estimate_peak_bytes(fine, 2, 1, (64, 64), (64, 64), CPU) < cropped


def test_the_papers_network_takes_what_was_measured() -> None:
    """9.6 GB per megapixel in float32 (docs/benchmarks.md)."""
    per_megapixel = whole(PUBLISHED, 32, 1000) / 1e9
    assert per_megapixel == pytest.approx(9.6, rel=0.25)


def test_too_much_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device: 8 * 10**9)
    memory.require(7 * 10**9, CPU)
    with pytest.raises(OutOfMemory, match=r"about 9\.0 GB of memory, but .* has 8\.0 GB. Restore a smaller crop"):
        memory.require(9 * 10**9, CPU)
    monkeypatch.setattr(memory, "available_bytes", lambda device: None)
    memory.require(9 * 10**15, CPU)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_no_tensor_outlives_the_estimate(precision: str) -> None:
    """A circle through the graph, which Python cannot see, once kept the forward pass of every image size."""
    device = dataclasses.replace(CPU, precision=precision)
    created: list[weakref.ref[torch.UntypedStorage]] = []
    original = torch.autograd.graph.saved_tensors_hooks

    class Watching(original):
        def __init__(self, pack, unpack) -> None:
            def watched(tensor: torch.Tensor) -> torch.Tensor:
                packed = pack(tensor)
                created.append(weakref.ref(tensor))
                created.append(weakref.ref(packed))
                return packed

            super().__init__(watched, unpack)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.autograd.graph, "saved_tensors_hooks", Watching)
        memory.estimate_peak_bytes(HALF_RESOLUTION["fast"], 2, 1, (77, 91), (77, 91), device)
    gc.collect()
    assert len(created) > 20
    assert [ref for ref in created if ref() is not None] == []


def test_what_is_free_is_what_the_job_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    whole = memory.free_bytes()
    if whole is None:
        pytest.skip("this system does not say it")
    assert whole > 0
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert memory.free_bytes() is not None
    (tmp_path / "memory.max").write_text("5000\n")
    assert memory.free_bytes() == 4000
