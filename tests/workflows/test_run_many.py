"""Many files: what was killed while it saved is done again, and events say what happens."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tifffile

from napari_deep_prior.workflows.run_many import Batch, run_many
from napari_deep_prior.workflows.workflow import Workflow

WORKFLOW = Workflow(task="denoise", settings={"preset": "fast", "seconds": "never", "iterations": 3})


@pytest.fixture
def batch(tmp_path):
    for seed in range(2):
        tifffile.imwrite(tmp_path / f"{seed}.tif", np.random.default_rng(seed).poisson(40, (24, 30)).astype(np.uint16))
    images = [tmp_path / f"{seed}.tif" for seed in range(2)]
    return Batch(workflow=WORKFLOW, beside=tmp_path, images=images, folder=tmp_path / "out")


def statuses(batch):
    return [(event.number, event.status) for event in run_many(batch)]


def test_events_say_what_happens(batch):
    assert statuses(batch) == [(1, "begins"), (1, "restored"), (2, "begins"), (2, "restored")]
    assert statuses(batch) == [(1, "begins"), (1, "done before"), (2, "begins"), (2, "done before")]


def test_a_record_without_its_image_is_done_again(batch):
    """Killed between the two names: the record has its own already."""
    statuses(batch)
    (batch.folder / "0.tif").unlink()
    assert statuses(batch)[:2] == [(1, "begins"), (1, "restored")]


def test_a_file_of_somebody_else_is_not_replaced(batch):
    batch.folder.mkdir()
    (batch.folder / "0.tif.json").write_text("my own notes")
    assert statuses(batch)[:2] == [(1, "begins"), (1, "failed")]
    assert (batch.folder / "0.tif.json").read_text() == "my own notes"


def test_an_empty_result_is_not_taken_for_done(batch):
    batch.folder.mkdir()
    (batch.folder / "0.tif").write_bytes(b"")
    (event,) = [event for event in run_many(batch) if event.number == 1 and event.status != "begins"]
    assert event.status == "failed"
    assert "overwrite it" in event.message


@pytest.mark.parametrize(("override", "read"), [(False, ["YX", "TYX", "ZYX"]), (True, ["", "ZYX", "ZYX"])])
def test_axes_are_for_files_that_do_not_say_them(batch, override, read):
    """A folder holds planes, films and stacks of pages; the form had a stack."""
    rows = np.random.default_rng(0).poisson(40, (2, 24, 30)).astype(np.uint16)
    tifffile.imwrite(batch.images[1], rows, ome=True, metadata={"axes": "TYX"})
    pages = batch.images[0].with_name("2.tif")
    tifffile.imwrite(pages, rows, metadata=None)
    workflow = dataclasses.replace(WORKFLOW, axes="ZYX", override_axes=override)
    batch = dataclasses.replace(batch, workflow=workflow, images=[*batch.images, pages])
    ended = [event for event in run_many(batch) if event.status != "begins"]
    assert ["" if event.outcome is None else event.outcome.record.axes for event in ended] == read
