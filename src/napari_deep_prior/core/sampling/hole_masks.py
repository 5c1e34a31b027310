"""Training masks: copies of the user's holes at random places and orientations over known pixels."""

from __future__ import annotations

import torch


class HoleMaskSampler:
    """The missing pixels of an image, shifted, mirrored and turned at random.

    Parameters
    ----------
    known
        (1, 1, y, x), 0 where a pixel is missing.
    generator
        On the CPU: the same places on every device.
    """

    def __init__(self, known: torch.Tensor, generator: torch.Generator) -> None:
        missing = 1 - known[0, 0]
        mirrored = torch.cat([missing, missing.flip(0)], 0)  # continues without a seam, whichever way it is shifted
        self._holes, self._generator = torch.cat([mirrored, mirrored.flip(1)], 1), generator

    def sample(self, number: int, shape: tuple[int, ...]) -> torch.Tensor:
        """(number, 1, y, x) pieces of the mask, 1 = to be hidden."""
        return torch.stack([self._piece(shape) for _ in range(number)])[:, None]

    def _piece(self, shape: tuple[int, ...]) -> torch.Tensor:
        turned = bool(torch.randint(2, (), generator=self._generator))
        holes = self._holes.T if turned else self._holes
        y, x = (
            (int(torch.randint(size, (), generator=self._generator)) + torch.arange(n, device=holes.device)) % size
            for n, size in zip(shape, holes.shape, strict=True)
        )
        return holes[y[:, None], x]


def hidden_fractions(
    patches: int, between: tuple[float, float], like: torch.Tensor, generator: torch.Generator
) -> torch.Tensor | float:
    """Random fraction of hidden pixels for each patch, between two values. Where these are equal, no random number is drawn."""
    low, high = between
    if low == high:
        return low
    fractions = torch.rand((patches, *(1,) * (like.ndim - 1)), generator=generator)
    return (low + (high - low) * fractions).to(like.device)
