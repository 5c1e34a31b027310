"""The folder of an unfinished output: marks of planes that are done, what was learnt, the plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_deep_prior.core.results import PlaneReport
from napari_deep_prior.workflows.planewise.folder import Mark, PartialFolder, exists, place

REPORT = PlaneReport(
    plane=1234, iterations=9, chosen=9, seconds=1, invented=0, reason="ITERATIONS", method="m", notes=("a",), curve=()
)
MARK = Mark(plan="p", digest="00", report=REPORT, ranges=((0.5, 2.0),), clipped=3)


class Writer:
    """Makes an image that is one file."""

    def __init__(self, path: Path) -> None:
        self.path, self.made = path, 0

    def create(self) -> None:
        self.made += 1
        self.path.write_bytes(b"pixels")

    def write(self, index: object, plane: object) -> None: ...
    def finish(self, record: str | None, ranges: object) -> None: ...


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.tif"


def test_marks_come_back(output: Path) -> None:
    folder = PartialFolder(output, {"a": 1})
    folder.open([Writer(folder.image)], join=False)
    assert exists(output)
    assert folder.done() == set()
    folder.keep_mark(MARK)
    assert folder.done() == {1234}
    assert folder.marks() == [MARK]
    assert not list(place(output).rglob("*.part*"))
    folder.remove()
    assert not exists(output)


def test_what_was_learnt_comes_back(output: Path) -> None:
    folder = PartialFolder(output, {"a": 1})
    folder.open([Writer(folder.image)], join=False)
    assert not folder.has_learnt
    folder.keep_learnt({"first": 3, "shared": {"weights": np.arange(3)}})
    assert folder.has_learnt
    assert folder.learnt()["first"] == 3
    np.testing.assert_array_equal(folder.learnt()["shared"]["weights"], np.arange(3))


def test_one_that_was_killed_before_it_had_a_plan_is_made_anew(output: Path) -> None:
    folder = PartialFolder(output, {"a": 1})
    folder.path.mkdir()
    writer = Writer(folder.image)
    assert not folder.open([writer], join=True)
    assert folder.open([writer], join=True)
    assert writer.made == 1


def test_one_of_another_plan_is_refused(output: Path) -> None:
    folder, other = PartialFolder(output, {"a": {"b": 1}}), PartialFolder(output, {"a": {"b": 2}})
    folder.open([Writer(folder.image)], join=False)
    with pytest.raises(ValueError, match=r"another run: a\.b was 1 there and is 2 here"):
        other.open([Writer(other.image)], join=True)
    with pytest.raises(FileExistsError, match="--resume"):
        folder.open([Writer(folder.image)], join=False)
    assert folder.plan_hash != other.plan_hash


def test_a_damaged_mark_is_refused(output: Path) -> None:
    folder = PartialFolder(output, {})
    folder.open([Writer(folder.image)], join=False)
    folder.keep_mark(MARK)
    (path,) = folder.path.glob("done/*/*.json")
    path.write_text('{"plan": 3}')
    with pytest.raises(ValueError, match="needs text"):
        folder.marks()
