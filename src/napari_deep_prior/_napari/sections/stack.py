"""The sections of the panel in order; what happens to the run is passed on to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_deep_prior._napari.sections.compare import CompareSection
from napari_deep_prior._napari.sections.curve import CurveSection
from napari_deep_prior._napari.sections.history import HistorySection
from napari_deep_prior._napari.sections.trust import TrustSection
from napari_deep_prior._napari.widgets.layout import Collapsible

if TYPE_CHECKING:
    from napari.layers import Image
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Section, Surroundings
    from napari_deep_prior.core.results import Result, Snapshot

SECTIONS: tuple[type[Section], ...] = (CurveSection, HistorySection, CompareSection, TrustSection)
"""From top to bottom; the first is open from the start, so that a run is seen at work without a search."""


class SectionStack(QWidget):
    """All sections, each in a fold of its own."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.folds: dict[str, Collapsible] = {}
        self._sections: dict[str, Section] = {}
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for kind in SECTIONS:
            section = kind(around)
            self._sections[kind.title] = section
            self.folds[kind.title] = Collapsible(kind.title, kind.tooltip, section)
            rows.addWidget(self.folds[kind.title])
        self.folds[SECTIONS[0].title].button.setChecked(True)

    def __getitem__(self, title: str) -> Section:
        return self._sections[title]

    @property
    def always_in_sight(self) -> tuple[QPushButton, ...]:
        """The buttons that stand beside Run and Stop."""
        return tuple(button for section in self._sections.values() for button in section.always_in_sight)

    def follow(self, run: Run, image: Image) -> None:
        """A new run of this image begins."""
        for section in self._sections.values():
            section.follow(run, image)
        self._show_notes()

    def progress(self, snapshot: Snapshot) -> None:
        """Where the fit is."""
        for section in self._sections.values():
            section.progress(snapshot)

    def end(self, result: Result | None) -> None:
        """The run has a result, or another one by hand; None where it has none."""
        for section in self._sections.values():
            section.end(result)
        self._show_notes()

    def idle(self) -> None:
        """The thread of the run is done."""
        for section in self._sections.values():
            section.idle()

    def leave(self) -> None:
        """Put back what the sections have changed in the viewer."""
        for section in self._sections.values():
            section.leave()

    def _show_notes(self) -> None:
        """In the titles, where they are seen before anybody opens a section."""
        for title, section in self._sections.items():
            self.folds[title].note(section.note)
