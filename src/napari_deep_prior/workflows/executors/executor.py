"""Executor: which workers restore the planes of a stack, in plain values."""

from __future__ import annotations

import dataclasses
import importlib.util
from typing import Literal, get_args

Kind = Literal["local", "slurm", "lsf", "pbs", "sge"]
"""This machine, or a scheduler of jobs by which dask-jobqueue starts workers."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """A dask cluster: one that runs, or one that is started.

    Attributes
    ----------
    scheduler
        Address of the scheduler of one that runs, such as ``tcp://host:8786``.
    cluster
        Which kind is started where none runs.
    workers
        How many are started.

    Raises
    ------
    ValueError
        If both or neither is given, or the packages are missing.
    """

    scheduler: str | None = None
    cluster: Kind | None = None
    workers: int = 2

    def __post_init__(self) -> None:
        if (self.scheduler is None) == (self.cluster is None):
            raise ValueError("scheduler, cluster: needs one of both.")
        if self.cluster is not None and self.cluster not in get_args(Kind):
            raise ValueError(f"cluster = {self.cluster!r}: needs one of {', '.join(get_args(Kind))}.")
        if self.workers < 1:
            raise ValueError(f"workers = {self.workers}: needs a whole number >= 1.")
        needed = ["distributed"] + (["dask_jobqueue"] if self.cluster not in (None, "local") else [])
        if any(importlib.util.find_spec(name) is None for name in needed):
            raise ValueError('Clusters need more packages: pip install "napari-deep-prior[cluster]"')
