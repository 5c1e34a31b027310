"""The worked example of CONTRIBUTING.md, for the laws of tasks and of forward models."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from napari_deep_prior.core import tasks
from napari_deep_prior.core.tasks import TASKS, AbstractTask

ROOT = Path(__file__).parents[2]


def the_worked_example(folder: Path) -> type[AbstractTask]:
    """The task file that CONTRIBUTING.md shows, dropped beside the others: found without an edit anywhere."""
    path, code = re.search(
        r"`core/tasks/(\w+\.py)`.*?```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.S
    ).groups()
    (folder / path).write_text(code, "utf-8")
    tasks.__path__.append(str(folder))
    try:
        collected = tasks._collect()
    finally:
        tasks.__path__.remove(str(folder))
    (new,) = set(collected) - set(TASKS)
    return collected[new]


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[AbstractTask]]:
    cls = the_worked_example(tmp_path_factory.mktemp("tasks"))
    yield cls
    del sys.modules[cls.__module__]
