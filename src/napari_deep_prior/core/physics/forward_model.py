"""ForwardModel: how the wanted image becomes the observed one, the operator A of inverse problems."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import nn

from napari_deep_prior.core.physics import padding


class ForwardModel(nn.Module, abc.ABC):
    """The operator A: a wanted image (1, c, [z,] y, x) goes in, what would have been observed of it comes out.

    A subclass overrides `forward` and whatever else differs. If it has parameters they are unknowns of the instrument, which are
    fitted together with the network.

    Class attributes
    ----------------
    learning_rate_factor
        Learning rate of the unknowns as a multiple of the network's.
    commutes_with_symmetries
        Whether a flipped or transposed image gives the observation flipped or transposed. If not, nothing is augmented.
    """

    learning_rate_factor: ClassVar[float] = 1.0
    commutes_with_symmetries: ClassVar[bool] = False

    @property
    def margin(self) -> tuple[int, ...]:
        """Pixels beyond each edge, per spatial axis, that have a part in the observation and are drawn too; () for none."""
        return ()

    def output_shape(self, observed: Sequence[int]) -> tuple[int, ...]:
        """Spatial shape of the wanted image, without the margin, for this shape of the observed one."""
        return tuple(observed)

    def input_shape(self, observed: Sequence[int]) -> tuple[int, ...]:
        """Spatial shape of what goes in: the wanted image and its margin."""
        wanted = self.output_shape(observed)
        return tuple(n + 2 * side for n, side in zip(wanted, self.margin or (0,) * len(wanted), strict=True))

    @abc.abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What would have been observed of an image with its margin. Differentiable; changes nothing in place."""

    def upsample(self, observed: torch.Tensor) -> torch.Tensor:
        """An image on the observed grid, brought to the grid of what goes in: roughly the inverse of A."""
        return padding.pad_replicate(observed, self.margin)

    def remove_nuisance(self, observed: torch.Tensor) -> torch.Tensor:
        """The observed image without what the instrument has added to it, as far as that is known."""
        return observed

    def initial_estimate(self, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | None:
        """An image, margin included, from which a fit with a fixed code starts; None where the model has none.

        Pixels of weight 0 must not enter it: the estimate is judged by them. Without an estimate the fit starts from the
        smoothed observation.
        """
        return None

    @torch.no_grad()
    def residual(self, observed: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """The observed image minus what would have been observed of a wanted one without margin, in any units.

        0 where the model has parameters: it was estimated from the image, and no longer known when the fit has ended.
        """
        if next(self.parameters(), None) is not None:
            return torch.zeros_like(observed)
        return observed - self.forward(padding.pad_replicate(wanted, self.margin))


class Identity(ForwardModel):
    """The image was observed as it is, but for noise and missing pixels."""

    commutes_with_symmetries = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x
