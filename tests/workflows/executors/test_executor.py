"""Which cluster restores the planes: one of two ways, and the packages it needs."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from napari_deep_prior.workflows.executors.executor import Executor


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "needs one of both"),
        ({"scheduler": "tcp://a:1", "cluster": "local"}, "needs one of both"),
        ({"cluster": "moon"}, "cluster = 'moon': needs one of local, slurm, lsf, pbs, sge"),
        ({"cluster": "local", "workers": 0}, "workers = 0"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Executor(**arguments)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there: set[str] = {"distributed"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in there else None)
    assert Executor(cluster="local").workers == 2
    with pytest.raises(ValueError, match=r"pip install \"napari-deep-prior\[cluster\]\""):
        Executor(cluster="slurm")
    there.clear()
    with pytest.raises(ValueError, match=r"\[cluster\]"):
        Executor(scheduler="tcp://a:1")
