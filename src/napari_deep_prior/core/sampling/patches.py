"""Crops: a step looks at a few small parts of the image, and now and then the whole is drawn."""

from __future__ import annotations

import math

import torch

Place = tuple[slice, ...]

_PIXELS, MOST = 2**16, 8
"""In all crops of a step together, and the most crops."""

_EVERY, _SELDOM = 10, 80
"""Steps from one drawing of the whole to the next, at least; and how many are so many that half of the time may go to drawing."""

_DRAWING = 1 / 3
"""What drawing costs of a step over as many pixels: there is no backward pass."""


_FLATTER = 3
"""Crops of a volume are this many times flatter than wide: planes are mostly farther apart than pixels."""


class PatchSampler:
    """Random squares of a (y, x) image, or flat boxes of a (z, y, x) one; as many as make a step, at most what covers the image.

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
    number
        Of squares, in place of as many as make a step.
    multiple
        The side is one of it.
    whole
        Pixels that are drawn for the whole, where these are more than the image has: it is finer, or drawn twice.
    early
        Whether the whole is drawn after the first steps too, which show little.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        side: int,
        generator: torch.Generator,
        *,
        number: int | None = None,
        multiple: int = 1,
        whole: int | None = None,
        early: bool = True,
    ) -> None:
        self.side = min(side, *shape[-2:]) // multiple * multiple
        self.shape = (*(min(max(1, side // _FLATTER), n) for n in shape[:-2]), self.side, self.side)
        each = math.prod(self.shape)
        self.number = number or max(1, min(MOST, _PIXELS // each, math.ceil(math.prod(shape) / each)))
        self._shape, self._generator, self._early = shape, generator, early
        cost = _DRAWING * (whole or math.prod(shape)) / (self.number * each)  # of drawing the whole, in steps
        # A third of the time for drawing, or half of it.
        a_third, half = _EVERY * math.ceil(2 * cost / _EVERY), _EVERY * max(1, round(cost / _EVERY))
        self._every = max(min(a_third, _SELDOM), half)

    @property
    def together(self) -> tuple[int, ...]:
        """Shape of all squares of a step, laid side by side along the first axis."""
        return self.number * self.shape[0], *self.shape[1:]

    def draw(self) -> list[Place]:
        """Where the next step looks."""
        return [self.place() for _ in range(self.number)]

    def place(self) -> Place:
        """Around a pixel drawn at random and pushed into the image, so that the edges have their share too."""
        middles = (int(torch.randint(n, (), generator=self._generator)) for n in self._shape)
        starts = (
            min(max(0, middle - side // 2), n - side)
            for middle, side, n in zip(middles, self.shape, self._shape, strict=True)
        )
        return tuple(slice(start, start + side) for start, side in zip(starts, self.shape, strict=True))

    def whole_after(self, iteration: int) -> bool:
        """Whether the whole is drawn after this step: more often at first, which shows something early."""
        tens, rest = divmod(iteration, _EVERY)
        early = iteration == 1 or (rest == 0 and tens & (tens - 1) == 0)  # 1, 10, 20, 40, 80, ...
        return (early and self._early) or iteration % self._every == 0
