"""Pieces: the planes of the caller's image, looked at and prepared for a fit or a drawing."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.data.piece import Piece
from napari_deep_prior.core.data.stack import PlaneStack
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.run.plan import noise_of
from napari_deep_prior.core.run.prepare_plane import PreparedPlane, prepare_plane
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.validation import check_plane, flat_channels, reason_to_skip
from napari_deep_prior.core.tasks import AbstractTask


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A plane that was read, and what the task says of it.

    Attributes
    ----------
    pixels
        (c, [z,] y, x) in the caller's units.
    flat
        Channels (c,) in which all known pixels are alike, where others are not: there is nothing to fit.
    """

    piece: Piece
    task: AbstractTask
    pixels: NDArray[np.generic]
    masks: Masks
    flat: NDArray[np.bool_]

    @functools.cached_property
    def varied(self) -> NDArray[np.generic]:
        """The channels in which there is something to fit; copied once."""
        return self.without_flat(self.pixels)

    def without_flat(self, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
        """The same channels of the pixels of any plane, one after the other in memory: sums round by their order."""
        return pixels[~self.flat]

    @functools.cached_property
    def noise(self) -> NoiseEstimate:
        """As measured in this plane; measured once."""
        return noise_of(self.task, self.varied, self.masks)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Reads and prepares planes. `network` is a kept one that is to draw them."""

    stack: PlaneStack
    axes: Axes
    task: AbstractTask
    device: Device
    network: KeptNetwork | None = None

    def task_for(self, number: int) -> AbstractTask:
        """The task with its companions cut out for the plane of this number."""
        return self.task.for_plane(self.axes, tuple(self.stack.image.shape), self.stack.indices[number])

    def see(self, number: int, *, in_turn: bool = True) -> Seen | str:
        """The plane of this number, or why it can be returned as it is. What is read in its turn enters the fingerprint.

        Raises
        ------
        ValueError
            If nothing can be learnt from it.
        """
        piece, task = self.stack.piece(number), self.task_for(number)
        pixels = self.axes.to_cyx(piece.read() if in_turn else self.stack.look_at(number))
        masks = task.masks(pixels)
        idle = reason_to_skip(pixels, masks) if len(self.stack.indices) > 1 else None
        if idle is not None:
            return idle
        flat = flat_channels(pixels, masks.known, share_scale="S" in self.axes.letters)
        check_plane(pixels[~flat], masks.known)
        masks = task.noise_masks(pixels[~flat], masks)
        return Seen(piece=piece, task=task, pixels=pixels, masks=masks, flat=flat)

    def leading(self, seen: Seen) -> Seen:
        """The first plane of the image with something to restore, whichever had its turn first; `seen` where none is before it."""
        for number in range(seen.piece.number):
            with contextlib.suppress(ValueError, RunError):  # told in its turn
                if not isinstance(found := self.see(number, in_turn=False), str):
                    return found
        return seen

    def spread(self, like: Seen, most: int) -> list[Seen]:
        """Planes evenly spread over the stack, at most so many, in which there is something to restore, with as many channels as `like`.

        What is wrong with a plane is told in its turn.
        """
        number = len(self.stack.indices)
        places = sorted({round(at) for at in np.linspace(0, number - 1, min(number, most))})
        return [seen for place in places if (seen := self._look(place, like)) is not None]

    def _look(self, number: int, like: Seen) -> Seen | None:
        if number == like.piece.number:
            return like
        try:
            seen = self.see(number, in_turn=False)
        except ValueError:
            return None
        return None if isinstance(seen, str) or seen.varied.shape != like.varied.shape else seen

    def see_again(self, number: int, wanted: Collection[int | None]) -> dict[int, Seen]:
        """Read so many planes in their turn, for their fingerprint; of these, the wanted ones."""
        found = {}
        for at in self.stack.order[:number]:
            seen = self.see(at)
            if at in wanted and not isinstance(seen, str):
                found[at] = seen
        return found

    def prepare(self, seen: Seen, noise: NoiseEstimate | None) -> PreparedPlane:
        """A plane as it is fitted or drawn."""
        plane = prepare_plane(seen.piece, seen.varied, self.axes, seen.task, seen.masks, noise, self.device)
        if not seen.flat.any():
            return plane
        return dataclasses.replace(plane, flat=seen.flat, whole=seen.pixels)
