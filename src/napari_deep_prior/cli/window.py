"""Command gui."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import tyro
from typing_extensions import Doc

from napari_deep_prior import files
from napari_deep_prior.cli.exits import FAILED, PROGRAM, fail
from napari_deep_prior.files.formats.tiff import ome_axes

# isort: split
# After the core, which sets how torch's threads wait: torch reads that once, as it loads.
# Before Qt: on Windows, PyTorch from 2.9 on may not load after it.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gui:
    """Open napari with these images and the Deep Image Prior widget."""

    files: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="FILES"), Doc("Images to open.")
    ] = ()

    def run(self) -> int:
        """Stay until the window is closed."""
        for path in self.files:
            if not path.exists():
                raise FileNotFoundError(f"{path} does not exist.")
        if not has_display():
            return fail(FAILED, "There is no display to open a window on.")
        try:
            import napari  # type: ignore[import-untyped,import-not-found,unused-ignore]
        except ImportError as error:
            return fail(FAILED, f"The window needs napari: pip install 'napari-deep-prior[all]' ({error})")
        viewer = napari.Viewer()
        for path in self.files:
            _open(viewer, path)
        viewer.window.add_plugin_dock_widget(PROGRAM)
        napari.run()
        return 0


def _open(viewer: Any, path: Path) -> None:
    """A file as an image layer that knows its pixel size, which napari's own readers drop; other kinds by those."""
    try:
        picture = files.read(path)
    except ValueError:
        picture = None
    axes = ome_axes(picture.axes or "") if picture else ""
    rgb = picture is not None and "S" in axes and picture.array.shape[str(picture.axes).index("S")] == 3
    if picture is None or not axes or ("S" in axes and not rgb):
        viewer.open(path)
        return
    grid = axes.removesuffix("S")
    sizes = [picture.pixel_size.get(letter) for letter in grid]
    viewer.add_image(
        picture.array.transpose([str(picture.axes).index(letter) for letter in axes]),
        name=path.stem,
        rgb=rgb,
        axis_labels=tuple(grid),
        scale=tuple(size.size if size else 1.0 for size in sizes),
        units=tuple(size.unit if size else "pixel" for size in sizes),
    )


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
