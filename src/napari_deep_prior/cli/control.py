"""The command that tries a result's recipe on pure noise, and on half of its data."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import tyro
from annotated_types import Ge
from typing_extensions import Doc

from napari_deep_prior.cli.progress import NOT_SAVED, follow
from napari_deep_prior.cli.recorded import RecordedCompanions, RecordedInput
from napari_deep_prior.cli.restore import Flag
from napari_deep_prior.core.diagnostics.pure_noise import pure_noise_control
from napari_deep_prior.core.diagnostics.supported_frequency import supported_frequency
from napari_deep_prior.core.results import Snapshot
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.workflows.control import recipe_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Control:
    """Show what a result's recipe draws on a flat field with the image's noise: structure as weak as that may be noise."""

    result: Annotated[
        tyro.conf.Positional[Path],
        tyro.conf.arg(metavar="RESULT"),
        Doc("A restored image or its record (.json); or an image, which is then denoised as by default."),
    ]
    input: RecordedInput = None
    companions: RecordedCompanions = ()
    plane: Annotated[int, Ge(1), Doc("Of a stack, counted from 1.")] = 1
    frequency: Annotated[
        Flag,
        Doc("Instead: up to which frequency the result is supported by data it never saw. Restores half of the data."),
    ] = False
    seed: Annotated[int, Ge(0), Doc("Number the noise is drawn from.")] = 0
    quiet: Annotated[Flag, Doc("No progress bar.")] = False

    def run(self) -> int:
        """Try it, and say what was found and what it does not say."""
        recipe = recipe_of(self.result, self.input, self.companions, self.plane - 1)
        test = supported_frequency if self.frequency else pure_noise_control
        sys.stdout.write("\n".join((*test(recipe, seed=self.seed, watch=self._follow).sentences, "")))
        return 0

    def _follow(self, fit: Fit) -> Iterator[Snapshot]:
        return follow(fit, quiet=self.quiet, ending=NOT_SAVED)
