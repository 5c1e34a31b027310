"""The command that opens napari with images and the widget."""

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
        _show_panel(viewer)
        napari.run()
        return 0


def _show_panel(viewer: Any) -> None:
    """By the plugin's own command: napari's menus then show and hide this panel, where they would open a second one."""
    from npe2 import PluginManager  # napari brings it

    PluginManager.instance().commands.execute(f"{PROGRAM}.show_panel", args=(viewer,))


def _open(viewer: Any, path: Path) -> None:
    """Show a file as an image layer that knows its pixel size, which napari's own readers drop; they open other kinds."""
    try:
        picture = files.read(path)
    except ValueError:
        picture = None
    if picture is None or not _fits_a_layer(picture):
        viewer.open(path)
        return
    axes = ome_axes(picture.letters)
    grid = axes.removesuffix("S")
    sizes = [picture.pixel_size.get(letter) for letter in grid]
    viewer.add_image(
        picture.array.transpose([picture.letters.index(letter) for letter in axes]),
        name=path.stem,
        rgb="S" in axes,
        axis_labels=tuple(grid),
        scale=tuple(size.size if size else 1.0 for size in sizes),
        translate=tuple(picture.origin.get(letter, 0.0) for letter in grid),
        units=tuple(size.unit if size else "pixel" for size in sizes),
    )


def _fits_a_layer(picture: files.Picture) -> bool:
    """Whether the axes are known, and samples are red, green and blue."""
    return bool(picture.axes) and ("S" not in picture.letters or picture.array.shape[picture.letters.index("S")] == 3)


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
