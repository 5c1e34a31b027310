"""The pages of docs/tasks/ are true: their commands and Python run, what they name exists, their pictures are there and small."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile

from napari_deep_prior import TASKS, Settings
from napari_deep_prior.core.parameters import parameters_of
from napari_deep_prior.workflows.find_record import find_record
from napari_deep_prior.workflows.rerun import originals

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {path.stem: path.read_text("utf-8") for path in sorted((DOCS / "tasks").glob("*.md"))}
COMMANDS = [
    (name, line) for name, page in PAGES.items() for line in re.findall(rf"^napari-deep-prior {name} .*$", page, re.M)
]
BLOCKS = [(name, block) for name, page in PAGES.items() for block in re.findall(r"```python\n(.*?)```", page, re.S)]


@pytest.fixture(autouse=True)
def _in_a_folder_with_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    mask = np.zeros((24, 32), np.uint8)
    mask[4:6] = 255
    for name in ("cells", "bright"):
        tifffile.imwrite(f"{name}.tif", draw.poisson(50, (24, 32)).astype(np.uint16))
    tifffile.imwrite("scratches.tif", mask)
    iio.imwrite("scratches.png", mask)
    tifffile.imwrite("psf.tif", np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32))


@pytest.mark.parametrize(("name", "block"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_python(name: str, block: str) -> None:
    quick = block.replace("seconds=30", "iterations=2, preset='fast'")
    assert quick != block
    names: dict[str, object] = {}
    exec(compile(quick, f"{name}.md", "exec"), names)
    restored = names.get("restored", names.get("filled"))
    assert isinstance(restored, np.ndarray)
    assert np.isfinite(restored).all()


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[line for _, line in COMMANDS])
def test_command(name: str, command: str, tmp_path: Path) -> None:
    from napari_deep_prior.cli import main

    shorter = [] if "--preset instant" in command else ["--iterations", "2", "--preset", "fast"]
    assert "--seconds 60" in command or not shorter  # taken out here, so that two steps are two
    arguments = shlex.split(command.replace("--seconds 60", "--seconds never"))[1:]
    assert main([*arguments, *shorter, "--quiet"]) == 0
    assert (tmp_path / arguments[arguments.index("--output") + 1]).exists()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_complete_and_names_what_there_is(name: str) -> None:
    page, task = PAGES[name], TASKS[name]
    assert page.startswith(f"# {task.title}\n")
    for heading in ("When to use it, and when not", "Settings that matter", "What it invents"):
        assert f"\n## {heading}\n" in page
    assert name in {n for n, _ in COMMANDS}
    assert name in {n for n, _ in BLOCKS}
    known = {p.name for cls in (task, Settings) for p in parameters_of(cls)}
    for cell in re.findall(r"^\| (`.*?) \|", page, re.M):
        assert set(re.findall(r"`(\w+)`", cell)) <= known, cell


def test_pictures_and_links_lead_somewhere() -> None:
    pages = [*(DOCS / "tasks").glob("*.md"), DOCS / "stopping.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            assert target.startswith("http") or (page.parent / target).is_file(), f"{page.name}: {target}"
    for picture in (*(DOCS / "tasks").glob("*.png"), DOCS / "learning-curves.png"):
        assert picture.stat().st_size < 150_000, picture.name


RECORDS = sorted((DOCS / "tasks" / "records").glob("*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=[path.name for path in RECORDS])
def test_each_picture_of_a_result_can_be_repeated_from_what_lies_in_the_records(path: Path) -> None:
    """What it was made from is there under a name without folders, and is what the record says."""
    record = find_record(path)
    picture, arrays = originals(path, record, None, [])
    assert list(picture.array.shape) == list(record.input["shape"])
    assert arrays.keys() == record.companions.keys()
    assert str(ROOT) not in path.read_text("utf-8")
    assert path.with_suffix("").is_file()


def test_the_records_are_those_of_the_pictures() -> None:
    pictures = {path.stem for path in (DOCS / "tasks").glob("*.png")}
    assert {path.name.partition(".")[0] for path in RECORDS} == pictures
