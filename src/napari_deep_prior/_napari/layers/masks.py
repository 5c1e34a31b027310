"""Masks over an image: an empty one to paint on, or one with the pixels that say nothing of the object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior._napari.layers.source import PLACE, Source

if TYPE_CHECKING:
    from napari_deep_prior._napari.engine import Engine


def shape_over(source: Source) -> tuple[int, ...]:
    """One value for each pixel on screen: as the image, without the colours of an rgb one."""
    return tuple(source.placed.data.shape[: len(source.placed.to_world) - 1])


def place_over(source: Source) -> dict[str, Any]:
    """Where that lies, in the words of napari's layers."""
    return {name: source.display[name] for name in PLACE}


def bad_pixels(engine: Engine, source: Source, kinds: Sequence[str]) -> NDArray[np.uint8]:
    """Labels of the bad pixels of every plane and channel; for a thread, since lazy planes are read here."""
    data, axes = source.placed.data, engine.axes(source.axes)
    labels = np.zeros(shape_over(source), np.uint8)
    for index in axes.planes(data.shape):
        channels = axes.to_cyx(np.asarray(data[index]))
        marked = axes.from_cyx(np.stack([engine.find_bad_pixels(channel, kinds=kinds) for channel in channels]))
        labels[index[: labels.ndim]] = marked.max(axis=-1) if source.rgb else marked
    return labels


def said(kind: str) -> str:
    """What a kind of bad pixels is called."""
    return "without a value" if kind == "nan" else kind


def counted(labels: NDArray[np.uint8], kinds: Sequence[str], name: str) -> str:
    """What was found, in words; `kinds` are all there are, in the order of their labels."""
    counts = np.bincount(labels.ravel(), minlength=len(kinds) + 1)[1:]
    marked = [f"{said(kind)} {count}" for kind, count in zip(kinds, counts, strict=True) if count]
    if not marked:
        return f"No bad pixels were found in '{name}'."
    return f"Marked {int(counts.sum())} pixels of '{name}': {', '.join(marked)}."
