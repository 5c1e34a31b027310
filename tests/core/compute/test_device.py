"""The device: chosen with a reason, engaged and put back, its errors in our words."""

from __future__ import annotations

import pytest
import torch

from napari_deep_prior.core.compute import device
from napari_deep_prior.core.results import OutOfMemory, RunError


def test_auto_says_why() -> None:
    chosen = device.choose()
    assert chosen.name == ("cuda" if torch.cuda.is_available() else "cpu")
    assert chosen.reason
    assert chosen.summary


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA card here")
def test_a_card_that_is_not_there_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match=r"device = 'cuda' cannot be used: .+ Choose 'auto' or 'cpu'"):
        device.choose("cuda")


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    with device.choose("cpu", threads=before + 1).engaged():
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_weights_that_changed_count_within_one_context(precision: str) -> None:
    convolution = torch.nn.Conv2d(
        2, 1, 3, bias=False
    )  # alone: what is not cast, such as batch statistics, would differ anyway
    shown = torch.rand(2, 2, 16, 16)
    with device.choose("cpu", precision).autocast():
        before = convolution(shown)
        with torch.no_grad():
            convolution.weight.mul_(1.5)
        assert not torch.equal(convolution(shown), before)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemory),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"), OutOfMemory),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), OutOfMemory),
        (MemoryError(), OutOfMemory),
        (RuntimeError("device-side assert triggered"), RunError),
    ],
)
def test_no_runtime_error_gets_out(error: Exception, ours: type[RunError]) -> None:
    assert not issubclass(RunError, RuntimeError)
    with pytest.raises(ours), device.choose("cpu").engaged():
        raise error


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")
def test_cuda_computes_what_the_cpu_does() -> None:
    import numpy as np

    from napari_deep_prior.core.run.restore import restore
    from napari_deep_prior.core.settings import Settings

    image = np.random.default_rng(0).normal(100, 5, (64, 64))
    results = [
        restore(image, settings=Settings(device=d, iterations=30, precision="float32")).image for d in ("cpu", "cuda")
    ]
    assert np.abs(results[0] - results[1]).mean() < 1.0
