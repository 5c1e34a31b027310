"""One file restored without a terminal: a job can be sent to another process."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Settings, files, restore
from napari_deep_prior.workflows.restore_file import Job, restore_file


@pytest.fixture
def job(tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", np.random.default_rng(0).poisson(40, (24, 30)).astype(np.uint16))
    settings = Settings(preset="fast", seconds="never", iterations=50)
    return Job(input=tmp_path / "in.tif", output=tmp_path / "out.tif", task=Denoise, settings=settings)


def test_a_job_and_its_outcome_can_be_sent(job, capfd):
    sent = pickle.loads(pickle.dumps(job))
    outcome = pickle.loads(pickle.dumps(restore_file(sent)))
    assert (outcome.saved, outcome.failure, outcome.stopped) == (job.output, None, False)
    image = restore(files.read(job.input).array, settings=job.settings).image
    np.testing.assert_array_equal(files.read(job.output).array, image)
    assert capfd.readouterr() == ("", ""), "it is silent"


@pytest.mark.parametrize("keep", [True, False])
def test_a_stopped_run_is_kept_or_not(job, keep):
    def stop(fit):
        for snapshot in fit:
            fit.stop()
            yield snapshot

    values = {name: getattr(job, name) for name in ("input", "output", "task")}
    settings = Settings(preset="fast", seconds="never", iterations=100000, stopping="never")
    outcome = restore_file(Job(**values, settings=settings, keep_unfinished=keep), stop)
    assert outcome.stopped
    assert outcome.saved == (job.output if keep else None)
    assert job.output.exists() is keep
