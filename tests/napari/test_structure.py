"""Rules of this folder: nothing of the engine by name, nothing private of napari, nothing long."""

import ast
import re
from pathlib import Path

import pytest

import napari_deep_prior._napari as package
from napari_deep_prior._napari.form import run_form
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.core.results import PlaneReport, Record, Result, Snapshot
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import TASKS

FILES = sorted(Path(package.__file__).parent.rglob("*.py"))
TITLES = {task.title for task in TASKS.values()}
NAMES = {p.name for cls in (Settings, *TASKS.values()) for p in parameters_of(cls)}
REPORTED = {name for cls in (Snapshot, PlaneReport, Record, Result) for name in cls.__slots__}
ALLOWED = {*run_form.BASIC, *run_form.DEVICE}


def names_of_the_engine(source: str) -> set[str]:
    """Task titles anywhere; parameter names as a whole string, as an attribute or as a keyword."""
    found = {title for title in TITLES if re.search(rf"\b{title[:-1]}", source, re.IGNORECASE)}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if text in NAMES:
                found.add(text)
            case ast.Attribute(attr=name) if name in NAMES - REPORTED - {"device"}:  # the widget's label
                found.add(name)
            case ast.keyword(arg=name) if name in NAMES:
                found.add(name)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_task_and_no_parameter_is_named(file):
    allowed = ALLOWED if file.name in ("run_form.py", "request.py") else set()
    assert names_of_the_engine(file.read_text("utf8")) <= allowed


def test_the_search_finds_what_it_looks_for():
    source = "a = settings.input_noise; b = dict(keep_known=1); c = 'learning_rate'; d = 'Denoised'"
    assert names_of_the_engine(source) == {"input_noise", "keep_known", "learning_rate", "Denoise"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_private_of_others_is_used(file):
    for node in ast.walk(ast.parse(file.read_text("utf8"))):
        if isinstance(node, ast.Attribute) and re.match(r"_[^_]", node.attr):
            assert isinstance(node.value, ast.Name), ast.unparse(node)
            assert node.value.id in ("self", "cls"), ast.unparse(node)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_and_functions_are_short_and_colours_are_the_theme_s(file):
    source = file.read_text("utf8")
    assert len(source.splitlines()) <= 300
    assert not re.search(r"QColor|setStyleSheet|#[0-9a-fA-F]{6}|rgb\(", source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 50, node.name
