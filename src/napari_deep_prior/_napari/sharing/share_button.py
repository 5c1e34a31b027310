"""Share: what was chosen as a Python program, a command line or a batch file, to do the same without the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton

from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.widgets.rows import wrapped

if TYPE_CHECKING:
    from napari_deep_prior.workflows.workflow import Workflow


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One way to restore one image, and what to know about it."""

    workflow: Workflow
    image: str
    output: str
    notes: tuple[str, ...] = ()


class ShareButton(QPushButton):
    """A button with three ways to take the work elsewhere; what was done is said, not shown in a dialogue."""

    def __init__(self, shared: Callable[[], Shared], say: Callable[[str], None], title: str = "Share") -> None:
        super().__init__(title)
        self._shared, self._say = shared, say
        self.setToolTip(wrapped("Do the same without this window: as Python, as a command line, or for many files."))
        menu = QMenu(self)
        menu.addAction("Copy as Python", self.copy_python)
        menu.addAction("Copy as command line", self.copy_command)
        menu.addAction("Save as batch…", self.save_batch)
        self.setMenu(menu)

    def copy_python(self) -> None:
        """A program onto the clipboard."""
        from napari_deep_prior.workflows.as_text import as_python

        self._copy("A Python program", lambda shared: as_python(shared.workflow, shared.image))

    def copy_command(self) -> None:
        """A command line onto the clipboard."""
        from napari_deep_prior.workflows.as_text import as_command

        self._copy("A command line", lambda shared: as_command(shared.workflow, shared.image, shared.output))

    def save_batch(self) -> None:
        """A batch file, where the user says."""
        if (shared := self._ready()) is not None:
            path, _ = QFileDialog.getSaveFileName(
                self, "Save as batch", f"{shared.workflow.task}.toml", "Batch (*.toml)"
            )
            if path:
                self.write_batch(Path(path), shared)

    def write_batch(self, path: Path, shared: Shared) -> None:
        """Write it and say how to run it."""
        from napari_deep_prior.workflows.workflow import write_workflow

        try:
            write_workflow(path, shared.workflow)
        except OSError as error:
            self._say(f"The batch could not be saved: {error}")
            return
        self._say(f"Saved. To run it: napari-deep-prior batch {path.name} IMAGES --output FOLDER")

    def _copy(self, what: str, words: Callable[[Shared], str]) -> None:
        if (shared := self._ready()) is not None:
            QGuiApplication.clipboard().setText(words(shared))
            self._say(" ".join([f"{what} is on the clipboard.", *shared.notes]))

    def _ready(self) -> Shared | None:
        try:
            return self._shared()
        except (Incomplete, ValueError) as missing:
            self._say(str(missing))
            return None


def shared(
    values: Mapping[str, Any], image: Any, companions: Mapping[str, Any], past: str, *, notes: tuple[str, ...] = ()
) -> Shared:
    """What was chosen, with layers turned into the files they came from; `image` and companions are layers or names."""
    from napari_deep_prior.workflows.workflow import Workflow

    path, paths = path_of(image), {name: path_of(layer) for name, layer in companions.items()}
    unsaved = [f"'{p.stem}'" for p, layer in [(path, image), *zip(paths.values(), companions.values(), strict=True)]
               if not _saved(layer)]  # fmt: skip
    if unsaved:
        notes = (*notes, f"Save {' and '.join(unsaved)} under that name first (File > Save Selected Layers).")
    return Shared(
        workflow=Workflow(**values, companions={name: str(p) for name, p in paths.items()}),
        image=str(path),
        output=str(path.with_name(f"{path.stem}-{past.replace(' ', '-')}.tif")),
        notes=notes,
    )


def path_of(layer: Any) -> Path:
    """The file a layer was opened from, or the name it should be saved under."""
    if _saved(layer):
        return Path(layer.source.path)
    name = str(getattr(layer, "name", layer))
    return Path("".join("-" if letter in '/\\:*?"<>|' else letter for letter in name) + ".tif")


def _saved(layer: Any) -> bool:
    return getattr(getattr(layer, "source", None), "path", None) is not None
