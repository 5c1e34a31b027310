"""From what is asked to a run that can be started: its job, its layer among the others, and what its record is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari_deep_prior._napari.layers.neighbours import Neighbours
from napari_deep_prior._napari.layers.source import of_kind
from napari_deep_prior._napari.running.garbage import COLLECTOR
from napari_deep_prior._napari.running.live_layer import LiveLayer
from napari_deep_prior._napari.running.prepare import Asked, prepare_job
from napari_deep_prior._napari.running.run import Run

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_deep_prior._napari.engine import Engine
    from napari_deep_prior._napari.running.messages import Listener


def new_run(
    viewer: Viewer,
    engine: Engine,
    asked: Asked,
    listener: Listener,
    *,
    onto: LiveLayer | None = None,
    make_room: Callable[[], None] = lambda: None,
) -> Run:
    """A run that has its layer already; see `LiveLayer` for `onto`, and `Job` for `make_room`."""
    COLLECTOR.spare_this_turn()  # a layer is thousands of objects
    chosen, problem = asked.chosen, asked.chosen.problem
    job, source = prepare_job(engine, asked, make_room)
    masks = [layer for layer in problem.companions.values() if layer in of_kind(viewer, "labels")]
    neighbours = Neighbours(viewer, problem.image, masks, partial=asked.part is not None)
    name = " · ".join(filter(None, [source.placed.name, problem.task.past, asked.suffix]))
    live = LiveLayer(viewer, source, name, job.dtype, neighbours=neighbours, onto=onto)
    told = {"layers": chosen.layers, "output": chosen.output.as_dict(), "source": problem.image.source.path}
    if source.window:
        told["part"] = [[int(at.start), int(at.stop)] for at in source.window]
    return Run(job, live, listener, asked=asked, told=told)
