"""A finished result is saved in the next best place."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from napari_deep_prior import files
from napari_deep_prior.workflows.saving import check_by_products, save_by_products, save_somewhere


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
        ({"uncertainty": tmp_path / "a folder" / ".." / "out.tif"}, "named twice"),
        ({"uncertainty": tmp_path / "u.tif", "invented": tmp_path / "u.tif"}, "named twice"),
        ({"residual": tmp_path / "r.tif"}, "uncertainty, invented"),
        ({"uncertainty": tmp_path / "u.png"}, "float32"),
    ):
        with pytest.raises(ValueError, match=words):
            check(places)
    (tmp_path / "u.tif").touch()
    with pytest.raises(FileExistsError, match="exists already"):
        check({"uncertainty": tmp_path / "u.tif"})


def test_by_products_are_saved_in_their_types_and_what_failed_is_told(tmp_path):
    like = files.Picture(
        array=np.zeros((4, 5), np.uint16), axes="YX", pixel_size={"Y": files.PixelSize(size=0.5, unit="µm")}
    )
    result = SimpleNamespace(uncertainty=np.full((4, 5), 0.25), invented=np.eye(4, 5, dtype=bool))
    places = {"uncertainty": tmp_path / "u.tif", "invented": tmp_path / "i.png"}
    save = functools.partial(save_by_products, result, like=like)
    assert save(places, overwrite=False) is None
    uncertainty, invented = (files.read(path) for path in places.values())
    assert (uncertainty.array.dtype, invented.array.dtype) == (np.float32, np.uint8)
    assert uncertainty.pixel_size == like.pixel_size
    np.testing.assert_array_equal(uncertainty.array, result.uncertainty)
    np.testing.assert_array_equal(invented.array, result.invented)
    failure = save({**places, "uncertainty": tmp_path / "none" / "u.tif"}, overwrite=True)
    assert failure.startswith(f"The uncertainty could not be saved as {tmp_path / 'none' / 'u.tif'}: ")
    assert "invented" not in failure
    assert save(places, overwrite=False).count("could not be saved") == 2


def test_a_long_name_is_cut_in_another_place_and_a_folder_that_is_missing_is_none(folders):
    output = folders["there"] / ("n" * 200 + ".tif")
    saved, _ = save_somewhere(output, saving_where([folders["home"]]))
    assert saved == folders["home"] / ("n" * 100 + "-2.tif")
    folders["there"].rmdir()
    saved, _ = save_somewhere(folders["there"] / "out.tif", saving_where([folders["there"], folders["scratch"]]))
    assert saved == folders["scratch"] / "out-2.tif"


def test_the_next_free_number_beside_it_is_taken(folders):
    for number in range(2, 99):
        (folders["there"] / f"out-{number}.tif").touch()
    taken = folders["there"] / "out.tif"

    def write(path):
        if path == taken:
            raise OSError(28, "No space left on device")

    assert save_somewhere(taken, write)[0] == folders["there"] / "out-99.tif"
    (folders["there"] / "out-99.tif").touch()
    assert save_somewhere(taken, write)[0] == folders["home"] / "out-2.tif"
