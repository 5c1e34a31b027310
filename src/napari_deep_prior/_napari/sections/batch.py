"""Many files: a folder, or some files, restored with what the form says; the list says what became of each."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_deep_prior import files
from napari_deep_prior._napari.layers.source import of_kind
from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.running.batch_run import DONE, BatchRun, FileState
from napari_deep_prior._napari.widgets.layout import outermost, row, text
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior.files.formats.registry import SUFFIXES

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior._napari.running.current_run import CurrentRun
    from napari_deep_prior._napari.sharing.share_button import Shared

TITLE, TOOLTIP = (
    "Many files",
    "Restore all images of a folder, or some files, as the form above says, with a list of what became of each.",
)

BESIDE = "companions"
"""Folder inside that of the results for masks that are in no file yet."""

_MASKED = "Each file is restored with what the form says for the chosen image; a mask goes with all of them."
_NONE_OPEN = (
    "Double-click a file in the list to open it: what the form above says for the chosen image is done to all of them."
)
_ROWS = 7
"""Rows of the list that are in sight."""

_LOOK = 250
"""Milliseconds between two looks at how far the present file is."""


def images_in(folder: Path, names: str = "*") -> list[Path]:
    """The images of a folder whose names match, without our own results, in the order of their names."""
    named = (path for path in folder.glob("*") if fnmatch(path.name, names.strip() or "*"))
    found = (path for path in named if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not path.name.startswith(".") and not files.sidecar(path).exists())


class BatchPanel(QWidget):
    """Chooses files, starts and cancels; the batch itself is a `BatchRun` that outlives it.

    Parameters
    ----------
    held
        Holds the batch, and whatever else computes.
    shared
        What the form says now; raises Incomplete or ValueError.
    say
        Tells the user.
    """

    def __init__(
        self,
        viewer: Viewer,
        engine: Engine,
        held: CurrentRun,
        shared: Callable[[], Shared],
        say: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._viewer, self._engine, self._held = viewer, engine, held
        self._shared, self._say = shared, say
        self.run = held.batch = held.batch or BatchRun(engine)
        self._folder: Path | None = None
        self._make()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for part in (
            text(_MASKED),
            row(self.choose_files, self.choose_folder, self.names),
            self.into,
            row(self.change),
            self.replace,
            self.list,
            self.reason,
            self.bar,
            row(self.start_button, self.cancel_button),
        ):
            rows.addWidget(part)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK)
        self._look.timeout.connect(self.show_state)
        self.run.attach(self._on_change)
        self._on_change()

    def _make(self) -> None:
        """What one sees and presses."""
        self.choose_files = _button("Choose files…", "Choose the images to restore.", self._choose_files)
        self.choose_folder = _button(
            "Choose folder…", "Take all images of a folder whose names match.", self._choose_folder
        )
        self.names = QLineEdit("*")
        self.names.setToolTip(wrapped("Which names of a folder are taken: * stands for anything, as in *_GFP.tif."))
        self.names.setAccessibleName("Names in the folder")
        self.into = text()
        self.change = _button("Change…", "Choose the folder for the results.", self._choose_output)
        self.replace = QCheckBox("Replace other results that are there")
        self.replace.setToolTip(
            wrapped("Otherwise a file whose result is there already, made in the same way, is passed over.")
        )
        self.list = self._make_list()
        self.reason = text()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.start_button = _button("Start", "Restore the files that are not done, one after the other.", self.start)
        self.cancel_button = _button(
            "Cancel files", "End: the present file is not saved, those that are done stay.", self._cancel
        )

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget()
        made.setHeaderLabels(["File", "State"])
        made.setRootIsDecorated(False)
        made.setUniformRowHeights(True)
        made.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        made.setToolTip(wrapped("Double-click opens a file and its result."))
        made.setAccessibleName("Files and what became of them")
        made.setMinimumHeight(_ROWS * made.fontMetrics().height() * 3 // 2)
        made.currentItemChanged.connect(lambda *_: self._show_reason())
        made.itemDoubleClicked.connect(lambda item, _: self._open(made.indexOfTopLevelItem(item)))
        return made

    def take(self, images: list[Path]) -> None:
        """These files instead of those before."""
        if not images:
            self._say("There is no image among them.")
            return
        self._folder = None
        self._held.go_with(outermost(self))
        self.run.choose(images)

    def start(self) -> None:
        """Restore what is not done; refused with words where that cannot be."""
        if self._held.active:
            self._say("A run is going on. Stop it first, then press Start again.")
            return
        if not of_kind(self._viewer, "image"):
            self._say(_NONE_OPEN)
            return
        try:
            shared, folder = self._shared(), self.folder
            folder.mkdir(parents=True, exist_ok=True)
            for one in shared.unsaved:
                (folder / BESIDE).mkdir(exist_ok=True)
                one.write(folder / BESIDE)
            batch = self._engine.batch(
                workflow=shared.workflow,
                beside=folder / BESIDE,
                images=[file.image for file in self.run.left],
                folder=folder,
                overwrite=self.replace.isChecked(),
            )
        except (Incomplete, ValueError, OSError) as refusal:
            self._say(str(refusal))
            return
        self._folder = folder
        self.run.start(batch)
        self._on_change()

    @property
    def folder(self) -> Path:
        """Where results go: beside the first image, in the folder `restored`, unless another was chosen."""
        if self._folder is not None:
            return self._folder
        started = [file.result for file in self.run.files if file.result is not None]
        if started:
            return started[0].parent
        first = self.run.files[0].image if self.run.files else Path("image")
        return first.parent / "restored"

    def _choose_files(self) -> None:
        endings = " ".join(f"*{ending}" for ending in SUFFIXES)
        given, _ = QFileDialog.getOpenFileNames(self, "Images to restore", "", f"Images ({endings})")
        if given:
            self.take([Path(one) for one in given])

    def _choose_folder(self) -> None:
        if given := QFileDialog.getExistingDirectory(self, "Folder of images"):
            self.take(images_in(Path(given), self.names.text()))

    def _choose_output(self) -> None:
        if given := QFileDialog.getExistingDirectory(self, "Folder for the results", str(self.folder.parent)):
            self._folder = Path(given)
            self._on_change()

    def _cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self.run.cancel()

    def _on_change(self) -> None:
        """Something has begun or ended."""
        self.show_state()
        left, active = self.run.left, self.run.active
        failed = [file for file in left if file.state == "failed"]
        again = bool(failed) and len(failed) == len(left)
        self.start_button.setText(
            f"Try {len(left)} again" if again else f"Start on {len(left)} files" if len(left) > 1 else "Start"
        )
        self.start_button.setEnabled(bool(left) and not active)
        self.cancel_button.setEnabled(active)
        for widget in (self.choose_files, self.choose_folder, self.change):
            widget.setEnabled(not active)
        self.into.setText(f"Results go to {self.folder}" if self.run.files else "")
        self._look.start() if active else self._look.stop()
        if self.run.words and not active:
            self._say(self.run.words)
            self.run.words = ""

    def show_state(self) -> None:
        """The list and the bar as things stand."""
        while self.list.topLevelItemCount() > len(self.run.files):
            self.list.takeTopLevelItem(self.list.topLevelItemCount() - 1)
        for number, file in enumerate(self.run.files):
            item = self.list.topLevelItem(number)
            if item is None:
                item = QTreeWidgetItem()
                self.list.addTopLevelItem(item)
            for column, words in enumerate((file.image.name, self._words(file))):
                if item.text(column) != words:
                    item.setText(column, words)
                    item.setToolTip(column, wrapped(file.reason or f"{file.image}: {words}"))
        done = sum(file.state in DONE for file in self.run.files)
        self.bar.setMaximum(100 * max(1, len(self.run.files)))
        self.bar.setValue(round(100 * (done + self.run.part)))
        self._show_reason()

    def _words(self, file: FileState) -> str:
        if file.state == "begins":
            return f"{100 * self.run.part:.0f} %"
        return file.state

    def _show_reason(self) -> None:
        """Of the file that is selected, otherwise of the first that failed."""
        number = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else -1
        chosen = self.run.files[number : number + 1] if number >= 0 else []
        failed = [file for file in (*chosen, *self.run.files) if file.state == "failed"]
        self.reason.setText(_told(failed[0]) if failed else "")
        self.reason.setVisible(bool(failed))

    def _open(self, number: int) -> None:
        """A file and its result."""
        file = self.run.files[number]
        result = [file.result] if file.state in DONE and file.result is not None else []
        try:
            for path in (file.image, *result):
                self._viewer.open(path, plugin="napari")
        except Exception as error:  # noqa: BLE001  whatever napari's reader says
            self._say(f"{file.image.name} could not be opened: {error}")


def _told(file: FileState) -> str:
    """Why it failed, under its name alone."""
    words = file.reason.replace(str(file.image), file.image.name)
    return words if words.startswith(file.image.name) else f"{file.image.name}: {words}"


def _button(title: str, tooltip: str, pressed: Callable[[], None]) -> QPushButton:
    button = QPushButton(title)
    button.setToolTip(wrapped(tooltip))
    button.clicked.connect(lambda: pressed())
    return button
