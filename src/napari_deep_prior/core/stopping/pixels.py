"""Which pixels are kept out of a fit, to judge it by."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def sample_blocks(known: NDArray[np.bool_], share: float, side: int, generator: torch.Generator) -> NDArray[np.bool_]:
    """Like `known`: True on square blocks of `side` pixels, drawn at random, that hold about this share of the known ones.

    At least one block, and never all that is known. Those of a volume lie in single planes, as what noise shares does.
    """
    if share == 0:
        return np.zeros_like(known)
    (rows, columns), deep = known.shape[-2:], known.shape[:-2]
    chosen = torch.rand((*deep, *(-(-n // side) for n in (rows, columns))), generator=generator).numpy() < share
    whole = chosen.repeat(side, -2).repeat(side, -1)[..., :rows, :columns]
    held = whole & known
    if not held.any():  # a small image: the block of one known pixel
        places = np.argwhere(known)
        *z, y, x = places[int(torch.randint(len(places), (), generator=generator))]
        y, x = (at // side * side for at in (y, x))
        block = (*z, slice(y, y + side), slice(x, x + side))
        held[block] = known[block]
    return held if (known & ~held).any() else np.zeros_like(known)
