"""Forked processes compute in one thread, because OpenMP's threads do not survive a fork.

After a fit the OpenMP library (libgomp) of PyTorch holds a pool of threads. A forked child inherits the pool but not its
threads, and its first parallel loop waits for them for ever: `multiprocessing` forks by default on Linux before Python 3.14.
With one thread there is no pool to wait for. Processes that are spawned have all threads.
"""

from __future__ import annotations

import functools
import logging
import os

import torch

_log = logging.getLogger(__name__)

_is_child = False
"""Whether this process was forked from one that had computed."""


@functools.cache
def protect_children() -> None:
    """Let children that are forked from now on compute in one thread. To be called before the first parallel loop."""
    if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
        os.register_at_fork(after_in_child=_restrict)


def _restrict() -> None:
    global _is_child
    _is_child = True
    torch.set_num_threads(1)


def allowed_threads(wanted: int) -> int:
    """Number of threads that can be used here: as many as wanted, or 1 in a forked child."""
    if not _is_child or wanted == 1:
        return wanted
    _warn_once(wanted)
    return 1


@functools.cache
def _warn_once(wanted: int) -> None:
    _log.warning(
        "This process was forked from one that had restored an image, so it computes in 1 thread instead of %d. "
        "Start processes with the method 'spawn' or 'forkserver' to use all threads.",
        wanted,
    )
