"""The progress bar, and Ctrl-C that keeps what was reached."""

from __future__ import annotations

import io
import json
import os
import signal
import sys

import pytest
from tqdm import tqdm

import napari_deep_prior as package
from napari_deep_prior import files
from napari_deep_prior.cli import progress

QUICK = ["--iterations", "5", "--seconds", "never", "--preset", "fast"]


def test_the_bar_has_no_end_where_the_run_has_none():
    bar = tqdm(disable=False, file=io.StringIO())
    values = {"plane": 0, "planes": 1, "index": (), "seconds": 1.0, "loss": 1.0, "held_out": None, "image": None}
    for iteration, left, total in ((3, 4, 7), (5, None, None)):
        progress._show(bar, package.Snapshot(iteration=iteration, iterations_left=left, **values))
        assert (bar.n, bar.total) == (iteration, total)
    bar.close()


def test_first_interrupt_keeps_the_result(image, tmp_path, capsys, monkeypatch, run):
    show = progress._show

    def interrupt(bar, snapshot):
        if bar.n == 0:
            os.kill(os.getpid(), signal.SIGINT) if os.name != "nt" else signal.raise_signal(signal.SIGINT)
        show(bar, snapshot)

    monkeypatch.setattr(progress, "_show", interrupt)
    before = signal.getsignal(signal.SIGINT)
    out = tmp_path / "out.tif"
    command = ["denoise", image, "--output", out, "--iterations", 100000, "--seconds", "never", "--stopping", "never"]
    assert run(*command) == 0
    assert signal.getsignal(signal.SIGINT) is before
    assert "you stopped it" in capsys.readouterr().err
    assert json.loads(files.sidecar(out).read_text())["planes"][0]["reason"] == "REQUESTED"


def test_second_interrupt_leaves_at_once(image, tmp_path, capsys, monkeypatch, run):
    def interrupt(_bar, _snapshot):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(progress, "_show", interrupt)
    assert run("denoise", image, "--output", tmp_path / "out.tif", *QUICK) == 130
    assert "nothing was saved" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.ome.tif"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_keep_the_result_too(image, tmp_path, capsys, monkeypatch, run, number):
    show = progress._show

    def interrupt(bar, snapshot):
        if bar.n == 0:
            signal.raise_signal(number)
        show(bar, snapshot)

    monkeypatch.setattr(progress, "_show", interrupt)
    before = signal.getsignal(number)
    out = tmp_path / "out.tif"
    command = ["denoise", image, "--output", out, "--iterations", 100000, "--seconds", "never", "--stopping", "never"]
    assert run(*command, "--preset", "fast") == 0
    assert signal.getsignal(number) is before
    assert json.loads(files.sidecar(out).read_text())["planes"][0]["reason"] == "REQUESTED"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_nohup_is_obeyed(image, tmp_path, monkeypatch, run):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr(progress, "_show", lambda _bar, _snapshot: signal.raise_signal(signal.SIGHUP))
        assert run("denoise", image, "--output", tmp_path / "out.tif", *QUICK) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    record = json.loads(files.sidecar(tmp_path / "out.tif").read_text())
    assert record["planes"][0]["reason"] == "ITERATIONS"


def test_a_terminal_that_is_closed_ends_nothing(image, tmp_path, monkeypatch, run):
    class Closed(io.StringIO):
        def write(self, _text):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Closed())
    assert run("denoise", image, "--output", tmp_path / "out.tif", *QUICK) == 0
    assert files.read(tmp_path / "out.tif").axes == "YX"
