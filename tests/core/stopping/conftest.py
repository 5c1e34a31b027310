"""What tests of rules share: a rule that follows a made-up trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.stopping.rules import StoppingRule

Run = Callable[..., tuple[int, int, StopReason | None]]


@pytest.fixture(scope="session")
def run() -> Run:
    """A rule, the values of a trace and the steps between them -> kept iteration, last iteration, reason."""
    return followed


def followed(rule: StoppingRule, trace: list[float], every: int = 10) -> tuple[int, int, StopReason | None]:
    """Kept iteration, last iteration, reason."""
    watch, kept = rule.start(), 0
    for i, value in enumerate(trace, 1):
        verdict = watch(i * every, value)
        kept = i * every if verdict.keep else kept
        if verdict.stop:
            return kept, i * every, verdict.stop
    return kept, len(trace) * every, None
