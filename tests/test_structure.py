"""The house stays in order: types, style, imports, manifest, docstrings, dependencies; sizes and mirrored tests as alarms.

The numbers are alarms, not a format: what sets one off holds two ideas. `debts.toml` lists what still does; it can only get
shorter, because an entry that is no longer needed fails as well.
"""

from __future__ import annotations

import ast
import collections
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
from collections.abc import Iterator
from pathlib import Path

import pytest

import napari_deep_prior
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.settings import Settings

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "napari_deep_prior"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = [
    m.name for m in pkgutil.walk_packages([str(SOURCE)], "napari_deep_prior.") if not m.name.endswith("__main__")
]
DEBTS: dict[str, list[str]] = tomllib.loads((ROOT / "tests" / "debts.toml").read_text("utf-8"))

FILE_LINES, FUNCTION_LINES, COMPLEXITY, PARAMETERS, FOLDER_FILES = 300, 50, 12, 8, 16
"""A file, a function without its docstring, its branches, its parameters without self, the files of a folder."""


def room(path: Path) -> str:
    """A source file as it is called in debts.toml."""
    return path.relative_to(SOURCE).as_posix()


def settle(kind: str, offenders: set[str]) -> None:
    """Offenders are exactly the debts that are known."""
    known = set(DEBTS[kind])
    assert not offenders - known, f"{kind}: {sorted(offenders - known)}"
    assert not known - offenders, f"paid off: delete from [{kind}] of tests/debts.toml: {sorted(known - offenders)}"


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions and methods of the source, as "folder/file.py::name"."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{room(path)}::{node.name}", node


def complexity(function: ast.FunctionDef) -> int:
    """Cyclomatic complexity; functions inside a function count for themselves."""
    branches, todo = 1, list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        match node:
            case ast.FunctionDef():
                continue
            case ast.If() | ast.For() | ast.While() | ast.ExceptHandler() | ast.IfExp() | ast.match_case():
                branches += 1
            case ast.comprehension(ifs=filters):
                branches += 1 + len(filters)
            case ast.BoolOp(values=operands):
                branches += len(operands) - 1
        todo += ast.iter_child_nodes(node)
    return branches


def parameters(function: ast.FunctionDef) -> int:
    """Number of parameters, without self and cls."""
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if a]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def lines(function: ast.FunctionDef) -> int:
    """Number of lines, without decorators and the docstring."""
    docstring = ast.get_docstring(function, clean=False) or ""
    return function.end_lineno - function.lineno + 1 - len(docstring.splitlines())


def test_the_counter_counts() -> None:
    tree = ast.parse(
        "def f(self, a, *b, c=1, **d):\n    '''One\n    two.'''\n"
        "    if a and b or c:\n        return [x for x in b if x]\n"
        "    try:\n        return 1 if a else 2\n    except ValueError:\n        pass\n"
        "    match a:\n        case 1:\n            pass\n        case _:\n            pass\n"
        "    def inner():\n        while True:\n            pass\n"
    )
    (function,) = tree.body
    # 1, if, and, or, comprehension, its filter, conditional expression, except, two cases
    assert complexity(function) == 10
    assert parameters(function) == 4
    assert lines(function) == 15


def test_functions_are_simple() -> None:
    settle("complexity", {name for name, function in functions() if complexity(function) > COMPLEXITY})


def test_functions_take_few_parameters() -> None:
    settle("parameters", {name for name, function in functions() if parameters(function) > PARAMETERS})


def test_functions_are_short() -> None:
    settle("lines", {name for name, function in functions() if lines(function) > FUNCTION_LINES})


def test_files_are_short() -> None:
    settle("files", {room(path) for path in FILES if len(path.read_text("utf-8").splitlines()) > FILE_LINES})


def test_folders_are_small() -> None:
    sizes = collections.Counter(path.parent for path in FILES)
    settle("folders", {room(folder) for folder, size in sizes.items() if size > FOLDER_FILES})


def mirrors_of(path: Path) -> list[Path]:
    """Where the tests of a source file may stand: tests/ mirrors src/, and what is abstract is tested as a law."""
    folders = [part.lstrip("_") for part in path.relative_to(SOURCE).parent.parts]
    names = ["base", "laws"] if path.stem == "_base" else [path.stem.lstrip("_")]
    return [ROOT.joinpath("tests", *folders, f"test_{name}.py") for name in names]


def test_tests_mirror_the_source() -> None:
    """Packages and `__main__` have tests of their own kind (test_package.py, test_cli.py)."""
    rooms = [path for path in FILES if path.name not in ("__init__.py", "__main__.py")]
    settle("mirror", {room(path) for path in rooms if not any(test.exists() for test in mirrors_of(path))})


def compared_words(tree: ast.AST) -> Iterator[str]:
    """Strings that something is compared with: by ==, in, as a key of a lookup, or by a case of a match."""
    for node in ast.walk(tree):
        sides: list[ast.AST] = []
        match node:
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
            case ast.Subscript(value=ast.Name(id="Literal")):
                continue  # a type
            case ast.MatchValue(value=value) | ast.Subscript(slice=value):
                sides = [value]
        for side in sides:
            elements = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
            yield from (e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str))


def test_the_search_for_compared_words_finds_them() -> None:
    tree = ast.parse(
        "x == 'a'; 'b' != x; x in ('c', 'd'); y: Literal['free'] = 'free'; table['e']\nmatch x:\n    case 'f':\n        pass"
    )
    assert set(compared_words(tree)) == set("abcdef")


def test_methods_and_tasks_are_objects() -> None:
    """Only its own room asks for a method or a task by name; all others ask the object."""
    methods = next(p for p in parameters_of(Settings) if p.name == "method").choices
    names = {*methods, *(task.command() for task in napari_deep_prior.TASKS.values())} - {"auto"}
    settle(
        "names",
        {
            f"{room(path)}: {word}"
            for path in FILES
            for word in set(compared_words(ast.parse(path.read_text("utf-8")))) & names
            if path.stem != word.replace("-", "_")
        },
    )


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


@pytest.mark.parametrize("path", FILES, ids=room)
def test_file(path: Path) -> None:
    text = path.read_text("utf-8")
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
    # npe2 comes with napari, numcodecs with zarr
    optional = {"dask", "dask-jobqueue", "distributed", "napari", "npe2", "numcodecs", "yaozarrs", "zarr"}
    assert set(imported) - declared == optional, f"imported but not declared: {imported}"
    assert declared <= set(imported), f"declared but never imported: {declared - set(imported)}"


def test_the_manifest_at_the_root_is_that_of_the_package() -> None:
    link = ROOT / "napari.yaml"
    if link.read_text("utf-8").strip() == "src/napari_deep_prior/napari.yaml":
        pytest.skip("this checkout has no symbolic links")
    assert link.read_bytes() == (SOURCE / "napari.yaml").read_bytes()


def test_continuous_integration_names_what_exists() -> None:
    files = [path for folder in (".github", ".ci") for path in (ROOT / folder).rglob("*") if path.is_file()]
    named = {
        name for path in files for name in re.findall(r"(?<![\w/])(?:tests|scripts)/[\w./-]+", path.read_text("utf-8"))
    }
    assert len(named) > 3
    assert not [name for name in named if not (ROOT / name).exists()]
