"""StepRunner: runs optimisation steps, eagerly or on an NVIDIA card as one captured CUDA graph."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.sampling.sample import Sample
from napari_deep_prior.core.stopping import StepOutput

Step = Callable[[Sample], StepOutput]

_WARM_UP = 3
"""Steps before the one that is captured: in these the libraries choose their algorithms and take their memory."""


class StepRunner:
    """Steps of a fit: from a sample through the network and back to moved weights.

    A step over small patches is a thousand short kernels, and on a fast card launching them one by one takes ten times as long
    as computing them. There, a whole step is captured as a CUDA graph and launched at once; the numbers that change from step
    to step (the sample and the learning rate) are written to where the graph reads them. The first steps are steps
    like all others, and capturing one does not take it.

    The runner keeps no reference to the step function: its owner has one to the runner.
    """

    def __init__(self, device: Device) -> None:
        self._captured: _CapturedGraph | None = None
        self._left = _WARM_UP if device.name == "cuda" else -1  # steps to the capture; below 0: none is to come
        self._stream = torch.cuda.Stream() if device.name == "cuda" else None  # type: ignore[no-untyped-call]

    def __call__(self, step: Step, sample: Sample) -> StepOutput:
        """Take the step. The tensors that are returned are overwritten by the next.

        Parameters
        ----------
        step
            One step as it stands, always the same. What it reads but for its argument, and all that it changes, has its place
            in memory for good.
        """
        if self._captured is not None and self._captured.fits(sample):
            return self._captured(sample)
        if self._stream is None or self._left < 0 or not _capturable(sample):
            return step(sample)
        self._left -= 1
        if self._left < 0:
            self._captured = _capture(step, sample, self._stream)
            return self(step, sample)
        return _on_side_stream(step, sample, self._stream)


def _on_side_stream(step: Step, sample: Sample, stream: torch.cuda.Stream) -> StepOutput:
    """The step on the stream that will capture one: what is made ready in a stream is ready for that stream."""
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        output = step(sample)
    torch.cuda.current_stream().wait_stream(stream)
    return output


def _capture(step: Step, sample: Sample, stream: torch.cuda.Stream) -> _CapturedGraph | None:
    before = torch.cuda.current_stream()
    try:
        return _CapturedGraph(step, sample, stream)
    except RuntimeError as error:
        torch.cuda.set_stream(before)  # PyTorch leaves the other one set
        logging.getLogger(__name__).warning("The steps run as they stand; they could not be captured: %s", error)
        return None


def _capturable(sample: Sample) -> bool:
    """Whether samples differ in the numbers of their tensors alone."""
    return sample.inverse is identity and sample.data_consistency is None and sample.next_stage is None


def _tensors(sample: Sample) -> dict[str, torch.Tensor]:
    fields = ((field.name, getattr(sample, field.name)) for field in dataclasses.fields(sample))
    return {name: value for name, value in fields if isinstance(value, torch.Tensor)}


class _CapturedGraph:
    """A step as a graph, for samples of these shapes."""

    def __init__(self, step: Step, sample: Sample, stream: torch.cuda.Stream) -> None:
        self._places: dict[str, Any] = {name: tensor.clone() for name, tensor in _tensors(sample).items()}
        self._written: dict[str, torch.Tensor] = {}
        self._graph = torch.cuda.CUDAGraph()
        stream.wait_stream(torch.cuda.current_stream())
        # Other threads may use the card meanwhile: napari draws on it.
        with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
            _, self._output, self._degraded = step(dataclasses.replace(sample, **self._places))

    def fits(self, sample: Sample) -> bool:
        tensors = _tensors(sample)
        return (
            _capturable(sample)
            and tensors.keys() == self._places.keys()
            and all(tensors[name].shape == place.shape for name, place in self._places.items())
        )

    def __call__(self, sample: Sample) -> StepOutput:
        for name, tensor in _tensors(sample).items():
            if self._written.get(name) is not tensor:  # a tensor that is the same in all steps is written once
                self._places[name].copy_(tensor)
                self._written[name] = tensor
        self._graph.replay()
        return StepOutput(sample, self._output, self._degraded)
