"""A process that is forked after a fit computes on, in one thread, where it would wait for ever in two."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from napari_deep_prior.core.compute import forked

SCRIPT = """
import logging, os, signal
import torch
from napari_deep_prior.core.compute.device import choose

logging.basicConfig(format="%(message)s")
x, kernel = torch.rand(1, 16, 128, 128), torch.rand(16, 16, 3, 3)

def compute(device):
    with device.engaged():
        (torch.nn.functional.conv2d(x, kernel, padding=1) * 2).exp().sum()
        return torch.get_num_threads()

device = choose("cpu", threads=2)
assert compute(device) == 2
child = os.fork()
if child == 0:
    signal.alarm(60)
    assert compute(device) == 1, "a device that was chosen before the fork"
    assert choose("cpu", threads=2).threads == 1
    assert choose("cpu").threads == 1
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert compute(device) == 2, "the parent goes on in two"
"""


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="forks on Linux only")
def test_a_forked_child_computes_in_one_thread() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], capture_output=True, text=True, check=False, env=environment
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("'spawn' or 'forkserver'") == 1, run.stderr


def test_a_process_that_was_not_forked_has_all_threads() -> None:
    assert forked.allowed_threads(3) == 3
    assert forked.allowed_threads(1) == 1
