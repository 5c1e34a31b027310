"""Workflows come back from their files."""

from __future__ import annotations

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
