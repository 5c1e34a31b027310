"""The command that makes the demonstration."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import tyro
from typing_extensions import Doc

from napari_deep_prior.cli.progress import follow
from napari_deep_prior.cli.restore import Flag
from napari_deep_prior.core.settings import Settings

# isort: split
# After the core, which sets how torch's threads wait: torch reads that once, as it loads.
# Before Qt: on Windows, PyTorch from 2.9 on may not load after it.
from napari_deep_prior.cli.window import Gui, has_display


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demo:
    """Take noise from one picture and text from another, and save pictures, curves and films of it. Under 3 minutes."""

    output: Annotated[Path, tyro.conf.arg(metavar="DIR"), Doc("Folder to write into; made if missing.")] = Path(
        "napari-deep-prior-demo"
    )
    seconds: Annotated[float, Doc("Time budget for each of the two restorations.")] = 50.0
    overwrite: Annotated[Flag, Doc("Replace the files of an earlier demonstration in DIR.")] = False
    show: Annotated[bool, Doc("Open the results in napari where there is a display.")] = True

    def run(self) -> int:
        """Make the pictures, name them, and show them where there is a display."""
        from napari_deep_prior import demo, files

        files.check_free((self.output / name for name in demo.FILES), overwrite=self.overwrite)
        made = demo.make(self.output, Settings(seconds=self.seconds), say=sys.stdout.write, watch=follow)
        if self.show and has_display() and importlib.util.find_spec("napari"):
            return Gui(files=tuple(path for path in made if path.suffix == ".tif")).run()
        return 0
