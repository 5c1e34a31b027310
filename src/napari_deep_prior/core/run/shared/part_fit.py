"""PartFit: some planes of a stack, restored by one of several processes, or in one of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_deep_prior.core.data.sink import Sink
from napari_deep_prior.core.results import PlaneReport
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.run.shared.drawing import Drawing
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork


class PartFit(Fit):
    """A fit of some planes of a stack: to the same bits, whichever others are restored before them, and where.

    What is decided and learnt for all planes, is by the same planes whatever the part. It can be handed to other processes.

    Parameters
    ----------
    image
        The whole stack.
    planes
        Numbers of those to restore; none: only what is decided and learnt for all is done.
    learnt
        As `learnt` of another part of the same stack gives it; None: this one decides and learns itself.
    sink
        Takes the planes; None: memory.
    network
        A kept one that draws them; None: one learns, where the method has one.
    **arguments
        As for `Fit`.

    Raises
    ------
    ValueError
        Also if `learnt` is of another image.
    """

    def __init__(
        self,
        image: Any,
        *,
        planes: Sequence[int],
        learnt: dict[str, Any] | None = None,
        sink: Sink | None = None,
        network: KeptNetwork | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(image, **arguments)
        self.turn_to(planes)
        self.drawn_by(network)
        if sink is not None:
            self.hand_on_to(sink)
        if learnt is not None:
            with self.device.engaged():
                self._beginnings.take_over(learnt)

    def _next_plane(self) -> PlaneFit | Drawing | None:
        if self._beginnings.first is None:
            with self.device.engaged():
                begun = self._beginnings.decide(self._beginnings.first_seen())
            if isinstance(begun, PlaneFit) or (begun is not None and begun.number == self._next_number):
                self._current = begun
                return begun
        return super()._next_plane()

    def turn_to(self, planes: Sequence[int]) -> None:
        """Restore these planes next, and no others."""
        self._stack.order, self._most = planes, len(planes)
        self._reports, self._current = [], None

    @property
    def is_shared(self) -> bool:
        """Whether one network draws all planes; known once that is decided."""
        return self._beginnings.shared is not None

    @property
    def result_shape(self) -> tuple[int, ...]:
        """Of the whole result."""
        return self._stack.shape

    def reads(self, number: int) -> list[int]:
        """Numbers of the planes that are read to restore this one, once all is decided."""
        return self._beginnings.reads(number)

    def learnt(self) -> dict[str, Any]:
        """What was decided and learnt for all planes: tensors, numbers and text."""
        return self._beginnings.learnt()

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped it before all its planes were done."""
        shared = self._beginnings.shared
        still_learning = shared is not None and not shared.has_learnt
        return self._stopped and (still_learning or len(self._reports) < self._most)

    @property
    def reports(self) -> tuple[PlaneReport, ...]:
        """Of the planes that are done."""
        return tuple(self._reports)
