"""Stepping: how a step is made: as it stands, or on an NVIDIA card as one captured graph."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

import torch

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.sampling.sample import Sample

Picture = tuple[Sample, torch.Tensor, torch.Tensor]
"""What was asked for, the output, and that degraded."""

Step = Callable[[Sample], Picture]

_WARM = 3
"""Steps before the one that is captured: in these the libraries choose their algorithms and take their memory."""


class StepRunner:
    """Steps of a fit: what was drawn for one -> the network run, its loss differentiated, the weights moved.

    A step over small squares is a thousand short kernels, and on a fast card launching them one by one takes ten times as long
    as computing them. There, a whole step is captured as a CUDA graph and launched at once; the steps' numbers (what is shown, and
    the learning rate) are written to where the graph reads them. Nothing else is told apart: the first steps are steps
    like all others, and capturing one does not take it.

    It holds on to no step: what makes one holds on to it.
    """

    def __init__(self, device: Device) -> None:
        self._captured: _CapturedGraph | None = None
        self._left = _WARM if device.name == "cuda" else -1  # steps to the capture; below 0: none is to come
        self._stream = torch.cuda.Stream() if device.name == "cuda" else None  # type: ignore[no-untyped-call]

    def __call__(self, step: Step, draw: Sample) -> Picture:
        """Take the step. The tensors that are returned are overwritten by the next.

        Parameters
        ----------
        step
            One step as it stands, always the same. What it reads but for its argument, and all that it changes, has its place
            in memory for good.
        """
        if self._captured is not None and self._captured.fits(draw):
            return self._captured(draw)
        if self._stream is None or self._left < 0 or not _capturable(draw):
            return step(draw)
        self._left -= 1
        if self._left < 0:
            self._captured = _capture(step, draw, self._stream)
            return self(step, draw)
        return _on_side_stream(step, draw, self._stream)


def _on_side_stream(step: Step, draw: Sample, stream: torch.cuda.Stream) -> Picture:
    """The step on the stream that will capture one: what is made ready in a stream is ready for that stream."""
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        picture = step(draw)
    torch.cuda.current_stream().wait_stream(stream)
    return picture


def _capture(step: Step, draw: Sample, stream: torch.cuda.Stream) -> _CapturedGraph | None:
    before = torch.cuda.current_stream()
    try:
        return _CapturedGraph(step, draw, stream)
    except RuntimeError as error:
        torch.cuda.set_stream(before)  # PyTorch leaves the other one set
        logging.getLogger(__name__).warning("The steps run as they stand; they could not be captured: %s", error)
        return None


def _capturable(draw: Sample) -> bool:
    """Whether all that differs from draw to draw is the numbers in its tensors."""
    return draw.undo is identity and draw.meet is None and draw.then is None


def _tensors(draw: Sample) -> dict[str, torch.Tensor]:
    fields = ((field.name, getattr(draw, field.name)) for field in dataclasses.fields(draw))
    return {name: value for name, value in fields if isinstance(value, torch.Tensor)}


class _CapturedGraph:
    """A step as a graph, for draws like this one."""

    def __init__(self, step: Step, draw: Sample, stream: torch.cuda.Stream) -> None:
        self._places: dict[str, Any] = {name: tensor.clone() for name, tensor in _tensors(draw).items()}
        self._written: dict[str, torch.Tensor] = {}
        self._graph = torch.cuda.CUDAGraph()
        stream.wait_stream(torch.cuda.current_stream())
        # Other threads may use the card meanwhile: napari draws on it.
        with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
            _, self._output, self._degraded = step(dataclasses.replace(draw, **self._places))

    def fits(self, draw: Sample) -> bool:
        tensors = _tensors(draw)
        return (
            _capturable(draw)
            and tensors.keys() == self._places.keys()
            and all(tensors[name].shape == place.shape for name, place in self._places.items())
        )

    def __call__(self, draw: Sample) -> Picture:
        for name, tensor in _tensors(draw).items():
            if self._written.get(name) is not tensor:  # what is the same in all steps is written once
                self._places[name].copy_(tensor)
                self._written[name] = tensor
        self._graph.replay()
        return draw, self._output, self._degraded
