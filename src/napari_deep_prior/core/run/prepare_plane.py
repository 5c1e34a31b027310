"""Preparation of one plane: from the caller's array to the observation that a fit sees."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.data.piece import Piece
from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.data.stack import nearest_pixels
from napari_deep_prior.core.imaging.local_flux import keep_local_flux
from napari_deep_prior.core.imaging.variogram import error_between_pixels, error_in_holes
from napari_deep_prior.core.noise.estimate import NoiseEstimate
from napari_deep_prior.core.noise.model import NoiseModel
from napari_deep_prior.core.physics.forward_model import ForwardModel
from napari_deep_prior.core.physics.padding import pad_replicate
from napari_deep_prior.core.run.validation import check_plane
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.sampling.patches import Place
from napari_deep_prior.core.tasks import AbstractTask


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedPlane:
    """One plane of the caller's image, and what is known of it before a fit.

    Attributes
    ----------
    piece
        Where it comes from and where its result goes.
    pixels
        (c, [z,] y, x) in the caller's units, without flat channels.
    context
        Pixels of neighbouring planes that the network is shown too, like `pixels`.
    place, around
        Which part of a plane this is, one slice for each of its ([z,] y, x), and the pixels of that plane; () and None where it is
        the plane itself.
    flat, whole
        Which channels are flat (c,), and the pixels with them; None where none is.
    masks
        Which of its pixels are known, noisy, and returned as they were.
    scaling
        Between the caller's units and the tensor's.
    noise
        Measured noise; None where none could be measured.
    """

    piece: Piece
    axes: Axes
    task: AbstractTask
    device: Device
    pixels: NDArray[np.generic]
    masks: Masks
    scaling: Scaling
    noise: NoiseModel | None
    context: tuple[NDArray[np.generic], ...] = ()
    place: Place = ()
    around: NDArray[np.generic] | None = None
    flat: NDArray[np.bool_] | None = None
    whole: NDArray[np.generic] | None = None

    def part(self, place: Place) -> PreparedPlane:
        """A part of the plane, on its scale and with its noise; what is restored of it is shown in the plane as it was."""
        return dataclasses.replace(
            self,
            pixels=self.pixels[:, *place],
            masks=self.masks.part(place),
            noise=None if self.noise is None else self.noise.part(place),
            context=tuple(beside[:, *place] for beside in self.context),
            place=place,
            around=self.pixels,
        )

    def in_plane(self, part: NDArray[np.float32], *, value: bool) -> NDArray[np.float32]:
        """A result of this part, (c, [z,] y, x), in its plane: around it the pixels as they were, or 0 for an uncertainty."""
        if self.around is None:
            return part
        plane = self.around.astype(np.float32) if value else np.zeros(self.around.shape, np.float32)
        plane[:, *self.place] = part
        return plane

    def scaled_no_finer_than(self, gain: NDArray[np.float64]) -> PreparedPlane:
        """The same with a scaling whose unit is at least `gain`; see `Scaling.no_finer_than`."""
        scaling = self.scaling.no_finer_than(gain)
        noise = None if self.noise is None else self.noise.scaled(scaling)
        return dataclasses.replace(self, scaling=scaling, noise=noise)

    def with_flat(self, image: NDArray[np.float32], *, value: bool) -> NDArray[np.float32]:
        """A result with the flat channels in their places: with their value, or 0 for an uncertainty."""
        if self.flat is None or self.whole is None:
            return image
        all_channels = np.zeros((len(self.flat), *image.shape[1:]), np.float32)
        all_channels[~self.flat] = image
        if value:
            known = self.whole[:, self.masks.known][self.flat, 0]
            all_channels[self.flat] = known.reshape(-1, *(1 for _ in image.shape[1:]))
        return all_channels

    @property
    def output_shape(self) -> tuple[int, ...]:
        """([z,] y, x) of the result."""
        return self.task.output_shape(self.masks.known.shape)

    @property
    def same_grid(self) -> bool:
        """Whether the result has the pixels of the image."""
        return self.output_shape == self.masks.known.shape

    @property
    def expected_loss(self) -> float | None:
        """The misfit that noise alone makes, in tensor units; None where it is not known, or not for this misfit."""
        if self.noise is None or not self.noise.expected_loss or not self.task.misfit(self.noise).shows_noise:
            return None
        return self.noise.expected_loss * float(self.masks.noisy.mean())

    def least_uncertainty(self) -> NDArray[np.float32] | None:
        """Of the result where nothing was measured, (c, [z,] y, x) in the caller's units, from how the image changes; None: all was."""
        noise, known = 0.0 if self.noise is None else self.noise.variance, self.masks.known
        if self.same_grid and known.all():
            return None
        pixels = np.where(known, self.pixels, 0).astype(np.float64)
        if self.same_grid:
            return error_in_holes(pixels, known, noise).astype(np.float32)
        error = error_between_pixels(pixels, noise).astype(np.float32)
        return nearest_pixels(error, (len(error), *self.output_shape)).astype(np.float32)

    def observation(self) -> Observation:
        """The plane as one fit sees it, with a forward model of its own."""
        task, masks, device = self.task, self.masks, self.device.torch
        tensor = self.scaling.to_tensor(self.pixels, None if masks.known.all() else masks.known)
        image, known, guide = tensor.to(device), self._on_device(masks.known), task.guide_image()
        physics = task.forward_model(image, masks).to(device)
        return Observation(
            image=image,
            known=known,
            shown=known,
            fitted=known,
            noisy=None if masks.noisy.all() else self._on_device(masks.noisy),
            physics=physics,
            misfit=task.misfit(self.noise),
            noise=self.noise,
            guide=None if guide is None else guide.to(device),
            context=self._context(),
            stages=lambda seen: task.stages(seen.image, seen.shown, physics, seen.estimate),
            finish=lambda output, fits_known: self._with_flux(
                task.finish(output, image, masks, physics, fits_known=fits_known), image, known, physics
            ),
        )

    @torch.no_grad()
    def _with_flux(
        self, output: torch.Tensor, observed: torch.Tensor, known: torch.Tensor, physics: ForwardModel
    ) -> torch.Tensor:
        """The result with the light of the observed image, where the task keeps it; beyond its edges it goes on as it ends there."""
        sigma = self.task.flux_sigma(self.noise)
        if sigma is None:
            return output

        def seen(restored: torch.Tensor) -> torch.Tensor:
            degraded: torch.Tensor = physics(pad_replicate(restored, physics.margin))
            return degraded

        return keep_local_flux(output, observed, known, sigma, seen)

    def _context(self) -> torch.Tensor | None:
        """The neighbouring planes on the scale of this one, so that a change of brightness can be seen."""
        if not self.context:
            return None
        channels = np.concatenate(self.context)
        scaling = self.scaling.repeated(len(self.context))
        if channels.dtype.kind == "f":
            channels = np.where(np.isfinite(channels), channels, scaling.offset)
        return scaling.to_tensor(channels).to(self.device.torch)

    def _on_device(self, where: NDArray[np.bool_]) -> torch.Tensor:
        return torch.from_numpy(where.astype(np.float32))[None, None].to(self.device.torch)


def prepare_plane(
    piece: Piece,
    pixels: NDArray[np.generic],
    axes: Axes,
    task: AbstractTask,
    masks: Masks,
    noise: NoiseEstimate | None,
    device: Device,
) -> PreparedPlane:
    """Look at a piece of the image.

    Parameters
    ----------
    pixels
        What was read of it, (c, [z,] y, x) in the caller's units.
    task
        With its companions already cut out for this piece.
    masks
        What the task says of its pixels.
    noise
        Measured in the piece, or where that was impossible in the first of the stack.

    Raises
    ------
    ValueError
        If nothing can be learnt from the piece.
    """
    check_plane(pixels, masks.known)
    scaling = Scaling.of(pixels, masks.known, together="S" in axes.letters)
    if (floor := task.lower_bound()) is not None:
        scaling = scaling.from_bound(floor)
    return PreparedPlane(
        piece=piece,
        axes=axes,
        task=task,
        device=device,
        pixels=pixels,
        masks=masks,
        scaling=scaling,
        noise=NoiseModel(noise, scaling, masks.strength) if noise is not None and noise.sigma else None,
    )
