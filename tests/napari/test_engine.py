"""The door to the core: the tests' fit offers what the window asks, and nothing else of the core is asked."""

import ast
import inspect
from pathlib import Path

import pytest

import napari_deep_prior._napari as package
from napari_deep_prior._napari.engine import FitLike, FitMaker, load
from napari_deep_prior.core.results import Record
from napari_deep_prior.core.run.fit import Fit

WITHOUT_TORCH = {
    "parameters",
    "results",
    "run.history",
    "data.stack",
    "data.axis_names",
    "diagnostics.course",
    "imaging.bad_pixels",
}
"""Parts of the core that the window may import when it opens: they load where PyTorch does not."""


def offered(protocol):
    return {name for name in vars(protocol) if not name.startswith("_")} | {"__iter__"}


@pytest.mark.parametrize("real", [True, False])
def test_a_fit_takes_what_the_window_gives_it(fake, real):
    fit = load().fit if real else fake
    inspect.signature(fit).bind("image", "task", "settings", axes="YX", first=0)
    assert list(inspect.signature(FitMaker.__call__).parameters) == [
        "self",
        "image",
        "task",
        "settings",
        "axes",
        "first",
    ]
    made = Fit if real else fake
    for name in offered(FitLike):
        asked = inspect.getattr_static(FitLike, name)
        if callable(asked):
            has = inspect.signature(getattr(made, name))
            has.bind(*inspect.signature(asked).parameters)  # as many by position, "self" among them


def test_the_stand_in_has_every_attribute_the_window_reads(fake, image):
    engine = load()
    task, settings = next(iter(engine.tasks.values()))(), engine.settings(iterations=1, seconds="never")
    for fit in (fake(image, task, settings, axes="YX"), engine.fit(image, task, settings, axes="YX")):
        kinds = {name: type(getattr(fit, name)) for name in ("task", "axes", "device")}
        assert kinds == {"task": type(task), "axes": engine.axes, "device": type(engine.choose_device("cpu", "auto"))}
        snapshots = list(fit)
        assert fit.result.image.shape == snapshots[-1].image.shape == image.shape
        assert Record.from_json(fit.result.record.to_json()) == fit.result.record


def imported(path: Path) -> set[str]:
    """The parts of the core that a file imports where it runs, not only for its types."""
    tree = ast.parse(path.read_text("utf8"))
    typing = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    unread = {inner for node in typing for inner in ast.walk(node)}
    core = "napari_deep_prior.core."
    return {
        node.module.removeprefix(core)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node not in unread and (node.module or "").startswith(core)
    }


def test_the_core_is_reached_through_one_door():
    files = sorted(Path(package.__file__).parent.rglob("*.py"))
    assert any(imported(file) - WITHOUT_TORCH for file in files), "the door itself"
    for file in files:
        if file.name != "engine.py":
            assert imported(file) <= WITHOUT_TORCH, file.name
