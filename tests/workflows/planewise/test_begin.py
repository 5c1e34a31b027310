"""The same job is done in memory or plane by plane, as its size says."""

from __future__ import annotations

import dataclasses

import pytest

from napari_deep_prior.workflows.planewise import begin as room
from napari_deep_prior.workflows.planewise.begin import begin
from napari_deep_prior.workflows.planewise.folder import place
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.restore_file import Job, Restoration


def test_what_fits_is_done_in_memory(job: Job) -> None:
    assert isinstance(begin(job), Restoration)


def test_what_does_not_fit_is_done_plane_by_plane(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "too_large", lambda _: "It is large.")
    restoration = begin(job)
    assert isinstance(restoration, PlanewiseRestoration)
    assert "It is large." in restoration.notes


def test_what_can_only_be_written_whole_is_tried_in_memory(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "too_large", lambda _: "It is large.")
    with pytest.raises(ValueError, match="png holds one grey or RGB image"):
        begin(dataclasses.replace(job, output=job.output.with_suffix(".png")))


def test_a_part_is_done_plane_by_plane(job: Job) -> None:
    restoration = begin(dataclasses.replace(job, part=(1, 2)))
    assert isinstance(restoration, PlanewiseRestoration)
    assert any("part 1 of 2" in note for note in restoration.notes)
    assert place(job.output).exists()


def test_a_run_that_was_done_plane_by_plane_goes_on_so(job: Job) -> None:
    begin(dataclasses.replace(job, part=(1, 1)))
    assert isinstance(begin(dataclasses.replace(job, resume=True)), PlanewiseRestoration)
    with pytest.raises(FileExistsError, match="--resume"):
        begin(job)
