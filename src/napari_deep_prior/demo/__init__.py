"""The demonstration: shot noise on half of an image, taken away; text over an image, removed. The truth is known here.

It is the article this project started from, on images that come with scikit-image.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior import files
from napari_deep_prior.core.results import Result
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.core.tasks.inpaint import Inpaint
from napari_deep_prior.demo import pictures
from napari_deep_prior.workflows.restore_file import Watch

PHOTONS = 40.0
"""Photons in the brightest pixel of the noisy image: few, as in a fast or careful exposure."""

TEXT = """Sample 7, field 3, section 12
haematoxylin and DAB stain
objective 20x, aperture 0.8
exposure 12 ms, gain 1
2021-03-04  16:20, camera 2
remove this text before use
and look under the letters"""

FILES = tuple(
    f"{name}{ending}"
    for name, extra in (("denoise", ()), ("inpaint", ("-mask.tif",)))
    for ending in ("-observed.tif", "-restored.tif", "-restored.tif.json", *extra, ".png", "-curve.png", ".gif")
)
"""What `make` writes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Experiment:
    """A degraded image with its truth, in units of its own.

    `scored` is where the figures are taken, (y, x), True = counted; `white` is the value shown as white; `detail` is the
    corner (y, x) of the part that the picture shows enlarged; `observed_as` says in a word what was done to the image,
    with room for its PSNR where that means something.
    """

    name: str
    title: str
    observed_as: str
    truth: NDArray[Any]
    observed: NDArray[Any]
    axes: str
    task: AbstractTask
    scored: NDArray[np.bool_]
    white: float
    detail: tuple[int, int]
    extra: dict[str, NDArray[Any]] = dataclasses.field(default_factory=dict)

    def psnr(self, image: NDArray[Any], *, elsewhere: bool = False) -> float:
        """Peak signal-to-noise ratio against the truth on the scored pixels, or on all others, in dB."""
        where = ~self.scored if elsewhere else self.scored
        error = np.mean((image[where].astype(np.float64) - self.truth[where]) ** 2)
        return float(10 * np.log10(self.white**2 / error)) if error else float("inf")

    @property
    def before(self) -> str:
        """What is observed, in words."""
        return self.observed_as.format(self.psnr(self.observed))


def _bundled(name: str) -> NDArray[Any]:
    """One of the images inside scikit-image's package: no download."""
    from skimage import data

    load: Any = getattr(data, name)
    return np.asarray(load())


def shot_noise(size: int = 256) -> Experiment:
    """The camera man in few photons: Poisson noise on the left half, none on the right."""
    truth = (_bundled("camera")[40 : 40 + size, 100 : 100 + size] / 255 * PHOTONS).astype(np.float32)
    left = np.broadcast_to(np.arange(truth.shape[1]) < truth.shape[1] // 2, truth.shape)
    counts = np.random.default_rng(0).poisson(truth).astype(np.float32)
    return Experiment(
        name="denoise",
        title="Shot noise on the left half, taken away",
        observed_as="noisy, {:.1f} dB",
        truth=truth,
        observed=np.where(left, counts, truth),
        axes="YX",
        task=Denoise(),
        scored=left,
        white=PHOTONS,
        detail=(size // 4, size * 5 // 16),
    )


def text_overlay(size: int = 256) -> Experiment:
    """A stained tissue section with text burned into it; the mask is the text."""
    truth = _bundled("immunohistochemistry")[256 : 256 + size, 128 : 128 + size]
    mask = pictures.drawn_text(TEXT, truth.shape[:2])
    return Experiment(
        name="inpaint",
        title="Text over the image, removed",
        observed_as="with text",
        truth=truth,
        observed=np.where(mask[..., None], np.uint8(0), truth),
        axes="YXS",
        task=Inpaint(mask=mask.astype(np.uint8)),
        scored=mask,
        white=255.0,
        detail=(size * 3 // 8, size // 2),
        extra={"mask": mask.astype(np.uint8)},
    )


def make(
    folder: Path, settings: Settings, *, say: Callable[[str], object], watch: Watch = iter, size: int = 256
) -> list[Path]:
    """Run both experiments and write everything into `folder`; files of an earlier demonstration are replaced.

    Parameters
    ----------
    folder
        Made where it is missing.
    settings
        For both fits.
    say
        Takes each line of the report.
    watch
        Draws the snapshots from a fit; a progress bar may be put in between.
    size
        Edge of the images in pixels.

    Returns
    -------
    list of Path
        The images to look at first in a viewer: observed and restored ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for experiment in (shot_noise(size), text_overlay(size)):
        say(f"{experiment.title}:\n")
        fit = Fit(experiment.observed, experiment.task, settings, axes=experiment.axes)
        frames = [(s, pictures.displayed(s.image, experiment.white)) for s in watch(fit) if s.image is not None]
        shown += _save(folder, experiment, fit.result, frames)
        say(_figures(experiment, fit.result))
    say(f"\nWritten into {folder.resolve()}:\n" + "".join(f"  {path.name}\n" for path in sorted(folder.iterdir())))
    return shown


def _save(folder: Path, experiment: Experiment, result: Result, frames: list[pictures.Frame]) -> list[Path]:
    """Images as TIFF, then what is made of them to look at; returns the TIFF files."""
    name = experiment.name
    plain = files.Picture(array=experiment.observed, axes=experiment.axes)
    observed, restored = folder / f"{name}-observed.tif", folder / f"{name}-restored.tif"
    files.write(observed, experiment.observed, like=plain, overwrite=True)
    files.write(restored, result.image, like=plain, record=result.record.to_json(), overwrite=True)
    for kind, array in experiment.extra.items():
        files.write(folder / f"{name}-{kind}.tif", array, like=files.Picture(array=array, axes="YX"), overwrite=True)
    labelled = {
        "original": experiment.truth,
        experiment.before: experiment.observed,
        f"restored, {experiment.psnr(result.image):.1f} dB": result.image,
    }
    pictures.comparison(folder / f"{name}.png", experiment.title, labelled, experiment.white, experiment.detail)
    pictures.curve(folder / f"{name}-curve.png", experiment.title, result)
    pictures.film(folder / f"{name}.gif", pictures.displayed(experiment.observed, experiment.white), frames)
    return [observed, restored]


def _figures(experiment: Experiment, result: Result) -> str:
    elsewhere = experiment.psnr(result.image, elsewhere=True)
    rest = (
        "everything else untouched"
        if np.isinf(elsewhere)
        else f"{elsewhere:.1f} dB in the rest, which was perfect before"
    )
    return (
        f"  {experiment.before} -> restored, {experiment.psnr(result.image):.1f} dB where it was spoilt; {rest}\n"
        "  (PSNR; it can be given only because the truth is known here)\n"
        f"  {result.record.planes[-1].iterations} steps in {result.record.seconds:.0f} s: {result.reason.value}\n"
    )
