"""Many files on the workers of a dask cluster: what became of each is as it is here, also where a worker is killed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_deep_prior.cli import main
from napari_deep_prior.workflows.executors.executor import Executor
from napari_deep_prior.workflows.executors.many_files import run_many_on
from napari_deep_prior.workflows.run_many import Batch, run_many
from napari_deep_prior.workflows.workflow import Workflow, write_workflow

pytest.importorskip("distributed")

WORKFLOW = Workflow(task="denoise", settings={"preset": "fast", "seconds": "never", "iterations": 4})


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"cell {number}.tif" for number in range(4)]
    for seed, path in enumerate(paths):
        tifffile.imwrite(path, np.random.default_rng(seed).poisson(40, (24, 30)).astype(np.uint16))
    return paths


def batch_of(images: list[Path], folder: Path) -> Batch:
    return Batch(workflow=WORKFLOW, beside=folder.parent, images=images, folder=folder)


def test_a_worker_that_is_killed_changes_no_bit(
    images: list[Path], tmp_path: Path, dying: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", Path("far.of.many")
    list(run_many(batch_of(images, here)))
    monkeypatch.chdir(tmp_path)  # workers have another folder
    batch = batch_of([Path(image.name) for image in images], there)
    address, marks = dying
    events = list(run_many_on(Executor(scheduler=address), batch))
    assert (marks / there.name).exists()
    assert sorted(event.image for event in events if event.status == "begins") == list(batch.images)
    ended = {event.number: event.status for event in events if event.status != "begins"}
    assert sorted(ended) == [1, 2, 3, 4]
    assert set(ended.values()) <= {"restored", "done before"}, (
        "which is said where the worker died before it could say so"
    )
    for image in images:
        np.testing.assert_array_equal(tifffile.imread(batch.output(image)), tifffile.imread(here / image.name))


def test_the_command_line_hands_files_to_workers(
    images: list[Path], tmp_path: Path, dying: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_workflow(tmp_path / "way.toml", WORKFLOW)
    images[1].write_bytes(b"no image")
    line = ["batch", str(tmp_path / "way.toml"), *map(str, images), "--output", str(tmp_path / "told")]
    assert main([*line, "--scheduler", dying[0], "--cluster", "local"]) == 2
    assert "needs one of both" in capsys.readouterr().err
    assert main([*line, "--scheduler", dying[0]]) == 1
    told = capsys.readouterr().err
    assert "1 of 4 images could not be restored. They are tried once more." in told
    assert sorted(path.name for path in (tmp_path / "told").glob("*.tif")) == ["cell 0.tif", "cell 2.tif", "cell 3.tif"]
    images[1].write_bytes(images[0].read_bytes())
    assert main([*line, "--scheduler", dying[0]]) == 0
    assert capsys.readouterr().err.count("done before") == 3
