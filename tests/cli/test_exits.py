"""How the program ends: one line, whatever the reason looks like, and whether or not anybody listens."""

from __future__ import annotations

import io
import sys

from napari_deep_prior.cli import exits


def test_a_reason_is_one_line(capsys):
    assert exits.fail(2, ValueError("it is\n  wrong\tin many ways")) == 2
    assert capsys.readouterr().err == "napari-deep-prior: it is wrong in many ways\n"


def test_nobody_need_listen(monkeypatch):
    class Closed(io.StringIO):
        def write(self, _text):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Closed())
    exits.say("one", "two")
    assert exits.fail(1, "reason") == 1
