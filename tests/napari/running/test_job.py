"""The job by itself, in the main thread: what it sends, drops, keeps and reports."""

import dataclasses
import gc
import weakref

import numpy as np
import pytest

from napari_deep_prior._napari import engine as engines
from napari_deep_prior._napari.running.failure import describe
from napari_deep_prior._napari.running.job import Job
from napari_deep_prior._napari.running.messages import Failure, Outcome
from napari_deep_prior.core.data.stack import Unread
from napari_deep_prior.core.results import Diverged, OutOfMemory, RunError, StopReason
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS


def made(fake, image, axes, dtype="float32"):
    """A job on a fake fit."""
    return Job(
        engines.load(), lambda: fake(image, next(iter(TASKS.values()))(), Settings(), axes), image, np.dtype(dtype)
    )


@pytest.fixture
def job(fake, image):
    return made(fake, image, "YX")


def drive(generator):
    """All that is yielded, and what is returned."""
    frames = []
    while True:
        try:
            frames.append(next(generator))
        except StopIteration as end:
            return frames, end.value


def test_it_ends_with_the_fit_s_own_result(job, fake):
    frames, outcome = drive(job.frames())
    assert len(frames) == fake.steps
    assert outcome.data is outcome.result.image  # float32: the same bits, and no copy
    assert job.resumable


def test_it_tells_how_far_it_came_where_it_was_cut_short(job, fake):
    assert drive(job.frames())[1].reached == 1
    fake.steps = 40
    early = made(fake, job.observed, "YX")
    steps = early.frames()
    for _ in range(10):
        next(steps)
    early.stop()
    assert drive(steps)[1].reached == pytest.approx(10 / 40, abs=0.03)
    never = made(fake, job.observed, "YX")
    never.stop()
    assert drive(never.frames())[1].reached == 0
    fake.fails = Diverged("No.")
    assert drive(made(fake, job.observed, "YX").frames())[1].outcome.reached == pytest.approx(2 / 40)


def test_frames_nobody_has_seen_are_dropped(job):
    frames, _ = drive(job.frames())  # nobody says "painted"
    assert [bool(frame.planes) for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert all(frame.snapshot.image is None for frame in frames)


def test_a_painted_frame_brings_the_next(job):
    steps = job.frames()
    for _ in range(3):
        assert next(steps).planes
        job.frame_drawn.set()


def test_a_dropped_plane_of_a_stack_comes_later(fake, image):
    stack = np.stack([image] * 3)
    job = made(fake, stack, "TYX")
    steps = job.frames()
    seen = [next(steps) for _ in range(2 * fake.steps + 1)]
    assert len(seen[0].planes) == 1
    assert (seen[0].stack == stack).all()
    assert not np.shares_memory(seen[0].stack, stack)
    job.frame_drawn.set()
    assert {index[0] for index, _ in next(steps).planes} == {0, 1, 2}


def test_stop_keeps_the_result(job):
    steps = job.frames()
    next(steps)
    job.stop()
    _, outcome = drive(steps)
    assert outcome.result.reason is StopReason.REQUESTED


def test_stop_before_the_fit_is_there(job):
    steps = job.frames()
    prepare = job._prepare
    job._prepare = lambda: (job.stop(), prepare())[1]
    frames, _ = drive(steps)
    assert len(frames) == 1


@pytest.mark.parametrize("error", [RunError("It broke."), RuntimeError("inner"), MemoryError()])
def test_every_failure_is_returned_in_words_and_never_raised(fake, job, error):
    fake.fails = error
    _, end = drive(job.frames())
    assert isinstance(end, Failure)
    assert end.words == f"{describe(error, refused=False)} What was restored until then is kept."
    assert not job.resumable


def test_a_failure_brings_what_was_restored_until_then(fake, job):
    fake.fails = OutOfMemory("full")
    _, end = drive(job.frames())
    assert end.words.endswith("What was restored until then is kept.")
    assert (end.outcome.data == fake.made[0].values).all()
    assert end.outcome.result.record.planes[0].iterations == 3


def test_after_a_reading_error_it_can_be_gone_on_with(fake, job):
    fake.fails = Unread("Plane 2 of 2: Its pixels could not be read.")
    _, end = drive(job.frames())
    assert end.words.endswith("Save it, or press Resume to try again from there.")
    assert end.outcome.result.record.planes[0].iterations == 3
    assert job.resumable
    fake.fails = None
    job.resume()
    _, end = drive(job.frames())
    assert isinstance(end, Outcome)


def test_a_failure_without_a_result_brings_none(fake, job, monkeypatch):
    fake.fails = OutOfMemory("full")

    def refuse(_):
        raise OutOfMemory("full again")

    monkeypatch.setattr(fake, "result", property(refuse))
    _, end = drive(job.frames())
    assert end.outcome is None
    assert end.words == "full Then press Run."


def test_what_is_not_a_number_is_not_kept(fake, job, monkeypatch):
    fake.fails = Diverged("It blew up.")
    steps = job.frames()
    next(steps)
    broken = dataclasses.replace(fake.made[0].result, image=np.full((24, 32), np.nan, np.float32))
    monkeypatch.setattr(fake, "result", broken)
    _, end = drive(steps)
    assert end.outcome is None
    assert "kept" not in end.words


def test_a_stop_while_the_fit_is_let_go(job):
    class Failing(Job):
        """Fails, and so lets go of its fit, as soon as somebody has looked whether there is one."""

        looks = 0

        @property
        def _fit(self):
            self.looks += 1
            return self.kept if self.looks == 1 else None

        @_fit.setter
        def _fit(self, fit):
            pass

    failing = Failing(engines.load(), lambda: None, None, np.dtype("float32"))
    failing.kept, failing.looks = job._prepare(), 0
    failing.stop()
    assert failing.kept._stop.is_set()


def test_a_failed_fit_is_let_go(fake, job):
    fake.fails = OutOfMemory("full")
    steps = job.frames()
    next(steps)
    alive = weakref.ref(fake.made.pop())
    assert isinstance(drive(steps)[1], Failure)
    gc.collect()
    assert alive() is None, "the network would keep the card's memory"


def test_colours_are_sent_in_the_layer_s_type(fake, image):
    job = made(fake, image, "YX", "uint8")
    frames, outcome = drive(job.frames())
    assert frames[0].planes[0][1].dtype == outcome.data.dtype == np.uint8
