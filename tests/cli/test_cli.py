"""The command line as a program: one clear line where something is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files
from napari_deep_prior.cli import info, main

QUICK = ["--iterations", "5", "--seconds", "never", "--preset", "fast"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "denoise"),
        (["unknown"], "unknown"),
        (["denoise"], "--output"),
        (["denoise", "{image}", "--output", "out.tif", "--seconds", "soon"], "--seconds"),
        (["denoise", "{image}", "--output", "out.tif", "--seconds", "-1"], "seconds = -1"),
        (["denoise", "{image}", "--output", "out.tif", "--preset", "magic"], "balanced"),
        (["inpaint", "{image}", "--output", "out.tif"], "--mask"),
        (["inpaint", "{image}", "--output", "out.tif", "--mask", "none.tif"], "none.tif does not exist"),
        (["inpaint", "{image}", "--output", "out.tif", "--mask", "{small}"], "mask has shape (4, 4)"),
        (["denoise", "none.tif", "--output", "out.tif"], "none.tif does not exist"),
        (["denoise", "{broken}", "--output", "out.tif"], "cannot be read"),
        (["denoise", "{image}", "--output", "out.xyz"], "out.xyz has the ending .xyz"),
        (["denoise", "{image}", "--output", "none/out.tif"], "The folder none does not exist"),
        (["denoise", "{image}", "--output", "out.jpg"], "choose .tif"),
        (["denoise", "{flat}", "--output", "out.tif"], "constant"),
        (["denoise", "{boolean}", "--output", "out.tif"], "The image is boolean"),
        (["gui", "none.tif"], "none.tif does not exist"),
    ],
)
def test_bad_usage_and_bad_input(image, tmp_path, monkeypatch, arguments, says, refusal):
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("small.tif", np.eye(4, dtype=np.uint8))
    tifffile.imwrite("flat.tif", np.ones((20, 24), np.uint8))
    tifffile.imwrite("boolean.tif", np.eye(20, dtype=bool))
    (tmp_path / "broken.tif").write_bytes(b"II*\0 no image")
    names = {"image": image, "small": "small.tif", "flat": "flat.tif", "broken": "broken.tif", "boolean": "boolean.tif"}
    before = sorted(tmp_path.iterdir())
    assert says in refusal(*(argument.format(**names) for argument in arguments))
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("module", ["cli", "cli.window", "cli.restore", "__main__", "demo"])
def test_the_waiting_of_threads_is_set_before_torch_loads(module):
    """torch reads the policy once, as it loads; set later it does nothing."""
    script = f"""
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Watch())
sys.argv = ["napari-deep-prior", "info"]
import napari_deep_prior.{module}
if "{module}" == "__main__":
    napari_deep_prior.__main__.run()
"""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "PASSIVE"


def program(*arguments, **options):
    command = [sys.executable, "-m", "napari_deep_prior", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_as_a_program(image, tmp_path):
    process = program("denoise", image, "--output", "out.tif", *QUICK, cwd=tmp_path)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out == ""
    assert "loss=" in err
    assert "Saved out.tif" in err
    process = program("denoise", image, "--output", "out.tif", *QUICK, cwd=tmp_path)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err.count("\n")) == (2, 1), err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to another process on Windows")
def test_ctrl_c_on_the_program(image, tmp_path):
    command = ["denoise", image, "--output", "out.tif", "--iterations", "1000000", "--seconds", "never"]
    process = program(*command, "--stopping", "never", cwd=tmp_path)
    assert "Computing" in process.stderr.readline()
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "you stopped it" in err
    assert files.read(tmp_path / "out.tif").axes == "YX"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_loading_is_one_line(tmp_path):
    script = """
import os, signal, sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Slow())
from napari_deep_prior.__main__ import run
sys.exit(run())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "napari-deep-prior: Interrupted; nothing was saved.\n")


def test_too_little_memory_is_one_line(monkeypatch, capsys):
    def exhausted(_command):
        raise MemoryError

    monkeypatch.setattr(info.Info, "run", exhausted)
    assert main(["info"]) == 1
    err = capsys.readouterr().err
    assert "not enough memory" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(not hasattr(signal, "SIGTERM") or os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_the_end_of_a_job_saves_what_was_reached(image, tmp_path, number):
    command = ["denoise", image, "--output", "out.tif", "--iterations", "1000000", "--seconds", "never"]
    process = program(*command, "--stopping", "never", "--preset", "fast", cwd=tmp_path)
    assert "Computing" in process.stderr.readline()
    time.sleep(3)
    process.send_signal(getattr(signal, number))
    if number == "SIGHUP":
        process.stderr.close()  # the terminal is gone
    assert process.wait(timeout=60) == 0
    assert files.read(tmp_path / "out.tif").axes == "YX"
