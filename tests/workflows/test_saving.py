"""A finished result is saved in the next best place."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.workflows.saving import check_by_products, save_somewhere


@pytest.fixture
def folders(tmp_path, monkeypatch):
    made = {name: tmp_path / name for name in ("there", "home", "scratch")}
    for folder in made.values():
        folder.mkdir()
    monkeypatch.setattr(Path, "home", lambda: made["home"])
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(made["scratch"]))
    return made


def saving_where(allowed):
    def write(path):
        if path.parent not in allowed:
            raise OSError(28, "No space left on device")
        path.write_text("result")

    return write


def test_places_are_tried_in_order(folders):
    output = folders["there"] / "out.tif"
    assert save_somewhere(output, saving_where([folders["there"]])) == (output, None)
    for name in ("home", "scratch"):
        saved, failure = save_somewhere(output, saving_where([folders[name]]))
        assert saved == folders[name] / "out-2.tif"
        assert "No space left" in failure
        assert f"It is saved in {saved} instead." in failure


def test_nothing_is_replaced_there(folders):
    (folders["home"] / "out-2.tif").write_text("older")
    saved, _ = save_somewhere(folders["there"] / "out.tif", saving_where([folders["home"]]))
    assert saved == folders["home"] / "out-3.tif"


def test_where_no_place_is_left_the_reason_is_given(folders):
    saved, failure = save_somewhere(folders["there"] / "out.tif", saving_where([]))
    assert saved is None
    assert failure.startswith(f"The result could not be saved as {folders['there'] / 'out.tif'}: ")


def test_places_of_by_products_are_checked_before_any_work(tmp_path):
    like = files.Picture(array=np.zeros((4, 5), np.uint16), axes="YX")
    output = tmp_path / "out.tif"
    check = functools.partial(check_by_products, output=output, like=like, overwrite=False)
    check({"uncertainty": tmp_path / "u.tif", "invented": tmp_path / "i.png"})
    for places, words in (
        ({"uncertainty": output}, "named twice"),
        ({"uncertainty": tmp_path / "u.tif", "invented": tmp_path / "u.tif"}, "named twice"),
        ({"residual": tmp_path / "r.tif"}, "uncertainty, invented"),
        ({"uncertainty": tmp_path / "u.png"}, "float32"),
    ):
        with pytest.raises(ValueError, match=words):
            check(places)
    (tmp_path / "u.tif").touch()
    with pytest.raises(FileExistsError, match="exists already"):
        check({"uncertainty": tmp_path / "u.tif"})
