"""The sections of the panel in order; what happens to the run is passed on to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_deep_prior._napari.layers.saved_record import record_of
from napari_deep_prior._napari.sections.compare import CompareSection
from napari_deep_prior._napari.sections.curve import CurveSection
from napari_deep_prior._napari.sections.history import HistorySection
from napari_deep_prior._napari.sections.trust import TrustSection
from napari_deep_prior._napari.widgets.layout import Collapsible, text

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior._napari.sections._base import Section, Surroundings
    from napari_deep_prior.core.results import Result, Snapshot

SECTIONS: tuple[type[Section], ...] = (CurveSection, HistorySection, CompareSection, TrustSection)
"""From top to bottom; the first is open from the start, so that a run is seen at work without a search."""


class SectionStack(QWidget):
    """All sections, each in a fold of its own, under the name of the result that they speak of.

    That is the result of the last run until another result is selected. A layer that is no result changes nothing.
    """

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self._viewer = around.viewer
        self._run: Run | None = None
        self._other: Layer | None = None
        self.whose = text()
        self.whose.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)  # a long name widens nothing
        self.folds: dict[str, Collapsible] = {}
        self._sections: dict[str, Section] = {}
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.whose)
        for kind in SECTIONS:
            section = kind(around)
            self._sections[kind.title] = section
            self.folds[kind.title] = Collapsible(kind.title, kind.tooltip, section)
            rows.addWidget(self.folds[kind.title])
        self.folds[SECTIONS[0].title].button.setChecked(True)
        selected, look = around.viewer.layers.selection.events.active, self._on_selected
        selected.connect(look)
        self.destroyed.connect(lambda: selected.disconnect(look))  # napari would go on calling what Qt has deleted
        self.refresh()

    def __getitem__(self, title: str) -> Section:
        return self._sections[title]

    @property
    def always_in_sight(self) -> tuple[QPushButton, ...]:
        """The buttons that stand beside Run and Stop."""
        return tuple(button for section in self._sections.values() for button in section.always_in_sight)

    @property
    def last_title(self) -> QWidget:
        """Below which there is nothing but what the last section holds, if it is open."""
        return self.folds[SECTIONS[-1].title].button

    def follow(self, run: Run, image: Image) -> None:
        """A new run of this image begins."""
        self._run, self._other = run, None
        for section in self._sections.values():
            section.look_at(None)
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

    def refresh(self) -> None:
        """Layers came, went or were renamed."""
        if self._other is not None and self._other not in self._viewer.layers:
            self._look_at(None)
        if self._run is not None and not self._run.active and self._layer is None:
            self._forget()
        for section in self._sections.values():
            section.refresh()
        layer = self._layer if self._other is None else self._other
        self.whose.setText("" if layer is None else f"About '{layer.name}':")
        self.whose.setVisible(layer is not None)

    def follows(self, run: Run) -> bool:
        """Whether it shows this run, or showed it last, and its layer is there."""
        return self._run is run

    def _forget(self) -> None:
        """What is said of a layer goes with it."""
        self._run = None
        for section in self._sections.values():
            section.forget()
        self._show_notes()

    @property
    def _layer(self) -> Any:
        """That of the last run, as long as it is there."""
        return None if self._run is None or self._run.live is None else self._run.live.layer

    def _on_selected(self, event: Any) -> None:
        layer = event.value
        if layer is None:
            return
        if layer == self._layer:
            self._look_at(None)
        elif record_of(self._viewer, layer) is not None:
            self._look_at(layer)

    def _look_at(self, other: Layer | None) -> None:
        if other == self._other:
            return  # it may be selected again in the midst of a comparison
        self._other = other
        for section in self._sections.values():
            section.look_at(other)
        self._show_notes()

    def leave(self) -> None:
        """Put back what the sections have changed in the viewer."""
        for section in self._sections.values():
            section.leave()

    def _show_notes(self) -> None:
        """In the titles, where they are seen before anybody opens a section."""
        for title, section in self._sections.items():
            self.folds[title].note(section.note)
        self.refresh()
