"""Input notes: what a user should know of an image and of settings before a run."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.neighbours import context_axis
from napari_deep_prior.core.data.regions import middle
from napari_deep_prior.core.imaging.bad_pixels import find_bad_pixels
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask

_LONE = 0.001
"""Share of pixels unlike all their neighbours, below which whole numbers are labels: a measured image has noise."""

_FAR_OFF, _SEARCHED = 1e-4, 1024
"""Share of pixels far off from which on they are told, as few photons have some; and the side of the middle that is searched for them."""


def warn_of_input(image: Any, axes: Axes, task: AbstractTask, settings: Settings) -> None:
    """Issue each note as a warning to who called the caller: a script has neither terminal nor panel in which they are told.

    Parameters
    ----------
    image, axes, task, settings
        Those of the run; `axes` before they are cut into volumes or channels, too.
    """
    letters = Axes(axes.letters)
    of_task = task.notes(axes.plane_shape(tuple(image.shape)))
    for note in (*on_image(image, letters, task), *on_settings(settings, axes, image.shape), *of_task):
        warnings.warn(note, stacklevel=3)


def on_image(image: Any, axes: Axes, task: AbstractTask) -> Iterator[str]:
    """Notes on the first plane of an image, an array or what can be indexed like one, for a task that takes it."""
    first = axes.planes(tuple(image.shape))[0]
    plane = axes.to_cyx(np.asarray(image[first]))
    if image.dtype.kind in "ui" and _like_labels(plane[0]):
        yield "The image looks like labels or a mask, without any noise: is it the one to restore?"
    if number := _far_off(plane, task.for_plane(axes, tuple(image.shape), first)):
        yield (
            f"{number} pixels of the first plane differ strongly from their surroundings, as hot pixels and salt and pepper do: mark them "
            "as missing (Find bad pixels in napari's panel makes such a mask), or denoise with noise 'outliers'."
        )


def on_settings(settings: Settings, axes: Axes, shape: Sequence[int]) -> Iterator[str]:
    """Notes on what was asked for and is without effect on an image of these axes."""
    alone = settings.network == "each" or (settings.network == "auto" and axes.count(shape) == 1)
    if settings.adapt and alone:
        yield "adapt is not used: no network is shared that could learn on from each plane."
    if settings.each_channel and "C" not in axes.letters:
        yield f"each channel is not used: the image has no axis C, but {axes.letters}."
    along = settings.context_axis
    if along != "auto" and (alone or context_axis(axes, shape, wanted=along) is None):
        yield f"context axis is not used: needs one network for planes that lie along {along}, at least 3 of them."


def _far_off(plane: NDArray[np.generic], task: AbstractTask) -> int:
    """How many pixels in the middle of a (c, y, x) plane are far off, of which the task knows nothing; 0 where they are few."""
    masks = task.masks(plane)
    here = middle(plane.shape[1:], _SEARCHED)
    known = masks.known[here]
    bad = [find_bad_pixels(channel[here], kinds=("hot", "dead"))[known] for channel in plane]
    number = sum(int(np.count_nonzero(found)) for found in bad)
    if number < max(2, _FAR_OFF * known.size):
        return 0
    noise = task.adjust_noise(NoiseEstimate(sigma=1.0, patches=1, correlation=(1.0, 0.0)), plane, masks)
    return 0 if noise.outliers else number


def _like_labels(image: NDArray[np.generic]) -> bool:
    """Whether (nearly) each pixel of a (y, x) plane has a neighbour of the same value, and there is more than one value."""
    if min(image.shape) < 3 or (image == image.flat[0]).all():
        return False
    padded = np.pad(image, 1, mode="reflect")
    inner = padded[1:-1, 1:-1]
    around = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    alike = np.any([inner == other for other in around], axis=0)
    return float(np.mean(~alike)) < _LONE
