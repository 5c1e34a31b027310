"""What goes with a run in the panel: its curve, its history, the comparison with the source, and how far to trust it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_deep_prior._napari.layers import timelapse
from napari_deep_prior._napari.sections.compare import ComparePanel
from napari_deep_prior._napari.sections.curve import CurvePanel
from napari_deep_prior._napari.sections.history import HistorySection
from napari_deep_prior._napari.sections.trust import TrustPanel
from napari_deep_prior._napari.widgets.layout import Collapsible
from napari_deep_prior.files import film

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Image
    from napari_deep_prior._napari.running.run import Run
    from napari_deep_prior.core.results import Result, Snapshot


class SectionStack(QWidget):
    """Four sections that follow one run.

    Parameters
    ----------
    panel
        In which the key of the comparison is heard.
    go_on
        Resumes by a number of steps from a moment.
    say
        Tells the user.
    """

    def __init__(
        self,
        viewer: Viewer,
        panel: QWidget,
        go_on: Callable[[int, Snapshot | None], None],
        say: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._viewer, self._say = viewer, say
        self._run: Run | None = None
        self._image: Image | None = None
        self.curve = CurvePanel(viewer)
        self.history = HistorySection(self._choose, go_on, self.save, self.spread)
        self.compare = ComparePanel(viewer, panel)
        self.trust = TrustPanel(viewer, self._blend)
        self.sections = {
            "Curve": Collapsible("Curve", "How the fit goes on, step by step.", self.curve),
            "History": Collapsible("History", "Earlier moments: look, keep one, go on from one, save.", self.history),
            "Compare": Collapsible("Compare", "The result and its source.", self.compare),
            "Trust": Collapsible("Trust", "What speaks for and against the result.", self.trust),
        }
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for section in self.sections.values():
            rows.addWidget(section)
        self.sections["Curve"].button.setChecked(True)  # a run is to be seen at work without a search

    def follow(self, run: Run, image: Image) -> None:
        """A new run of this image begins."""
        self._run, self._image = run, image
        self.curve.clear()
        self.history.follow(run)
        self.compare.follow(image, None if run.live is None else run.live.layer)
        self.trust.follow(run)
        self._tell_of_warnings()

    def progress(self, snapshot: Snapshot) -> None:
        """Where the fit is."""
        self.curve.add(snapshot)
        self.history.refresh()

    def end(self, result: Result | None) -> None:
        """The run has a result, or another one by hand."""
        if result is not None:
            self.curve.end(result)
        self.history.refresh()
        self.history.to_present()
        self.compare.follow(self._image, self._layer)
        self.trust.end()
        self._tell_of_warnings()

    def _tell_of_warnings(self) -> None:
        """In the title, where they are seen before anybody opens the section."""
        found = self.trust.found
        self.sections["Trust"].note("" if not found else f"⚠ {found} warning{'s' if found > 1 else ''}")

    def idle(self) -> None:
        """The thread is done."""
        self.history.refresh()

    def leave(self) -> None:
        """Put back what the comparison has changed."""
        self.compare.end()

    @property
    def _layer(self) -> Any:
        return None if self._run is None or self._run.live is None else self._run.live.layer

    def _choose(self, moment: Snapshot) -> None:
        if self._run is not None:
            self._run.choose(moment)

    def _blend(self, share: float) -> None:
        if self._run is not None and self._image is not None:
            self._run.blend(share)

    def save(self, path: str | None = None) -> None:
        """Write the process as a film; asks where to unless told."""
        layer = self._layer
        if layer is None:
            self._say("The layer of this run is gone: run again, then save.")
            return
        if path is None:
            path, _ = QFileDialog.getSaveFileName(self, "Save the process", "process.gif", "Films (*.gif *.mp4)")
        if not path:
            return
        try:
            film.check_film(Path(path))
            film.write_film(Path(path), timelapse.frames(timelapse.of_one_plane(self.history.moments), layer))
            self._say(f"The process is saved in {path}.")
        except (OSError, ValueError) as refusal:
            self._say(str(refusal))

    def spread(self) -> None:
        """Show the process as a layer."""
        if self._layer is not None:
            timelapse.add_layer(self._viewer, timelapse.of_one_plane(self.history.moments), self._layer)
