"""A command that was killed goes on with --resume."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tifffile

from napari_deep_prior import files, read_network
from napari_deep_prior.core.run import throttle
from napari_deep_prior.workflows import checkpoints

OPTIONS = [
    "--preset=fast",
    "--iterations=24",
    "--seconds=never",
    "--method=blind-spot",
    "--device=cpu",
    "--precision=float32",
]

UNTIL_KILLED = """
import itertools, sys, time
from napari_deep_prior.cli import main
from napari_deep_prior.core.run import throttle
from napari_deep_prior.workflows import checkpoints

throttle.INTERVAL, throttle.FRACTION, checkpoints.EVERY, checkpoints.FRACTION = 0.0, 1e9, 0.0, 1e9
steps, tick = itertools.count(1), checkpoints.CheckpointFile.tick

def tick_and_wait(self, fit):
    tick(self, fit)
    if next(steps) == 13:
        print("thirteen steps", flush=True)
        time.sleep(600)

checkpoints.CheckpointFile.tick = tick_and_wait
main(sys.argv[1:])
"""


def test_a_killed_command_goes_on_with_the_same_bits(image, tmp_path, run, capsys, monkeypatch):
    whole, out = tmp_path / "whole.tif", tmp_path / "out.tif"
    assert run("denoise", image, "--output", whole, *OPTIONS) == 0
    line = [sys.executable, "-c", UNTIL_KILLED, "denoise", image, "--output", out, "--quiet", *OPTIONS]
    with subprocess.Popen([str(word) for word in line], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "thirteen steps\n"
        process.kill()
    assert not out.exists()
    assert checkpoints.place(out).exists()
    capsys.readouterr()
    monkeypatch.setattr(throttle, "INTERVAL", 0.0)
    assert run("denoise", image, "--output", out, "--resume", *OPTIONS) == 0
    assert f"The run goes on from {out}.checkpoint." in capsys.readouterr().err
    np.testing.assert_array_equal(files.read(out).array, files.read(whole).array)
    assert not checkpoints.place(out).exists()


def test_the_checkpoint_of_another_image_is_refused_in_a_line(image, tmp_path, refusal):
    out = tmp_path / "out.tif"
    checkpoints.place(out).write_bytes(b"of another kind")
    assert "is no checkpoint" in refusal("denoise", image, "--output", out, "--resume", *OPTIONS)


@pytest.fixture
def stack(tmp_path):
    planes = np.random.default_rng(0).poisson(40, (4, 24, 32)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "film.tif", planes, ome=True, metadata={"axes": "TYX"})
    return tmp_path / "film.tif"


UNTIL_KILLED_AT_A_PLANE = """
import sys, time
from napari_deep_prior.cli import main
from napari_deep_prior.workflows.planewise import begin, sink

begin.too_large = lambda picture: "It is large."
write = sink.DiskSink.write

def write_and_wait(self, plane):
    write(self, plane)
    if plane.number == 1:
        print("two planes", flush=True)
        time.sleep(600)

sink.DiskSink.write = write_and_wait
main(sys.argv[1:])
"""


def test_a_killed_command_for_a_large_stack_goes_on_with_the_same_bits(stack, tmp_path, run, capsys, monkeypatch):
    whole, out = tmp_path / "whole.tif", tmp_path / "out.tif"
    assert run("denoise", stack, "--output", whole, *OPTIONS) == 0
    line = [sys.executable, "-c", UNTIL_KILLED_AT_A_PLANE, "denoise", stack, "--output", out, "--quiet", *OPTIONS]
    with subprocess.Popen([str(word) for word in line], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "two planes\n"
        process.kill()
    assert not out.exists()
    capsys.readouterr()
    assert run("denoise", stack, "--output", out, *OPTIONS, "--resume") == 0
    assert "goes on with 2 planes in" in capsys.readouterr().err
    np.testing.assert_array_equal(files.read(out).array, files.read(whole).array)
    assert not list(tmp_path.glob("*.partial*"))


def test_parts_are_run_one_by_one_or_side_by_side(stack, tmp_path, run, capsys, refusal):
    whole, out = tmp_path / "whole.tif", tmp_path / "out.tif"
    assert run("denoise", stack, "--output", whole, *OPTIONS) == 0
    assert run("denoise", stack, "--output", out, *OPTIONS, "--part=1/2") == 0
    assert "planes are done; the part that is last finishes" in capsys.readouterr().err
    assert not out.exists()
    assert run("denoise", stack, "--output", out, *OPTIONS, "--part=2/2") == 0
    np.testing.assert_array_equal(files.read(out).array, files.read(whole).array)
    capsys.readouterr()
    assert "part = '3/2': needs I/N" in refusal("denoise", stack, "--output", tmp_path / "other.tif", "--part=3/2")


def test_of_several_parts_the_first_keeps_the_network(stack, tmp_path, run, capsys):
    """The same command goes to all jobs, so the others neither refuse the file that is there by then nor write it anew."""
    kept = tmp_path / "scope.safetensors"
    same = ["denoise", stack, "--output", tmp_path / "out.tif", *OPTIONS, "--keep-network", kept]
    assert run(*same, "--part=1/2") == 0
    assert f"Kept the network in {kept}" in capsys.readouterr().err
    before = kept.read_bytes()
    assert run(*same, "--part=2/2") == 0
    assert "Kept the network" not in capsys.readouterr().err
    assert kept.read_bytes() == before
    assert read_network(kept).description.channels == 1
