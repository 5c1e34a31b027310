"""A failed run in words, with what to do next."""

import re

import pytest

from napari_deep_prior._napari.running.failure import describe
from napari_deep_prior.core.results import Diverged, OutOfMemory, RunError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OutOfMemory("The card is full."), r"^The card is full\. Then press Run\.$"),
        (Diverged("It blew up."), r"^It blew up\. .*learning rate or another seed"),
        (RunError("It broke."), r"^It broke\.$"),
        (ValueError("The image is flat."), r"^The image is flat\.$"),
        (RuntimeError("inner"), r"unexpected.*RuntimeError: inner.*Show Logs"),
        (KeyError("inner"), r"unexpected.*KeyError"),
        (MemoryError(), "not enough memory.*crop it"),
    ],
)
def test_every_failure_is_put_in_words_and_logged(error, words, caplog):
    assert re.search(words, describe(error, refused=False))
    assert "The restoration failed." in caplog.text


@pytest.mark.parametrize(("refused", "words"), [(True, "^boolean$"), (False, "unexpected.*TypeError: boolean")])
def test_a_type_error_is_a_refusal_only_before_the_fit_begins(refused, words):
    assert re.search(words, describe(TypeError("boolean"), refused=refused))


def test_what_the_failing_frames_held_is_let_go():
    def fail():
        network = [1, 2, 3]
        raise KeyError(len(network))

    try:
        fail()
    except KeyError as error:
        describe(error, refused=False)
        inner = error.__traceback__.tb_next.tb_frame
    assert not inner.f_locals, "the log keeps the error, and the error would keep the network"
