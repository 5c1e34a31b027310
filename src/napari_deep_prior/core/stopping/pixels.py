"""PixelBlocks: blocks of known pixels are hidden from the network and judge the fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.stopping._base import Choice, Criterion, HoldOut, Judged
from napari_deep_prior.core.stopping.rules import NeverStop


def sample_blocks(
    known: NDArray[np.bool_], fraction: float, side: int, generator: torch.Generator
) -> NDArray[np.bool_]:
    """Like `known`: True on random square blocks of `side` pixels that hold about this fraction of the known ones.

    At least one block, and never all that is known. Blocks of a volume lie in single planes, as correlated noise does.
    """
    if fraction == 0:
        return np.zeros_like(known)
    (rows, columns), deep = known.shape[-2:], known.shape[:-2]
    chosen = torch.rand((*deep, *(-(-n // side) for n in (rows, columns))), generator=generator).numpy() < fraction
    blocks = chosen.repeat(side, -2).repeat(side, -1)[..., :rows, :columns]
    held = blocks & known
    if not held.any():  # a small image: the block of one known pixel
        places = np.argwhere(known)
        *z, y, x = places[int(torch.randint(len(places), (), generator=generator))]
        y, x = (at // side * side for at in (y, x))
        block = (*z, slice(y, y + side), slice(x, x + side))
        held[block] = known[block]
    return held if (known & ~held).any() else np.zeros_like(known)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PixelBlocks(Criterion):
    """The misfit on blocks of pixels that the network is neither shown nor fitted to.

    `fraction` of the known pixels are kept out, in blocks of `block_size` pixels a side. Clean pixels never are.
    """

    hides_pixels: ClassVar[bool] = True

    fraction: float
    block_size: int

    def hold_out(self, observation: Observation, generator: torch.Generator) -> HoldOut:
        return BlocksHeldOut(observation, self, generator)


class BlocksHeldOut(HoldOut):
    """Blocks kept out of one fit; where an image is too small for any, nothing stops it."""

    hidden = True
    """Whether the network is not shown them either."""

    def __init__(self, observation: Observation, criterion: PixelBlocks, generator: torch.Generator) -> None:
        super().__init__(observation, criterion.rule)
        known = observation.mask("known")
        candidates = known if observation.noisy is None else known & observation.mask("noisy")
        self._known_fraction, self._block_size = known.mean(), criterion.block_size
        self.pixels = sample_blocks(candidates, criterion.fraction, criterion.block_size, generator)
        self._held: torch.Tensor | None = None
        if self.pixels.any():
            self._held = torch.from_numpy(self.pixels.astype(np.float32))[None, None].to(observation.image.device)
            self.observation = observation.without(self._held, hidden=self.hidden)
        elif self.hidden:
            self.rule = NeverStop()

    def error(self, fit: Judged) -> float | None:
        if self._held is None:
            return None
        observation = self.observation
        return float(observation.misfit(fit.degraded_mean(), observation.image, self._held))

    def notes(self) -> Iterator[str]:
        if self.pixels.any():
            fraction, side = float(self.pixels.mean() / self._known_fraction), self._block_size
            yield f"{fraction:.1%} of the known pixels, in blocks of {side} x {side}, were kept out of the {self.verb}"


CHOICE = Choice(
    name="held-out",
    order=0,
    help="by pixels the network does not see, those hidden at each step or, for method deep-image-prior, a few blocks kept out of the fit.",
    chosen=lambda own, all_known, autocorrelation: own,
)
