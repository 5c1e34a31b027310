"""The run a panel holds; it outlives the panel, which Qt may delete while the thread still works."""

from __future__ import annotations

from napari_deep_prior._napari.running.run import Run


class CurrentRun:
    """The run a panel holds; outlives the panel, which Qt may delete while the thread still works."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.undocked = False

    @property
    def active(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.active

    def stop(self) -> None:
        """Ask the run to end."""
        if self.run is not None:
            self.run.stop()

    def release(self) -> None:
        """Forget the run and free what it holds."""
        if self.run is not None:
            self.run.release()
        self.run = None

    def on_panel_deleted(self, *_: object) -> None:
        """The panel is deleted: with its dock, then the result is still wanted, or with the whole window."""
        if not self.active:
            self.release()
        elif self.run is not None and self.undocked:
            self.run.detach()
        elif self.run is not None:
            self.run.discard()
