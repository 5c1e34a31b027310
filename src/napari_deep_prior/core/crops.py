"""Crops: a step looks at a few small parts of the image, and now and then the whole is drawn."""

from __future__ import annotations

import math

import torch

Place = tuple[slice, slice]

WHOLE: Place = (slice(None), slice(None))

_PIXELS = 2**15
"""In all crops of a step together."""

_EVERY = 10
"""Steps from one drawing of the whole to the next, at least."""

_DRAWING = 1 / 3
"""What drawing costs of a step over as many pixels: there is no backward pass."""


class Crops:
    """Random squares of a (y, x) image; as many as make a step, at most what covers the image.

    A network that is shown the image is the same function everywhere, so it learns as much from a part as from the whole:
    a step's time and memory no longer grow with the image. The paper's fixed code needs the whole.

    Parameters
    ----------
    shape
        Of the image.
    side
        Of a square in pixels; no more than the image has.
    generator
        The CPU's: the same places on every device.
    """

    def __init__(self, shape: tuple[int, ...], side: int, generator: torch.Generator) -> None:
        self.side = min(side, *shape)
        self.number = max(1, min(_PIXELS // self.side**2, math.ceil(math.prod(shape) / self.side**2)))
        self._shape, self._generator = shape, generator
        cost = _DRAWING * math.prod(shape) / (self.number * self.side**2)  # of drawing the whole, in steps
        self._every = _EVERY * max(1, round(cost / _EVERY))

    def draw(self) -> list[Place]:
        """Where the next step looks."""
        return [self._place() for _ in range(self.number)]

    def _place(self) -> Place:
        """Around a pixel drawn at random and pushed into the image, so that the edges have their share too."""
        middles = (int(torch.randint(n, (), generator=self._generator)) for n in self._shape)
        y, x = (
            min(max(0, middle - self.side // 2), n - self.side) for middle, n in zip(middles, self._shape, strict=True)
        )
        return slice(y, y + self.side), slice(x, x + self.side)

    def whole_after(self, iteration: int) -> bool:
        """Whether the whole is drawn after this step: about half of the time goes there at most, more often at first."""
        tens, rest = divmod(iteration, _EVERY)
        early = rest == 0 and tens & (tens - 1) == 0  # 10, 20, 40, 80, ...
        return iteration == 1 or early or iteration % self._every == 0
