"""The package as others meet it: quick to import, whole in the wheel, one version everywhere."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import napari_deep_prior
from napari_deep_prior.core.tasks import TASKS

ROOT = Path(__file__).parents[1]
HEAVY = {
    "torch",
    "numpy",
    "qtpy",
    "PyQt6",
    "PySide6",
    "napari",
    "magicgui",
    "matplotlib",
    "skimage",
    "tifffile",
    "tyro",
}


def fresh(code: str) -> str:
    """What a new interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT / "tests"
    ).stdout


def test_import_is_quick_and_loads_neither_torch_nor_qt() -> None:
    code = (
        "import json, sys, time; before = time.perf_counter(); import napari_deep_prior; dir(napari_deep_prior);"
        "print(json.dumps([time.perf_counter() - before, sorted({m.partition('.')[0] for m in sys.modules})]))"
    )
    runs = [json.loads(fresh(code)) for _ in range(3)]
    assert not HEAVY & set(runs[0][1])
    assert min(seconds for seconds, _ in runs) < 0.2


def test_the_engine_needs_neither_napari_nor_qt_nor_files() -> None:
    code = "import sys, napari_deep_prior as n; n.TASKS; n.restore; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = set(fresh(code).split())
    assert "torch" in loaded
    assert not (HEAVY - {"torch", "numpy"}) & loaded


@pytest.mark.parametrize("name", napari_deep_prior.__all__)
def test_public_names(name: str) -> None:
    assert name in dir(napari_deep_prior)
    assert getattr(napari_deep_prior, name) is getattr(napari_deep_prior, name)


def test_type_checkers_see_the_same_names_as_python() -> None:
    tree = ast.parse(Path(napari_deep_prior.__file__).read_text("utf-8"))
    (static,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.asname: line.module for line in static.body for alias in line.names}
    assert seen == {name: f"napari_deep_prior.{home}" for name, home in napari_deep_prior._HOMES.items()}
    assert {task.__name__ for task in TASKS.values()} <= set(seen), "list new tasks in __init__.py for editors' sake"


def test_no_public_name_is_that_of_a_module() -> None:
    """Else `napari_deep_prior.restore` would turn into the module once that is imported."""
    for name in napari_deep_prior.__all__:
        assert importlib.util.find_spec(f"napari_deep_prior.{name}") is None


def test_a_task_not_listed_is_public_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dehaze:
        pass

    monkeypatch.setitem(TASKS, "dehaze", Dehaze)
    assert napari_deep_prior.Dehaze is Dehaze
    monkeypatch.delattr(napari_deep_prior, "Dehaze")


@pytest.mark.parametrize("name", ["Nothing", "nothing", "_nothing"])
def test_unknown_names_are_attribute_errors(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(napari_deep_prior, name)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", *build], check=True, capture_output=True, text=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_holds_the_whole_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    source = ROOT / "src"
    files = (p.relative_to(source) for p in source.rglob("*") if p.is_file())
    ours = {p.as_posix() for p in files if not any(part.startswith((".", "__pycache__")) for part in p.parts)}
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == ours
    assert {"napari_deep_prior/napari.yaml", "napari_deep_prior/py.typed"} <= inside


def test_wheel_metadata(wheel: zipfile.ZipFile) -> None:
    info = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    metadata = wheel.read(info["METADATA"]).decode()
    assert "\nClassifier: Framework :: napari\n" in metadata
    assert "\nLicense-Expression: BSD-3-Clause\n" in metadata
    assert "LICENSE" in info
    entries = wheel.read(info["entry_points.txt"]).decode()
    assert "napari-deep-prior = napari_deep_prior:napari.yaml" in entries
    assert "napari-deep-prior = napari_deep_prior.__main__:run" in entries
    required = re.findall(r"^Requires-Dist: ([\w-]+)(.*)$", metadata, re.M)
    plain = {name.lower() for name, rest in required if "extra ==" not in rest}
    assert not plain & {"napari", "pyqt5", "pyqt6", "pyside2", "pyside6"}, "the plugin must not choose the user's Qt"
    assert not [rest for name, rest in required if name == "napari" and "<" in rest], "a cap makes it uninstallable"


def test_one_version_everywhere() -> None:
    version = napari_deep_prior.__version__
    changes = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert changes[0] in {version, "Unreleased"}
    assert version in changes[:2]
    assert re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)[1] == version
    assert importlib.metadata.version("napari-deep-prior") == version
