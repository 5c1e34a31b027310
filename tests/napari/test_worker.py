"""The job by itself, in the main thread: what it sends, drops, keeps and reports."""

import gc
import re
import weakref

import numpy as np
import pytest

from napari_deep_prior._napari.worker import Failure, Job
from napari_deep_prior.core.report import Diverged, OutOfMemory, RunError, StopReason
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS


@pytest.fixture
def job(fake, image):
    return Job(lambda: fake(image, next(iter(TASKS.values()))(), Settings(), "YX"), image, np.dtype("float32"))


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


def test_frames_nobody_has_seen_are_dropped(job):
    frames, _ = drive(job.frames())  # nobody says "painted"
    assert [bool(frame.planes) for frame in frames] == [True] + [False] * (len(frames) - 1)
    assert all(frame.snapshot.image is None for frame in frames)


def test_a_painted_frame_brings_the_next(job):
    steps = job.frames()
    for _ in range(3):
        assert next(steps).planes
        job.painted.set()


def test_a_dropped_plane_of_a_stack_comes_later(fake, image):
    stack = np.stack([image] * 3)
    job = Job(lambda: fake(stack, next(iter(TASKS.values()))(), Settings(), "TYX"), stack, np.dtype("float32"))
    steps = job.frames()
    seen = [next(steps) for _ in range(2 * fake.steps + 1)]
    assert len(seen[0].planes) == 1
    assert (seen[0].stack == stack).all()
    assert not np.shares_memory(seen[0].stack, stack)
    job.painted.set()
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


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OutOfMemory("The card is full."), r"The card is full\. Then press Run"),
        (Diverged("It blew up."), "It blew up.*learning rate"),
        (RunError("It broke."), r"^It broke\.$"),
        (ValueError("The image is flat."), r"^The image is flat\.$"),
        (RuntimeError("inner"), r"unexpected.*RuntimeError: inner.*Show Logs"),
        (KeyError("inner"), r"unexpected.*KeyError"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_every_failure_is_put_in_words(fake, job, error, words):
    fake.fails = error
    _, end = drive(job.frames())
    assert isinstance(end, Failure)
    assert re.search(words, end.words)
    assert not job.resumable


def test_a_failed_fit_is_let_go(fake, job):
    fake.fails = OutOfMemory("full")
    steps = job.frames()
    next(steps)
    alive = weakref.ref(fake.made.pop())
    assert isinstance(drive(steps)[1], Failure)
    gc.collect()
    assert alive() is None, "the network would keep the card's memory"


def test_colours_are_sent_in_the_layer_s_type(fake, image):
    job = Job(lambda: fake(image, next(iter(TASKS.values()))(), Settings(), "YX"), image, np.dtype("uint8"))
    frames, outcome = drive(job.frames())
    assert frames[0].planes[0][1].dtype == outcome.data.dtype == np.uint8
