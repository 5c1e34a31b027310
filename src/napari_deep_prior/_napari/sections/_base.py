"""A section of the panel: follows a run, and says what will be in it until that is there.

To add one: a file beside this one with a class that inherits from `Section`, and its name in `stack.SECTIONS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_deep_prior._napari.widgets.layout import text

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior.core.results import Result, Snapshot


class Resume(Protocol):
    """Goes on with the last run."""

    def __call__(self, steps: int | None = None, back_to: Snapshot | None = None, /) -> None:
        """By so many steps, or by the same budget again; from where it ended, or from an earlier snapshot."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What a section may use of the window.

    Attributes
    ----------
    viewer
        Where layers are shown.
    panel
        The whole panel, in which keys are heard.
    resume
        Goes on with the run that is followed.
    say
        Tells the user.
    """

    viewer: Viewer
    panel: QWidget
    resume: Resume
    say: Callable[[str], None]


class Section(QWidget):
    """One section. It shows `promise` until `show_content` says that what it promises is there."""

    title: ClassVar[str]
    tooltip: ClassVar[str]
    promise: ClassVar[str]
    """What will be here, and when."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.around = around
        self.run: Run | None = None
        self.image: Image | None = None
        self.other: Layer | None = None
        self.empty = text(self.promise)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.empty)

    def contain(self, content: QWidget) -> None:
        """Lay out what is promised; not there yet."""
        self._content = content
        self._rows.addWidget(content)
        self.show_content(False)

    def show_content(self, there: bool) -> None:
        """Whether it is there now."""
        self.empty.setVisible(not there)
        self._content.setVisible(there)

    def explain(self, reason: str) -> None:
        """Say why there is nothing to show."""
        self.empty.setText(reason)
        self.show_content(False)

    @property
    def layer(self) -> Any:
        """The layer of the run that is followed; None where it is gone."""
        return None if self.run is None or self.run.live is None else self.run.live.layer

    @property
    def note(self) -> str:
        """What is worth opening the section for, in a few words beside its title."""
        return ""

    @property
    def always_in_sight(self) -> tuple[QPushButton, ...]:
        """Buttons that stand beside Run and Stop instead of in the section."""
        return ()

    def follow(self, run: Run, image: Image) -> None:
        """A new run of this image begins."""
        self.run, self.image = run, image

    def forget(self) -> None:
        """The run is over and its layer is deleted: there is nothing to follow."""
        self.run = self.image = None
        self.empty.setText(self.promise)
        self.show_content(False)

    def look_at(self, other: Layer | None) -> None:
        """Show what is known of another result than that of the run; of the run's own again where it is None."""
        self.other = other
        self.empty.setText(self.promise)

    def refresh(self) -> None:
        """Layers came, went or were renamed."""

    def progress(self, snapshot: Snapshot) -> None:
        """Where the fit is, a few times a second."""

    def end(self, result: Result | None) -> None:
        """The run has a result, or another one by hand; None where it has none."""

    def idle(self) -> None:
        """The thread of the run is done."""

    def leave(self) -> None:
        """Put back what the section has changed in the viewer."""
