"""Which pixels are kept out of a fit, to judge it by."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def blocks(known: NDArray[np.bool_], share: float, side: int, generator: torch.Generator) -> NDArray[np.bool_]:
    """(y, x): True on square blocks of `side` pixels, drawn at random, that hold about this share of the known ones.

    At least one block, and never all that is known.
    """
    if share == 0:
        return np.zeros_like(known)
    rows, columns = (-(-n // side) for n in known.shape)
    chosen = torch.rand((rows, columns), generator=generator).numpy() < share
    whole = chosen.repeat(side, 0).repeat(side, 1)[: known.shape[0], : known.shape[1]]
    held = whole & known
    if not held.any():  # a small image: the block of one known pixel
        places = np.argwhere(known)
        y, x = places[int(torch.randint(len(places), (), generator=generator))] // side * side
        held[y : y + side, x : x + side] = known[y : y + side, x : x + side]
    return held if (known & ~held).any() else np.zeros_like(known)
