"""Which cluster a command means: none unless one is named."""

from __future__ import annotations

import pytest

from napari_deep_prior.cli.executor_options import executor_of
from napari_deep_prior.workflows.executors.executor import Executor


def test_only_a_named_cluster_is_used() -> None:
    pytest.importorskip("distributed")
    assert executor_of(None, None, 8) is None
    assert executor_of("tcp://a:1", None, 2) == Executor(scheduler="tcp://a:1")
    assert executor_of(None, "local", 8) == Executor(cluster="local", workers=8)
    with pytest.raises(ValueError, match="needs one of both"):
        executor_of("tcp://a:1", "local", 2)
