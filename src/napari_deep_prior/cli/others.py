"""The commands beside the tasks: the window, the facts about this machine, the demonstration."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import tyro
from typing_extensions import Doc

from napari_deep_prior import __version__, files
from napari_deep_prior.cli.exits import FAILED, PROGRAM, fail
from napari_deep_prior.cli.progress import follow
from napari_deep_prior.core import device
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.files.tiff import ome_axes

# isort: split
# After the core, which sets how torch's threads wait: torch reads that once, as it loads.
# Before Qt: on Windows, PyTorch from 2.9 on may not load after it.
import torch


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Info:
    """Show versions, devices and memory, and what would be used."""

    def run(self) -> int:
        """Print it."""
        sys.stdout.write("".join(f"{name + ':':19}{value}\n" for name, value in _facts()))
        return 0


def _facts() -> Iterator[tuple[str, str]]:
    yield PROGRAM, __version__
    yield "Python", f"{platform.python_version()}, {platform.platform()}"
    for package in ("torch", "numpy", "tifffile", "napari"):
        try:
            yield package, importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield package, "not installed"
    yield "processor", f"{os.cpu_count()} cores, {_memory()}"
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        yield (
            f"cuda {number}",
            f"{torch.cuda.get_device_name(number)}, {total / 2**30:.1f} GB memory, {free / 2**30:.1f} free",
        )
    chosen = device.choose("auto")
    yield "would be used", f"{chosen.name} ({chosen.summary}), because {chosen.reason}"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GB memory"
    except (AttributeError, ValueError, OSError):  # Windows
        return "memory unknown"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demo:
    """Take noise from one picture and text from another, and save pictures, curves and films of it. Under 3 minutes."""

    output: Annotated[Path, tyro.conf.arg(metavar="DIR"), Doc("Folder to write into; made if missing.")] = Path(
        "napari-deep-prior-demo"
    )
    seconds: Annotated[float, Doc("Time budget for each of the two restorations.")] = 50.0
    show: Annotated[bool, Doc("Open the results in napari where there is a display.")] = True

    def run(self) -> int:
        """Make it, name it, show it."""
        from napari_deep_prior import demo

        made = demo.make(self.output, Settings(seconds=self.seconds), say=sys.stdout.write, watch=follow)
        if self.show and has_display() and importlib.util.find_spec("napari"):
            return Gui(files=tuple(path for path in made if path.suffix == ".tif")).run()
        return 0


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
