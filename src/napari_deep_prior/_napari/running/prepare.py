"""What a run works on, put together from what was chosen: in the window's thread only references are taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari_deep_prior._napari.layers.companion_arrays import array_on, placed_of
from napari_deep_prior._napari.layers.source import KEY, Source
from napari_deep_prior._napari.running.job import Job
from napari_deep_prior.core.diagnostics.course import percent
from napari_deep_prior.core.parameters import parameters_of

if TYPE_CHECKING:
    from napari_deep_prior._napari.engine import Engine, FitLike
    from napari_deep_prior._napari.request import RunRequest

TWICE = (
    "This image is already a result: its noise is no longer what the camera made, and what is said of it here counts for "
    "little. Restore the original instead."
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What a run is to do.

    Attributes
    ----------
    chosen
        What the form said.
    part
        The part of the image it is about; None where that is the whole.
    first
        Number of the plane to begin with: the one that is looked at.
    suffix
        What its layer's name says beside the task.
    remark
        What is to be said at its end.
    tried
        Whether it is for a look only.
    notes
        What the thread has to add to the remark.
    pause
        Milliseconds to wait after a preview has been drawn.
    """

    chosen: RunRequest
    part: Source | None = None
    first: int = 0
    suffix: str = ""
    remark: str = ""
    tried: bool = False
    notes: list[str] = dataclasses.field(default_factory=list)
    pause: int = 0

    def again(self) -> Asked:
        """The same once more."""
        return dataclasses.replace(self, notes=[])


def prepare_job(engine: Engine, asked: Asked, make_room: Callable[[], None] = lambda: None) -> tuple[Job, Source]:
    """The job, and the image, or the part of it, it begins with. Arrays are read in the thread; see `Job` for `make_room`."""
    chosen, part, notes = asked.chosen, asked.part, asked.notes
    problem = chosen.problem
    source = Source.of(problem.image) if part is None else part
    companions = {name: placed_of(layer) for name, layer in problem.companions.items()}

    apart = {p.name for p in parameters_of(problem.task) if p.layer is not None and p.layer.own_grid}

    def prepare() -> FitLike:
        arrays: dict[str, Any] = {}
        for name, placed in companions.items():
            arrays[name], coverage = array_on(source, placed, own_grid=name in apart)
            if coverage < 1:
                notes.append(f"'{chosen.layers[name]}' covers {percent(coverage)} of the image.")
        task = problem.task(**problem.values, **arrays)
        return engine.fit(source.placed.data, task, chosen.settings, axes=source.axes, first=asked.first)

    twice = (TWICE,) if problem.image.metadata.get(KEY) else ()
    job = Job(engine, prepare, source.placed.data, source.dtype(keep=chosen.output.dtype == "input"), twice, make_room)
    return job, source
