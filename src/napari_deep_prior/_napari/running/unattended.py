"""Runs while no panel is open: what waits in the queue is begun all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_deep_prior._napari.running.launch import new_run

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior._napari.running.current_run import CurrentRun
    from napari_deep_prior._napari.running.prepare import Asked
    from napari_deep_prior.core.results import Result, Snapshot


class Unattended:
    """Hears of a run in place of a panel that was closed."""

    def __init__(self, viewer: Viewer, engine: Engine, held: CurrentRun) -> None:
        self._viewer, self._engine, self._held = viewer, engine, held

    def start(self, asked: Asked) -> None:
        """Begin the next run."""
        run = new_run(self._viewer, self._engine, asked, self, make_room=self._held.make_room)
        self._held.begin(run)
        run.start()

    def on_begin(self) -> None:
        """Its layer is there."""

    def on_progress(self, snapshot: Snapshot) -> None:
        """Its layer shows it."""

    def on_result(self, result: Result | None) -> None:
        """The run has ended."""
        if result is not None:
            self._held.settle()
        elif self._held.run is not None:
            self.on_failure(self._held.run.words)

    def on_failure(self, words: str) -> None:
        """Nobody is there to be told."""
        self._held.fail(words)

    def on_idle(self) -> None:
        """The next one."""
        self._held.on_idle()
