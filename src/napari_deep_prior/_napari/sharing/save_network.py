"""The network that learnt in a run, kept in a file: it draws other images of the same microscope in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from napari.qt.threading import create_worker
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_deep_prior._napari.sharing.save_button import confirmed
from napari_deep_prior.core.results import RunError
from napari_deep_prior.files.tensors import ENDING

_NAME = "network.safetensors"


class Learnt(Protocol):
    """A run whose network may be kept."""

    @property
    def active(self) -> bool:
        """Whether it goes on."""

    def write_network(self, path: Path) -> None:
        """Keep the network in a file, replacing what is there. May take seconds. ValueError: there is none."""


def save_network(parent: QWidget, run: Learnt | None, say: Callable[[str], None]) -> None:
    """Ask where to, and keep the network of a run there, in a thread of its own; says how it went."""
    if run is None:
        say("Only the network of the last run can be saved, while its result is selected.")
        return
    if run.active:
        say("The network can be saved once the run has ended.")
        return
    given, _ = QFileDialog.getSaveFileName(
        parent,
        "Save the network",
        _NAME,
        f"Network (*{ENDING})",
        options=QFileDialog.Option.DontConfirmOverwrite,  # it would ask about the name before its ending is added
    )
    if not given:
        return
    path = Path(given)
    path = path if path.suffix == ENDING else path.with_name(f"{path.name}{ENDING}")
    if path.exists() and not confirmed(parent, [path]):
        say("Nothing was saved.")
        return
    say(f"The network is checked and saved as {path.name}.")
    create_worker(_written, run, path, _connect={"returned": say})


def _written(run: Learnt, path: Path) -> str:
    """Keep it, and how that went; never raises, as napari 0.9 fails on a worker's error under PySide6."""
    try:
        run.write_network(path)
    except (OSError, ValueError, RunError) as error:
        return f"The network could not be saved: {error}"
    return f"Saved {path.name}. Choose it under 'network' for another image of the same microscope."
