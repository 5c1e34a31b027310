"""PatchSampler: random patches of an image, and when a full-image pass is due."""

from __future__ import annotations

import math

import torch

Place = tuple[slice, ...]

_PIXELS, MAX_PATCHES = 2**16, 8
"""Pixels in all patches of a step together, and the most patches."""

_MIN_INTERVAL, _MAX_INTERVAL = 10, 80
"""Steps between two full-image passes, at least. If more than the second would be needed, these passes may use half of the time."""

_PASS_COST = 1 / 3
"""Cost of a full-image pass relative to a step over as many pixels: it has no backward pass."""

_FLATNESS = 3
"""Patches of a volume are this many times flatter than wide: planes are mostly farther apart than pixels."""


class PatchSampler:
    """Random squares of a (y, x) image, or flat boxes of a (z, y, x) one; as many as make a step, at most what covers the image.

    A network that sees the image is the same function everywhere, so it learns as much from a part as from the whole:
    a step's time and memory no longer grow with the image. The paper's fixed code needs the full image.

    Parameters
    ----------
    shape
        ([z,] y, x) of the image.
    side
        Side of a patch in pixels; no more than the image has.
    generator
        On the CPU: the same places on every device.
    number
        Patches of a step; None: as many as make a step.
    multiple
        The side is a multiple of it.
    full_pixels
        Pixels of a full-image pass where these are more than the image has: its grid is finer, or there are two passes.
    early
        Whether there are full-image passes after the first steps too, which show little.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        side: int,
        generator: torch.Generator,
        *,
        number: int | None = None,
        multiple: int = 1,
        full_pixels: int | None = None,
        early: bool = True,
    ) -> None:
        self.side = min(side, *shape[-2:]) // multiple * multiple
        self.shape = (*(min(max(1, side // _FLATNESS), n) for n in shape[:-2]), self.side, self.side)
        pixels = math.prod(self.shape)
        self.number = number or self._covering(math.prod(shape))
        self._shape, self._generator, self._early = shape, generator, early
        cost = _PASS_COST * (full_pixels or math.prod(shape)) / (self.number * pixels)  # of a full-image pass, in steps
        # A third of the time for full-image passes, or half of it.
        a_third = _MIN_INTERVAL * math.ceil(2 * cost / _MIN_INTERVAL)
        half = _MIN_INTERVAL * max(1, round(cost / _MIN_INTERVAL))
        self._interval = max(min(a_third, _MAX_INTERVAL), half)

    def _covering(self, pixels: int) -> int:
        """Patches that make a step, at most what covers so many pixels."""
        each = math.prod(self.shape)
        return max(1, min(MAX_PATCHES, _PIXELS // each, math.ceil(pixels / each)))

    def spread_over(self, pieces: int) -> None:
        """Take as many patches for a step as so many images of this shape ask for: the statistics of one alone are not those of all."""
        self.number = max(self.number, self._covering(pieces * math.prod(self._shape)))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of all patches of a step, side by side along the first axis."""
        return self.number * self.shape[0], *self.shape[1:]

    def random_patches(self) -> list[Place]:
        """Where the next step looks."""
        return [self.random_patch() for _ in range(self.number)]

    def random_patch(self) -> Place:
        """A patch around a random pixel, pushed into the image, so that the edges have their share too."""
        middles = (int(torch.randint(n, (), generator=self._generator)) for n in self._shape)
        starts = (
            min(max(0, middle - side // 2), n - side)
            for middle, side, n in zip(middles, self.shape, self._shape, strict=True)
        )
        return tuple(slice(start, start + side) for start, side in zip(starts, self.shape, strict=True))

    def full_image_due(self, iteration: int) -> bool:
        """Whether a full-image pass follows this step: more often at first, which shows something early."""
        tens, rest = divmod(iteration, _MIN_INTERVAL)
        early = iteration == 1 or (rest == 0 and tens & (tens - 1) == 0)  # 1, 10, 20, 40, 80, ...
        return (early and self._early) or iteration % self._interval == 0
