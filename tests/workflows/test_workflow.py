"""Workflows come back from their files."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given

from napari_deep_prior.workflows.workflow import Workflow, read_workflow, to_toml

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))


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
