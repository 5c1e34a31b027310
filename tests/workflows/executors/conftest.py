"""A cluster of which a worker dies once in each run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from napari_deep_prior.core.data.sink import RestoredPlane
from napari_deep_prior.workflows.lazy.plane_drawer import PlaneDrawer
from napari_deep_prior.workflows.planewise.sink import DiskSink
from napari_deep_prior.workflows.restore_file import Outcome, Restoration, Watch

Dying = tuple[str, Path]
"""Address of the cluster, and a folder with a mark for each death."""


@pytest.fixture(scope="package")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dying]:
    distributed = pytest.importorskip("distributed")

    class Deadly(distributed.WorkerPlugin):  # type: ignore[misc]
        def __init__(self, marks: Path) -> None:
            self.marks = marks

        def setup(self, worker: object) -> None:
            die_once(self.marks)

    marks = tmp_path_factory.mktemp("died")
    dask = pytest.importorskip("dask")
    patient = dask.config.set(
        {"distributed.deploy.lost-worker-timeout": "1 day"}
    )  # else one that dies twice in 15 s never returns
    with patient, distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as client:
            client.register_plugin(Deadly(marks))
        yield cluster.scheduler_address, marks


def die_once(marks: Path) -> None:
    """In a worker: the process ends as if it had been killed, with its second plane of a run or of a lazy result, or its second file."""
    write, run, draw, done = DiskSink.write, Restoration.run, PlaneDrawer.draw, Counter[str]()

    def die_with_the_second(name: str) -> None:
        done[name] += 1
        if done[name] == 2 and not (marks / name).exists():
            (marks / name).touch()
            os._exit(9)

    def write_or_die(self: DiskSink, plane: RestoredPlane) -> None:
        write(self, plane)
        die_with_the_second(self._folder.path.name)

    def run_or_die(self: Restoration, watch: Watch = iter) -> Outcome:
        die_with_the_second(self.job.output.parent.name)
        return run(self, watch)

    def draw_or_die(self: PlaneDrawer, number: int, pixels: Mapping[int, NDArray[Any]]) -> RestoredPlane:
        die_with_the_second("lazily")
        with (marks / "drawn").open("a") as drawn:
            drawn.write(f"{number}\n")
        return draw(self, number, pixels)

    DiskSink.write, Restoration.run = write_or_die, run_or_die  # type: ignore[method-assign]
    PlaneDrawer.draw = draw_or_die  # type: ignore[method-assign]
