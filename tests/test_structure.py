"""The house stays in order: types, style, imports, manifest, sizes, names, docstrings, dependencies."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import napari_deep_prior

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "napari_deep_prior"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = [
    m.name for m in pkgutil.walk_packages([str(SOURCE)], "napari_deep_prior.") if not m.name.endswith("__main__")
]


@pytest.mark.parametrize(
    "command",
    ["mypy", "ruff check .", "ruff format --check .", "lint-imports", "npe2 validate napari-deep-prior --imports"],
)
def test_tool(command: str) -> None:
    name, *arguments = command.split()
    program = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert program, f"{name} is not installed: pip install -e .[test]"
    run = subprocess.run([program, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_file(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 250, "one idea per file"
    assert not re.search(r"util|helper|misc", path.stem), "a name that says nothing"
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text), "open an issue instead"
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert not re.search(r"(Manager|Handler|Helper|Processor|Util)s?$", node.name)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            assert getattr(node.exc.func, "id", None) != "RuntimeError", "napari's worker swallows every RuntimeError"


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    ours = {key: value for key, value in vars(module).items() if getattr(value, "__module__", None) == name}
    classes = [value for value in ours.values() if inspect.isclass(value)]
    for key, value in ours.items():
        if key.startswith("_") or not callable(value):
            continue
        assert value.__doc__, f"{name}.{key}"
        assert not value.__doc__.startswith(f"{key}("), f"{name}.{key} has only what dataclass wrote"
        for inner, member in vars(value).items() if inspect.isclass(value) else ():
            if not inner.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                # its own, inherited, or that of the protocol beside it
                explained = any(inspect.getdoc(getattr(c, inner, None)) for c in [value, *classes] if hasattr(c, inner))
                assert explained, f"{name}.{key}.{inner}"


def test_the_window_names_no_task() -> None:
    """A new task appears in the window by itself, so no file there may know one by name."""
    names = {word for task in napari_deep_prior.TASKS.values() for word in (task.__name__, f'"{task.command()}"')}
    for path in SOURCE.glob("_napari/**/*.py"):
        named = {name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", path.read_text("utf-8"))}
        assert not named, f"{path.name} names {named}"


def test_every_import_is_declared_and_every_dependency_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.match(r"[\w-]+", line)[0].lower() for line in project["dependencies"]}
    distributions = importlib.metadata.packages_distributions()
    imported = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            for top in (
                {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"napari_deep_prior"}
            ):
                (distribution, *_) = distributions.get(top, [top])
                imported.setdefault(distribution.lower().replace("_", "-"), path.name)
    imported["imagecodecs"] = "tifffile decodes compressed files with it"
    assert set(imported) - declared == {"napari"}, f"imported but not declared: {imported}"
    assert declared <= set(imported), f"declared but never imported: {declared - set(imported)}"


def test_the_manifest_at_the_root_is_that_of_the_package() -> None:
    link = ROOT / "napari.yaml"
    if link.read_text("utf-8").strip() == "src/napari_deep_prior/napari.yaml":
        pytest.skip("this checkout has no symbolic links")
    assert link.read_bytes() == (SOURCE / "napari.yaml").read_bytes()
