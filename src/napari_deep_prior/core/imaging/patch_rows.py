"""Patches of an image by their rows: gathered, and summed where they overlap, without a copy of the image for each pixel of a patch."""

from __future__ import annotations

import torch


def patches_at(image: torch.Tensor, side: int, places: torch.Tensor) -> torch.Tensor:
    """(c, h, w) -> (*places, c side side): the patches at these places, counted row by row.

    Rows of `side` pixels are gathered, of which there are `side` times as many floats as pixels; of whole patches there would be as many
    as a patch has pixels, and to write them takes longer than all the rest.
    """
    channels, rows, _ = image.shape
    lines = image.unfold(2, side, 1)  # (c, h, w - side + 1, side)
    across = lines.shape[2]
    within = _offsets(channels, side, rows * across, across, places.device)
    gathered = lines.reshape(-1, side).index_select(0, (places[..., None] + within).flatten())
    return gathered.view(*places.shape, channels * side * side)


def _offsets(channels: int, side: int, of_channel: int, of_row: int, device: torch.device) -> torch.Tensor:
    """(channels * side,): where the rows of a patch lie, from its place on."""
    down = torch.arange(side, device=device) * of_row
    return (torch.arange(channels, device=device)[:, None] * of_channel + down).flatten()


class Overlap:
    """Sums of patches (c, side, side) that overlap, over an image (c, h, w).

    Its memory is used again for each image: fresh memory costs a processor more than the sums.
    """

    def __init__(self, side: int, shape: tuple[int, ...], device: torch.device) -> None:
        channels, rows, columns = shape
        self._side, self._shape = side, shape
        down, across = rows - side + 1, columns - side + 1
        self._patches = torch.empty((down * across, channels * side * side), device=device)
        self._lines = torch.empty((rows, across, channels, side), device=device)

    def summed(self, places: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        """(*places), counted row by row, and (*places, c side side) -> (c, h, w)."""
        side, (channels, rows, columns) = self._side, self._shape
        down, across = rows - side + 1, columns - side + 1
        self._patches.zero_().index_add_(0, places.flatten(), patches.flatten(0, -2))
        placed = self._patches.view(down, across, channels, side, side)
        self._lines.zero_()
        for row in range(side):
            self._lines[row : row + down] += placed[..., row, :]
        lines = self._lines.movedim(2, 0)  # (c, h, across, side)
        total = lines.new_zeros(self._shape)
        for column in range(side):
            total[..., column : column + across] += lines[..., column]
        return total
