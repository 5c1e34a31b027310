"""What tests of the core share: the worked examples of CONTRIBUTING.md, and observations made by hand."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from napari_deep_prior.core import methods, tasks
from napari_deep_prior.core.methods import Method
from napari_deep_prior.core.optimisation import losses
from napari_deep_prior.core.physics.forward_model import Identity
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.tasks import AbstractTask

ROOT = Path(__file__).parents[2]


def the_worked_example(package: ModuleType, folder: Path) -> ModuleType:
    """The file of this package that CONTRIBUTING.md shows, dropped beside the others: found without an edit anywhere."""
    kind = package.__name__.rpartition(".")[2]
    path, code = re.search(
        rf"`core/{kind}/(\w+\.py)`.*?```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.S
    ).groups()
    (folder / path).write_text(code, "utf-8")
    package.__path__.append(str(folder))
    try:
        collected = package._collect()
    finally:
        package.__path__.remove(str(folder))
    module = sys.modules[f"{package.__name__}.{Path(path).stem}"]
    found = collected.values() if isinstance(collected, dict) else collected
    assert [cls for cls in found if cls.__module__ == module.__name__], "it is found by itself"
    return module


def own_class(module: ModuleType, base: type) -> Any:
    """The class of this kind that a module defines."""
    own = vars(module).values()
    (cls,) = (c for c in own if isinstance(c, type) and issubclass(c, base) and c.__module__ == module.__name__)
    return cls


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[AbstractTask]]:
    module = the_worked_example(tasks, tmp_path_factory.mktemp("tasks"))
    yield own_class(module, AbstractTask)
    del sys.modules[module.__name__]


@pytest.fixture(scope="session")
def example_method(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Method]]:
    module = the_worked_example(methods, tmp_path_factory.mktemp("methods"))
    yield own_class(module, Method)
    del sys.modules[module.__name__]


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


@pytest.fixture
def film():
    """Makes films of bright spots that drift by a pixel a frame, (t, y, x)."""
    return _film


def _film(frames: int = 5, rows: int = 40, columns: int = 48, *, sigma: float = 30, seed: int = 0) -> np.ndarray:
    """Bright spots that drift by a pixel a frame."""
    y, x = np.mgrid[:rows, :columns]
    spots = [
        200 + 600 * sum(np.exp(-((y - cy) ** 2 + (x - cx - t) ** 2) / 18) for cy, cx in ((12, 14), (28, 30)))
        for t in range(frames)
    ]
    return (np.array(spots) + np.random.default_rng(seed).normal(0, sigma, (frames, rows, columns))).astype(np.float32)
