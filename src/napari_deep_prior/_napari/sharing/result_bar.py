"""A result layer remembers how it was made: select it, and the panel offers to do the same again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from napari_deep_prior._napari.layers.saved_record import Record, record_of
from napari_deep_prior._napari.sharing import workflow
from napari_deep_prior._napari.sharing.save_button import SaveButton
from napari_deep_prior._napari.sharing.save_network import Learnt, save_network
from napari_deep_prior._napari.sharing.share_button import ShareButton, Shared
from napari_deep_prior._napari.widgets.layout import text
from napari_deep_prior._napari.widgets.rows import wrapped
from napari_deep_prior._napari.widgets.wording import restored_text

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari.layers import Layer


class ResultBar(QFrame):
    """In sight while a layer with a record is selected."""

    def __init__(
        self,
        viewer: Viewer,
        tasks: Mapping[str, Any],
        use: Callable[[Record], None],
        say: Callable[[str], None],
        run_of: Callable[[Layer | None], Learnt | None],
    ) -> None:
        super().__init__()
        self._viewer, self._tasks, self._use, self._say, self._run_of = viewer, tasks, use, say, run_of
        self.share = ShareButton(self._shared, say)
        self.share.menu().addAction("Copy methods paragraph", self.copy_methods)
        self.share.menu().addAction("Save network…", self.save_network)
        self.save = SaveButton(viewer, lambda: self.record, say)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.record: Record | None = None
        self.words = text()
        self.button = QPushButton("Use these settings")
        self.button.setToolTip(wrapped("Put the task, the layers and all settings that made this layer into the form."))
        self.button.clicked.connect(self._pressed)
        rows, buttons = QVBoxLayout(self), QHBoxLayout()
        rows.setContentsMargins(6, 4, 6, 4)
        rows.addWidget(self.words)
        rows.addLayout(buttons)
        for widget in (self.button, self.share, self.save):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        selected, refresh = viewer.layers.selection.events.active, self.refresh
        selected.connect(refresh)
        self.destroyed.connect(lambda: selected.disconnect(refresh))  # napari would go on calling what Qt has deleted
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Another layer is selected, or a result has come."""
        layer = self._viewer.layers.selection.active
        self.record = record_of(self._viewer, layer)
        if self.record is not None and layer is not None:
            reached = len(self.record.get("planes", ()))
            whole = self.record.get("planes_in_image", reached)
            said = f"{reached} of {whole} " in layer.name  # once is enough
            part = "" if said else restored_text(reached, whole)
            self.words.setText(f"'{layer.name}' is a result{part and ': '}{part}.")
        self.setVisible(self.record is not None)

    def copy_methods(self) -> None:
        """What a paper says of the result, onto the clipboard."""
        from napari_deep_prior.core.results import Record as Checked
        from napari_deep_prior.workflows.methods_section import methods_paragraph

        try:
            words = methods_paragraph(Checked.from_dict(self.record or {}))
        except ValueError as error:
            self._say(str(error))
            return
        QGuiApplication.clipboard().setText(words)
        self._say("A paragraph for the methods section, with what to cite, is on the clipboard.")

    def save_network(self) -> None:
        """Keep the network that drew the result in a file."""
        save_network(self, self._run_of(self._viewer.layers.selection.active), self._say)

    def _pressed(self) -> None:
        if self.record is not None:
            self._use(self.record)

    def _shared(self) -> Shared:
        return workflow.from_record(self.record or {}, self._tasks, self._viewer)
