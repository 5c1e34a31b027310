"""What tests of the core share: the worked example of CONTRIBUTING.md, and observations made by hand."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from napari_deep_prior.core import tasks
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.physics.forward_model import Identity
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
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


Observe = Callable[..., Observation]


@pytest.fixture
def observe() -> Observe:
    """An image (1, c, [z,] y, x) -> an observation of it as it is; `known` is (1, 1, [z,] y, x), further fields by name."""

    def made(image: torch.Tensor, known: torch.Tensor | None = None, **fields: Any) -> Observation:
        everywhere = torch.ones_like(image[:, :1])
        known = everywhere if known is None else known
        return Observation(
            **{
                "image": image,
                "known": known,
                "shown": known,
                "fitted": known,
                "physics": Identity(),
                "misfit": losses.Misfit(losses.gaussian),
                "stages": lambda _: None,
                "finish": lambda drawn, _: drawn,
                **fields,
            }
        )

    return made


@pytest.fixture
def chance() -> Callable[[int], Chance]:
    """A seed -> generators on the processor."""
    return lambda seed=0: Chance.of(seed, device=torch.device("cpu"))
