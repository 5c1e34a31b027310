"""Share: what was chosen as a Python program, a command line or a batch file, to do the same without the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton

from napari_deep_prior._napari.layers.companion_arrays import write_on
from napari_deep_prior._napari.layers.drawings import is_drawing
from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.sharing.save_button import confirmed
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari_deep_prior.core.tasks import AbstractTask
    from napari_deep_prior.workflows.workflow import Workflow


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unsaved:
    """A layer that is in no file yet: one that goes with the image, such as a mask that was painted or drawn, or the image."""

    file: str
    layer: Any
    image: Any
    own_grid: bool

    def write(self, folder: Path) -> None:
        """As a file over the image; raises OSError or ValueError."""
        write_on(self.image, self.layer, folder / self.file, own_grid=self.own_grid)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """One way to restore one image, and what to know about it."""

    workflow: Workflow
    image: str
    output: str
    unsaved: tuple[Unsaved, ...] = ()
    """What goes with the image and is in no file yet."""
    unsaved_image: tuple[Unsaved, ...] = ()
    """The image, where that is in none."""
    notes: tuple[str, ...] = ()


class ShareButton(QPushButton):
    """A button with ways to take the work elsewhere; what was done is said, not shown in a dialogue."""

    def __init__(self, shared: Callable[[], Shared], say: Callable[[str], None], title: str = "Share") -> None:
        super().__init__(title)
        self._shared, self._say = shared, say
        self.setToolTip(wrapped("Do the same without this window: as Python, as a command line, or for many files."))
        menu = QMenu(self)
        menu.addAction("Copy as Python", self.copy_python)
        menu.addAction("Copy as command line", self.copy_command)
        menu.addAction("Save its files…", self.save_files)
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

    def save_files(self) -> None:
        """What a copied program or command line names and is in no file yet, into a folder, where it is then to be run."""
        if (shared := self._ready()) is None:
            return
        wanted = (*shared.unsaved_image, *shared.unsaved)
        if not wanted:
            self._say("All of it is in files already.")
        elif folder := QFileDialog.getExistingDirectory(self, "Save what is in no file yet"):
            try:
                if self._written(wanted, Path(folder)):
                    names = " and ".join(one.file for one in wanted)
                    self._say(f"Saved {names}. Run the program or the command line in {folder}.")
            except (OSError, ValueError) as error:
                self._say(f"It could not be saved: {error}")

    def _written(self, wanted: Sequence[Unsaved], folder: Path) -> bool:
        """Write them, unless what is there is to stay; raises OSError or ValueError."""
        if (there := [folder / one.file for one in wanted if (folder / one.file).exists()]) and not confirmed(
            self, there
        ):
            self._say("Nothing was saved.")
            return False
        for one in wanted:
            one.write(folder)
        return True

    def save_batch(self) -> None:
        """A batch file, where the user says."""
        if (shared := self._ready()) is not None:
            path, _ = QFileDialog.getSaveFileName(
                self, "Save as batch", f"{shared.workflow.task}.toml", "Batch (*.toml)"
            )
            if path:
                self.write_batch(Path(path), shared)

    def write_batch(self, path: Path, shared: Shared) -> None:
        """Write it, and beside it what is in no file yet; say how to run it."""
        from napari_deep_prior.workflows.workflow import write_workflow

        try:
            if not self._written(shared.unsaved, path.parent):
                return
            write_workflow(path, shared.workflow)
        except (OSError, ValueError) as error:
            self._say(f"The batch could not be saved: {error}")
            return
        more = f" with {' and '.join(one.file for one in shared.unsaved)} beside it" if shared.unsaved else ""
        self._say(f"Saved{more}. To run it: napari-deep-prior batch {path.name} IMAGES --output FOLDER")

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
    values: Mapping[str, Any],
    image: Any,
    companions: Mapping[str, Any],
    task: type[AbstractTask],
    *,
    notes: tuple[str, ...] = (),
) -> Shared:
    """What was chosen, with layers turned into the files they came from; `image` and companions are layers or names."""
    from napari_deep_prior.workflows.workflow import Workflow

    path, paths = path_of(image), {name: path_of(layer) for name, layer in companions.items()}
    unsaved = _unsaved(image, companions, task)
    whole = not isinstance(image, str) and not _saved(image)
    unsaved_image = (Unsaved(file=str(path), layer=image, image=image, own_grid=True),) if whole else ()
    written = [one.layer for one in (*unsaved_image, *unsaved)]
    missing = [layer for layer in (image, *companions.values()) if not _saved(layer) and layer not in written]
    return Shared(
        workflow=Workflow(**values, companions={name: str(p) for name, p in paths.items()}),
        image=str(path),
        output=str(path.with_name(f"{path.stem}-{task.past.replace(' ', '-')}.tif")),
        unsaved=unsaved,
        unsaved_image=unsaved_image,
        notes=(*notes, *_to_be_saved(missing, written)),
    )


def _to_be_saved(missing: Sequence[Any], written: Sequence[Any]) -> Iterator[str]:
    """What is to be done about layers in no file: those that are gone, and those that we can write."""
    if missing:
        names = " and ".join(f"'{path_of(layer).stem}'" for layer in missing)
        yield f"Save {names} under that name first (File > Save Selected Layers)."
    if written:
        names, verb = " and ".join(f"'{layer.name}'" for layer in written), "is" if len(written) == 1 else "are"
        yield f"{names} {verb} in no file yet: Share > Save its files… writes what is named there."


def _unsaved(image: Any, companions: Mapping[str, Any], task: type[AbstractTask]) -> tuple[Unsaved, ...]:
    """Those of the companions that can be written; names stand for layers that are gone."""
    apart = {p.name for p in parameters_of(task) if p.layer is not None and p.layer.own_grid}
    there = (
        {}
        if isinstance(image, str)
        else {name: layer for name, layer in companions.items() if not isinstance(layer, str)}
    )
    return tuple(
        Unsaved(file=str(path_of(layer)), layer=layer, image=image, own_grid=name in apart)
        for name, layer in there.items()
        if not _saved(layer)
    )


def path_of(layer: Any) -> Path:
    """The file a layer was opened from, or the name it should be saved under."""
    if _saved(layer):
        return Path(layer.source.path)
    name = str(getattr(layer, "name", layer))
    return Path("".join("-" if letter in '/\\:*?"<>|' else letter for letter in name) + ".tif")


def _saved(layer: Any) -> bool:
    """Whether it came from a file of pixels; what is drawn comes from a list of corners, if from a file at all."""
    return not is_drawing(layer) and getattr(getattr(layer, "source", None), "path", None) is not None
