"""begin(): a job read and checked, in memory or plane by plane, as its size says."""

from __future__ import annotations

import numpy as np

from napari_deep_prior import files
from napari_deep_prior.workflows.planewise import folder
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.planewise.size import too_large
from napari_deep_prior.workflows.restore_file import Job, Restoration


def begin(job: Job) -> Restoration | PlanewiseRestoration:
    """A job that can be run.

    Raises
    ------
    OSError, ValueError
        If it is refused, before anything is computed.
    """
    picture = files.open_lazily(job.input)
    why = _why_planewise(job, picture)
    if why is not None:
        return PlanewiseRestoration(job, picture, why=why)
    return Restoration(job, picture if isinstance(picture.array, np.ndarray) else None)  # some formats are read at once


def _why_planewise(job: Job, picture: files.Picture) -> str | None:
    """Why a job is done plane by plane, in words; None: it is done in memory."""
    if job.executor is not None:
        return "Planes are read and written one by one, by several workers."
    if job.part is not None:
        return f"This is part {job.part[0]} of {job.part[1]}: planes are read and written one by one."
    if folder.exists(job.output):
        return "Planes are read and written one by one."
    return too_large(picture) if files.writes_planes(job.output) else None
