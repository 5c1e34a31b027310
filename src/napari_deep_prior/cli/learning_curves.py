"""The command that shows on an image of one's own why a fit is stopped, and when."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import tyro
from annotated_types import Ge, Gt, Le
from typing_extensions import Doc

from napari_deep_prior import files
from napari_deep_prior.cli.progress import NOT_SAVED, follow
from napari_deep_prior.cli.restore import Flag
from napari_deep_prior.core.networks.catalogue import Preset
from napari_deep_prior.core.parameters import Parameters
from napari_deep_prior.core.results import Snapshot
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.settings import Settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setup(Parameters):
    """The part of the image that is used, the noise that is added, and how each target is fitted."""

    size: Annotated[
        int, Ge(16), Doc("Edge of the middle part of the image that is used, in pixels: smaller is sooner.")
    ] = 128
    noise: Annotated[
        float, Gt(0), Le(1), Doc("Standard deviation of the added noise, as a share of the image's range.")
    ] = 0.1
    preset: Annotated[Preset, Doc("Whose network and recipe; paper: the published ones, slow.")] = "balanced"
    iterations: Annotated[int, Ge(10), Doc("Steps for each of the four.")] = 500
    seed: Annotated[int, Ge(0), Le(2**31 - 1), Doc("Number the noise and the random start are drawn from.")] = 0
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], Doc("Where to compute.")] = "auto"

    @property
    def settings(self) -> Settings:
        """For each of the fits: a fixed code as in the paper, and no end before the last step."""
        return Settings(
            preset=self.preset,
            method="deep-image-prior",
            stopping="never",
            seconds="never",
            input_noise=0.0,
            iterations=self.iterations,
            seed=self.seed,
            device=self.device,
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class LearningCurves:
    """Show on an image why a fit is stopped, and when: four targets, from the image to white noise, drawn step by step."""

    input: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="IMAGE"), Doc(f"The image: {files.names()}.")]
    output: Annotated[
        Path,
        tyro.conf.arg(metavar="DIR"),
        Doc("Folder for learning-curves.png and learning-curves.csv; made if missing."),
    ] = Path("napari-deep-prior-curves")
    axes: Annotated[
        str | None, tyro.conf.arg(metavar="LETTERS"), Doc("What each axis of IMAGE is, where the file does not say it.")
    ] = None
    overwrite: Annotated[Flag, Doc("Replace the files in DIR if they exist.")] = False
    setup: Annotated[Setup, tyro.conf.arg(name="")] = dataclasses.field(default_factory=Setup)

    def run(self) -> int:
        """Read, fit four times, draw."""
        from napari_deep_prior.demo import learning_curves as experiment

        files.check_free((self.output / name for name in experiment.FILES), overwrite=self.overwrite)
        picture, setup = files.read(self.input), self.setup
        axes = self.axes.upper() if self.axes else picture.axes
        try:
            targets = experiment.targets(picture.array, axes, size=setup.size, noise=setup.noise, seed=setup.seed)
        except TypeError as error:  # an image of the wrong type
            raise ValueError(str(error)) from error
        experiment.make(self.output, targets, setup.settings, say=sys.stdout.write, watch=_follow)
        return 0


def _follow(fit: Fit) -> Iterator[Snapshot]:
    return follow(fit, ending=NOT_SAVED)
