"""SuperResolve: the detector's pixels were too large; finer ones are drawn that would have given the same image."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from annotated_types import Ge, Le
from numpy.typing import NDArray
from typing_extensions import Doc

from napari_deep_prior.core.imaging.symmetries import identity
from napari_deep_prior.core.noise.robust import laplacian_sigma
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.parameters import Typical
from napari_deep_prior.core.physics import resampling
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.stages import DegradationStages, Stage
from napari_deep_prior.core.tasks._base import AbstractTask, Need

_REPEATABLE, _FEW = 4, 96**2
"""By factors above, and of images of so few pixels, the image made smaller still is hardly a picture to learn from."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuperResolve(AbstractTask):
    """Draw an image with smaller pixels that, made smaller again, is the observed one (Ulyanov et al. 2018, section 3.2).

    Learnt from the image itself, made smaller still (Shocher et al., CVPR 2018); as in the paper with method code, and where a
    small image leaves too little to learn from for so large a factor. What comes out is made to agree with the image, unless
    that is noisy.
    Errors count by their size, not their square: at edges, where a picture can never agree exactly with pixels this large,
    they would outweigh all else. These two are so with preset *paper* as well, whose authors do neither.

    It sharpens edges that the pixels have coarsened. It does not see beyond the optics, and what is finer than the
    observed pixels is invented: count and measure in the observed image.

    Convention: the result covers the same field; the pixels of a factor 4 lie 4 by 4 under each observed one.
    """

    title: ClassVar[str] = "Super resolve"
    summary: ClassVar[str] = (
        "Draws the image with smaller pixels and sharp edges. What is finer than the given pixels is invented."
    )
    order: ClassVar[int] = 20

    factor: Annotated[int, Ge(1), Le(16), Typical(4), Doc("How many times smaller the pixels become.")] = 2
    factor_y: Annotated[
        int | Literal["auto"],
        Typical(1),
        Ge(1),
        Le(16),
        Doc("The same along Y alone, for pixels that are not square. auto: as along X."),
    ] = "auto"
    kernel: Annotated[
        resampling.Kernel,
        Doc(
            "How the large pixels came about. lanczos: by optics or software that leaves out what is too fine. "
            "area: each is the mean of the light on it, as in a camera that bins."
        ),
    ] = "lanczos"

    noisy: Annotated[
        bool,
        Doc(
            "Leave out the image's noise as well. Otherwise the result agrees with the image in each pixel, noise and all."
        ),
    ] = False

    @property
    def factors(self) -> tuple[int, int]:
        """Along (y, x)."""
        return (self.factor if isinstance(self.factor_y, str) else self.factor_y), self.factor

    def degrade(self, x: torch.Tensor) -> torch.Tensor:
        return resampling.downsample(x, self.factors, self.kernel)

    def instrument(self, observed: torch.Tensor) -> ForwardModel:
        wanted = self.wanted_shape(tuple(observed.shape[2:]))[-2:]
        # Held on to: a captured step reads them.
        matrices = resampling.downsampling_matrices(wanted, self.factors, self.kernel, observed)
        return ForwardModel(lambda x: resampling.apply_matrices(x, matrices))

    def wanted_shape(self, observed: tuple[int, ...]) -> tuple[int, ...]:
        rows, columns = (n * factor for n, factor in zip(observed[-2:], self.factors, strict=True))
        return (*observed[:-2], rows, columns)

    def misfit(self, degraded: torch.Tensor, observed: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return losses.absolute(degraded, observed, weight)

    def joined(self, drawn: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
        return drawn if self.noisy else resampling.back_project(drawn, observed, self.factors, self.kernel)

    def lift(self, x: torch.Tensor) -> torch.Tensor:
        return resampling.upsample(x, (*(1 for _ in x.shape[2:-2]), *self.factors))

    def again(self, observed: torch.Tensor, weight: torch.Tensor, begun: torch.Tensor | None) -> DegradationStages:
        """Halved and halved again, as it may have become small; undone one small step at a time, each learnt from the image.

        The result so far, made smaller again but for a step or more, is the better a picture to learn from the sharper it is.
        Of a noisy image, the first step is learnt with as much noise in what is shown as there is in the image, which shrinking
        has nearly averaged away. The noise of what is to be given back cannot be told from that, so none is.
        """
        steps = resampling.prime_steps(self.factors)
        reached = [tuple(map(math.prod, zip(*steps[: n + 1], strict=True))) for n in range(len(steps))]

        def pictures(result: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
            if result is None:
                return (observed,)
            left = [tuple(a // b for a, b in zip(self.factors, done, strict=True)) for done in reached[:-1]]
            return observed, *(resampling.downsample(result, factors, self.kernel) for factors in left)

        sigma = laplacian_sigma(observed[0].cpu().numpy(), weight[0, 0].cpu().numpy() > 0) if self.noisy else 0.0

        def once(step: tuple[int, ...], so_far: tuple[int, ...]) -> Stage:
            added = (
                sigma * math.sqrt(1 - resampling.downsampled_noise_variance(step, self.kernel))
                if so_far == step
                else 0.0
            )

            def lose(x: torch.Tensor, draws: torch.Generator) -> torch.Tensor:
                shrunk = resampling.downsample(x, step, self.kernel)
                return shrunk + added * torch.empty_like(shrunk).normal_(generator=draws) if added else shrunk

            return Stage(
                lose=lose,
                show=lambda y: resampling.upsample(y, (*(1 for _ in y.shape[2:-2]), *step)),
                meet=identity if self.noisy else lambda x: resampling.back_project(x, observed, so_far, self.kernel),
            )

        return DegradationStages(
            rounds=tuple(once(*both) for both in zip(steps, reached, strict=True)),
            pictures=pictures,
            multiple=math.lcm(*(n for step in steps for n in step)),
            transposes=all(y == x for y, x in steps),
        )

    def need(self, plane: NDArray[np.generic]) -> Need:
        alone = max(self.factors) > _REPEATABLE and plane[0].size <= _FEW and not self.noisy
        return "much detail" if alone else "detail"

    def check(self, observed: tuple[int, ...]) -> None:
        if self.factors == (1, 1):
            raise ValueError("factor = 1: needs 2 or more, in Y or in X.")
