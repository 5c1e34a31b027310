"""Which dask cluster does the work, by the options of a command."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from typing_extensions import Doc

from napari_deep_prior.workflows.executors.executor import Executor, Kind

Workers = Annotated[int, Ge(1), Doc("Workers of the cluster that is started; one thread each on this machine.")]


def executor_of(scheduler: str | None, cluster: Kind | None, workers: int) -> Executor | None:
    """The cluster that was asked for; None where none was.

    Raises
    ------
    ValueError
        If it makes no sense, or packages are missing.
    """
    if scheduler is None and cluster is None:
        return None
    return Executor(scheduler=scheduler, cluster=cluster, workers=workers)
