"""Presets of one's own: all that is chosen before Run, under a name, for another image on another day."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QInputDialog, QMenu, QPushButton

from napari_deep_prior._napari.request import Incomplete
from napari_deep_prior._napari.widgets.asking import agreed
from napari_deep_prior._napari.widgets.rows import wrapped

if TYPE_CHECKING:
    from napari_deep_prior._napari.remembered import Store

_KEPT = "own presets"
"""Where they stand in the panel's file."""


class OwnPresets(QPushButton):
    """A button with a menu: save what the form says under a name, choose a preset, or delete one.

    Parameters
    ----------
    memory
        What the panel remembers.
    read
        What the form says now: plain values by name, and the task.
    use
        Puts such values into the form; raises `Incomplete` where the task is unknown.
    say
        Tells the user.
    """

    def __init__(
        self,
        memory: Store,
        read: Callable[[], dict[str, Any]],
        use: Callable[[dict[str, Any]], None],
        say: Callable[[str], None],
    ) -> None:
        super().__init__("My presets")
        self._memory, self._read, self._use, self._say = memory, read, use, say
        self.setToolTip(
            wrapped("Save task and settings under a name, and use them for another image. Layers are not part of them.")
        )
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._list)
        self.setMenu(self._menu)
        self._list()

    @property
    def names(self) -> list[str]:
        """Of all there are, in the order of the alphabet."""
        return sorted(self._memory.get(_KEPT), key=str.casefold)

    def ask(self) -> None:
        """Ask for a name, and save under it."""
        name, said = QInputDialog.getText(self, "Save a preset", "Name:")
        name = name.strip()
        if not said or not name:
            return
        if name in self.names and not agreed(self, "Replace", f"There is a preset '{name}' already. Replace?"):
            self._say("Nothing was saved.")
            return
        self._memory.keep(_KEPT, name, values=self._read())
        self._say(f"Saved as '{name}', under My presets.")

    def choose(self, name: str) -> None:
        """Put a preset into the form."""
        try:
            self._use(self._memory.get(_KEPT, name))
        except Incomplete as refusal:  # a task of another version
            self._say(str(refusal))
        else:
            self._say(f"The form is as '{name}' says.")

    def delete(self, name: str) -> None:
        """Forget a preset."""
        if agreed(self, "Delete", f"Delete the preset '{name}'?"):
            self._memory.forget(_KEPT, name)
            self._say(f"'{name}' was deleted.")

    def _list(self) -> None:
        """The menu anew: another panel may have saved one meanwhile."""
        self._menu.clear()
        self._menu.addAction("Save these settings as…", self.ask)
        if not self.names:
            return
        self._menu.addSeparator()
        for name in self.names:
            self._menu.addAction(_shown(name), partial(self.choose, name))
        self._menu.addSeparator()
        gone = self._menu.addMenu("Delete")
        for name in self.names:
            gone.addAction(_shown(name), partial(self.delete, name))


def _shown(name: str) -> str:
    """As it was typed: Qt would take a lone & for the mark of a key."""
    return name.replace("&", "&&")
