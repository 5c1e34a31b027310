"""Rows in which a part of a stack is chosen: along each of its axes, channels included, from which place to which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QSpinBox, QWidget

from napari_deep_prior._napari.layers.source import axes_of, finest
from napari_deep_prior._napari.widgets.layout import row
from napari_deep_prior._napari.widgets.rows import WheelGuard, add_row, form_layout

if TYPE_CHECKING:
    from napari.layers import Image


class PartRows(QWidget):
    """Two numbers for each axis of the image that is no side of a plane; as napari's sliders count, the last one included."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed
        self._guard = WheelGuard(self)
        self._rows = form_layout(self)
        self._sizes: dict[str, int] = {}
        self._ends: dict[str, tuple[QSpinBox, QSpinBox]] = {}

    def offer(self, image: Image | None) -> None:
        """The axes of this image; what was chosen stays where they are the same."""
        sizes = {} if image is None else _sizes_of(image)
        if sizes == self._sizes:
            return
        self._sizes = sizes
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self._ends = {letter: self._row(letter, size) for letter, size in sizes.items()}

    @property
    def part(self) -> dict[str, slice]:
        """Axis letter -> the part of it that is chosen."""
        return {letter: slice(first.value(), last.value() + 1) for letter, (first, last) in self._ends.items()}

    def _row(self, letter: str, size: int) -> tuple[QSpinBox, QSpinBox]:
        first, last = QSpinBox(), QSpinBox()
        name = "channels" if letter == "C" else f"along {letter.lower()}"
        for box, words in ((first, "from"), (last, "to")):
            box.setRange(0, size - 1)
            box.setAccessibleName(f"{name} {words}")
            box.installEventFilter(self._guard)
        last.setValue(size - 1)
        first.valueChanged.connect(lambda at: last.setValue(max(at, last.value())))
        last.valueChanged.connect(lambda at: first.setValue(min(at, first.value())))
        for box in (first, last):
            box.valueChanged.connect(lambda _: self._changed())
        doc = "From which to which place, counted from 0 as the sliders do, both included."
        add_row(self._rows, name, row(first, QLabel("to"), last), doc)
        return first, last


def part_words(part: Mapping[str, slice], sizes: Mapping[str, int]) -> str:
    """What is chosen of the axes of which not all is: "t 3-7 · c 1"."""
    chosen = {letter: at for letter, at in part.items() if at.stop - at.start < sizes[letter]}
    return " · ".join(
        f"{letter.lower()} {at.start}" + (f"-{at.stop - 1}" if at.stop - at.start > 1 else "")
        for letter, at in chosen.items()
    )


def _sizes_of(image: Image) -> dict[str, int]:
    """Axis letter -> size, of those that a part can be chosen of."""
    try:
        letters: Sequence[str] = axes_of(image.axis_labels, rgb=bool(image.rgb))
    except ValueError:  # axes that leave no plane: Run says so
        return {}
    sizes = zip(letters, finest(image).shape, strict=True)
    return {letter: size for letter, size in sizes if letter not in "YXS" and size > 1}
