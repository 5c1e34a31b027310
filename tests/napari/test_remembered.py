"""What the panel remembers from one day to the next."""

import json

import pytest

from napari_deep_prior._napari.remembered import NAME, Store


@pytest.mark.parametrize("content", ["", "[]", '{"last": 3}', '{"last": {"denoise": {"seed": -4, "gone": 1}}}'])
def test_a_broken_memory_is_no_obstacle(viewer, dock, settings_folder, content):
    (settings_folder / NAME).write_text(content)
    assert dock(viewer).form.basic.values()["preset"] == "balanced"


def test_memory_survives_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    memory = Store(tmp_path / "file" / "below")
    memory.keep("a", "b", values={"c": 1})
    assert memory.get("a", "b") == {"c": 1}
    memory = Store(tmp_path)
    memory.keep("a", "b", values={"c": 1})
    assert json.loads((tmp_path / NAME).read_text()) == {"a": {"b": {"c": 1}}}
    assert Store(tmp_path).get("a") == {"b": {"c": 1}}
    assert Store(None).get("a", "b", "c") == {}
