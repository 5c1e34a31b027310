"""A result saved as it should be: with its axes, its pixel size and its record, which napari's own writers leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget

from napari_deep_prior import files
from napari_deep_prior._napari.layers.saved_record import Record, write_layer
from napari_deep_prior._napari.layers.source import KEY, finest
from napari_deep_prior._napari.widgets.asking import agreed
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior._napari.widgets.wording import planes_text

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image, Layer

_OLDER_ZARR = "OME-Zarr 0.4, for older programs (*.zarr)"

_KINDS = {
    "TIFF (*.tif *.tiff)": (".tif", ".tiff"),
    "OME-Zarr (*.zarr)": (".ome.zarr", ".zarr"),
    "PNG (*.png)": (".png",),
    _OLDER_ZARR: (".ome.zarr", ".zarr"),
}
"""What the dialog offers -> the endings it stands for, the first of which a name without any gets."""


class SaveButton(QPushButton):
    """Asks where to, and saves the selected result there; nothing is replaced unasked, and never what it came from."""

    def __init__(self, viewer: Viewer, record: Callable[[], Record | None], say: Callable[[str], None]) -> None:
        super().__init__("Save…")
        self._viewer, self._record, self._say = viewer, record, say
        self._folder: Path | None = None  # where one saved last
        self.setToolTip(
            wrapped(
                "Save the selected result as TIFF, OME-Zarr or PNG, with axes, pixel size and the record of its run."
            )
        )
        self.clicked.connect(lambda: self.save())

    def save(self) -> None:
        """Ask, save, and say where."""
        layer, record = self._viewer.layers.selection.active, self._record()
        if layer is None or record is None:
            return
        given, kind = QFileDialog.getSaveFileName(
            self,
            "Save the result",
            str(self._start(record) / _file_name(layer)),
            ";;".join(offered(layer, record)),
            # We ask ourselves: the dialog would ask about the name as it was typed, before its ending is added.
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if not given:
            return
        path = with_ending(Path(given), kind)
        if (name := self._open_from(path, layer, record)) is not None:
            self._say(f"Nothing was saved: {path.name} is the file that '{name}' was opened from. Choose another name.")
        elif (there := [file for file in (path, files.record_path(path)) if file and file.exists()]) and not confirmed(
            self, there
        ):
            self._say("Nothing was saved.")
        else:
            self._folder = path.parent
            self._say(saved(layer, record, path, "0.4" if kind == _OLDER_ZARR else files.NEWEST))

    def _start(self, record: Record) -> Path:
        """Where one saved last, otherwise beside the source."""
        if self._folder is not None:
            return self._folder
        source = record.get("source")
        return Path(source).parent if source and Path(source).parent.is_dir() else Path()

    def _open_from(self, path: Path, layer: Layer, record: Record) -> str | None:
        """The name of what would be lost: an open layer that is no result, or the source of this one."""
        for name, file in _originals(self._viewer.layers, layer, record):
            original = Path(file).resolve()
            inside = path.resolve() == original or path.resolve() in original.parents  # of a folder of chunks
            if inside or (path.exists() and original.exists() and path.samefile(original)):
                return name
        return None


def offered(layer: Layer, record: Record) -> list[str]:
    """The kinds of files that can hold a layer as it is."""
    shape, dtype = finest(layer).shape, np.dtype(layer.dtype)
    return [kind for kind, endings in _KINDS.items() if files.holds(f"x{endings[0]}", record["axes"], shape, dtype)]


def with_ending(path: Path, kind: str = "") -> Path:
    """The path with the ending of a kind, of a TIFF unless told, where it has none that is known: "cells.v2" -> "cells.v2.tif"."""
    known = {ending for endings in _KINDS.values() for ending in endings}
    first, *_ = _KINDS.get(kind, (".tif",))
    return path if path.suffix.lower() in known else path.with_name(f"{path.name}{first}")


def confirmed(parent: QWidget, there: Sequence[Path]) -> bool:
    """Ask whether these files may be replaced, by their names."""
    names = " and ".join(file.name for file in there)
    question = f"{names} in {there[0].parent} exist{'s' if len(there) == 1 else ''} already. Replace?"
    return agreed(parent, "Replace", question)


def saved(layer: Image, record: Record, path: Path, ome_zarr: files.OmeZarr = files.NEWEST) -> str:
    """Save a layer with its record, replacing what is there; says how it went."""
    try:
        write_layer(layer, record, path, ome_zarr=ome_zarr)
    except (OSError, ValueError) as error:
        return f"It could not be saved: {error}"
    beside = files.record_path(path)
    record_is = "with its record inside" if beside is None else f"and its record {beside.name}"
    reached = {plane["plane"] for plane in record.get("planes", ())}
    original = planes_text(reached, record.get("planes_in_image", len(reached)))
    return " ".join(filter(None, (f"Saved {path.name} {record_is}.", original)))


def _file_name(layer: Layer) -> str:
    """The layer's name as a file: "cells · sharp · 5 of 12 planes" -> "cells-sharp-5 of 12 planes.tif"."""
    return f"{layer.name}.tif".replace(" · ", "-").replace("/", "-")


def _originals(layers: Sequence[Layer], selected: Layer, record: Record) -> Iterator[tuple[str, str]]:
    """Name and file of every open layer that is no result, and of the source by the record."""
    for layer in layers:
        if layer != selected and layer.source.path is not None and not layer.metadata.get(KEY):
            yield layer.name, layer.source.path
    if record.get("source"):
        yield record.get("layers", {}).get("image", "the source"), record["source"]
