"""Practice: the holes of a mask, laid over what is known, so that a network learns to fill such holes where the truth is known."""

from __future__ import annotations

import torch


class HoleMaskSampler:
    """The missing pixels of an image, shifted, mirrored and turned at random.

    Parameters
    ----------
    weight
        (1, 1, y, x), 0 where nothing is known.
    generator
        The CPU's: the same places on every device.
    """

    def __init__(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        missing = 1 - weight[0, 0]
        mirrored = torch.cat([missing, missing.flip(0)], 0)  # goes on without a seam, whichever way it is shifted
        self._holes, self._generator = torch.cat([mirrored, mirrored.flip(1)], 1), generator

    def draw(self, number: int, shape: tuple[int, ...]) -> torch.Tensor:
        """So many (y, x) pieces of it, (number, 1, y, x), 1 = to be filled for practice."""
        return torch.stack([self._piece(shape) for _ in range(number)])[:, None]

    def _piece(self, shape: tuple[int, ...]) -> torch.Tensor:
        turned = bool(torch.randint(2, (), generator=self._generator))
        holes = self._holes.T if turned else self._holes
        y, x = (
            (int(torch.randint(have, (), generator=self._generator)) + torch.arange(n, device=holes.device)) % have
            for n, have in zip(shape, holes.shape, strict=True)
        )
        return holes[y[:, None], x]


def hidden_fractions(
    crops: int, between: tuple[float, float], like: torch.Tensor, generator: torch.Generator
) -> torch.Tensor | float:
    """Of each of so many crops, drawn between the two: as much as is hidden in it. Nothing is drawn where the two are equal."""
    least, most = between
    if least == most:
        return least
    drawn = torch.rand((crops, *(1,) * (like.ndim - 1)), generator=generator)
    return (least + (most - least) * drawn).to(like.device)
