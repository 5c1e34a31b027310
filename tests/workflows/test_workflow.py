"""Workflows come back from their files."""

from __future__ import annotations

import contextlib
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from napari_deep_prior.workflows.as_text import as_command, as_python
from napari_deep_prior.workflows.workflow import Workflow, read_workflow, to_toml

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))


@pytest.mark.parametrize("axes", [None, "TYX"])
def test_axes_of_files_that_do_not_say_them_override_nothing(axes, tmp_path):
    """Unless somebody says so, which there is a line for."""
    path = tmp_path / "b.toml"
    path.write_text(to_toml(Workflow(task="denoise", axes=axes), "b.toml"), encoding="utf-8")
    assert ("override_axes = false" in path.read_text("utf-8")) == (axes is not None)
    assert not read_workflow(path).override_axes
    path.write_text('task = "denoise"\naxes = "TYX"\noverride_axes = true', encoding="utf-8")
    assert read_workflow(path).override_axes
    path.write_text('task = "denoise"\noverride_axes = 1', encoding="utf-8")
    with pytest.raises(ValueError, match="override_axes = 1: needs true or false"):
        read_workflow(path)


@given(mask=text, seed=st.integers(0, 2**31 - 1), rate=st.floats(1e-4, 1), keep=st.booleans())
def test_a_batch_comes_back_from_its_file(tmp_path_factory, mask, seed, rate, keep):
    settings = {"seed": seed, "learning_rate": rate, "preset": "best"}
    made = Workflow(
        task="inpaint", parameters={"keep_known": keep}, companions={"mask": mask}, settings=settings, axes="TYX"
    )
    path = tmp_path_factory.mktemp("batch") / "b.toml"
    path.write_text(to_toml(made, "b.toml"), encoding="utf-8")
    assert read_workflow(path) == made


def test_only_the_name_of_the_image_is_put_into_paths(tmp_path):
    """Nothing is evaluated, and other braces stand for themselves."""
    paths = {
        "{stem}-mask.tif": "a.b-mask.tif",
        "{name}.mask.tif": "a.b.tif.mask.tif",
        "{stem}/{stem}{name}": "a.b/a.ba.b.tif",
        "{x} {0} {stem.__class__} {stem:>1000000000} {{stem}": "{x} {0} {stem.__class__} {stem:>1000000000} {a.b",
    }
    for path, expected in paths.items():
        workflow = Workflow(task="inpaint", companions={"mask": path})
        assert workflow.companion_paths(tmp_path / "a.b.tif", tmp_path) == {"mask": tmp_path / expected}
    both = Workflow(task="inpaint", companions={"mask": "{stem}"})
    assert both.companion_paths(Path("{name}.tif"), tmp_path) == {"mask": tmp_path / "{name}"}


ODD = [
    "[]",
    "{}",
    "3",
    "-1",
    "1.5",
    "nan",
    "inf",
    '""',
    '"x"',
    '"{stem}"',
    '"../x"',
    "true",
    "[[3]]",
    "1979-05-27",
    "9" * 500,
    "'",
]
LINES = to_toml(
    Workflow(
        task="inpaint",
        parameters={"keep_known": False},
        companions={"mask": "m.tif"},
        settings={"seed": 3},
        axes="TYX",
        override_axes=True,
    ),
    "b.toml",
).splitlines()


@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(ODD)), min_size=1, max_size=3), st.booleans())
def test_any_other_value_is_taken_or_refused_in_words(tmp_path_factory, changes, cut):
    lines = list(LINES)
    for number, value in changes:
        key, equals, _ = lines[number].partition("=")
        lines[number] = f"{key}= {value}" if equals else value
    path = tmp_path_factory.getbasetemp() / "odd.toml"
    path.write_text("\n".join(lines[: len(lines) - cut]), encoding="utf-8")
    with contextlib.suppress(ValueError):  # any other kind of error fails the test
        workflow = read_workflow(path)
        assert workflow.companion_paths(tmp_path_factory.getbasetemp() / "a.tif", path.parent)
        assert as_command(workflow, "a.tif", "b.tif")
        compile(as_python(workflow, "a.tif"), "program", "exec")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bytes\.toml"):
        read_workflow(path)
