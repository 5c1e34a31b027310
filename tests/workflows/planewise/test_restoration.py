"""Plane by plane from file to file: the bits of a run in memory, whatever interrupts it, by however many processes."""

from __future__ import annotations

import dataclasses
import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Deconvolve, Denoise, Inpaint, RemoveArtifacts, SuperResolve, files
from napari_deep_prior.core.results import Record
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.reproduce import replay
from napari_deep_prior.core.run.restore import restore
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.workflows.network_file import write_network
from napari_deep_prior.workflows.planewise.folder import PartialFolder, place
from napari_deep_prior.workflows.planewise.restoration import PartDone, PlanewiseRestoration, Unfinished
from napari_deep_prior.workflows.planewise.sink import DiskSink
from napari_deep_prior.workflows.restore_file import Job, Outcome, Restoration


def planewise(job: Job, **changes: Any) -> PlanewiseRestoration:
    job = dataclasses.replace(job, **changes)
    return PlanewiseRestoration(job, files.open_lazily(job.input), why="It is large.", sleep=no_waiting)


def no_waiting(seconds: float) -> None:
    raise AssertionError("nothing to wait for")


def in_memory(job: Job) -> np.ndarray:
    other = dataclasses.replace(job, output=job.output.with_name("memory.tif"))
    Restoration(other).run()
    return files.read(other.output).array


@pytest.mark.parametrize(("begun", "going_on"), [("0.4", "0.5"), ("0.5", "0.4")])
def test_an_unfinished_store_keeps_its_version(
    job: Job, begun: files.OmeZarr, going_on: files.OmeZarr, monkeypatch: pytest.MonkeyPatch
) -> None:
    zarr = pytest.importorskip("zarr")
    output = job.output.with_name("out.ome.zarr")
    beside = {"uncertainty": output.with_name("uncertainty.zarr")}
    job = dataclasses.replace(job, output=output, by_products=beside)
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        with pytest.raises(Killed):
            planewise(job, ome_zarr=begun).run()
    with pytest.raises(
        ValueError, match=rf"is of another run: ome-zarr was '?{begun}'? there and is '?{going_on}'? here"
    ):
        planewise(job, ome_zarr=going_on, resume=True)
    assert isinstance(planewise(job, ome_zarr=begun, resume=True).run(), Outcome)
    for path in (output, *beside.values()):
        assert zarr.open_group(path, mode="r").metadata.zarr_format == {"0.4": 2, "0.5": 3}[begun]
    np.testing.assert_array_equal(files.read(output).array, in_memory(dataclasses.replace(job, by_products={})))


@pytest.mark.parametrize("ending", ["ome.tif", "ome.zarr"])
def test_the_result_is_that_of_a_run_in_memory(job: Job, ending: str) -> None:
    if ending == "ome.zarr":
        pytest.importorskip("zarr")
    output = job.output.with_name(f"out.{ending}")
    restoration = planewise(job, output=output)
    assert "It is large." in restoration.notes
    outcome = restoration.run()
    assert isinstance(outcome, Outcome)
    saved = files.read(output)
    assert saved.axes == "TYX"
    np.testing.assert_array_equal(saved.array, in_memory(job))
    assert not place(output).exists()
    record = Record.from_json(files.sidecar(output).read_text("utf-8"))
    assert record == outcome.record
    film = files.read(job.input).array
    np.testing.assert_array_equal(replay(film, record).image, saved.array)


class Killed(BaseException):
    """Nothing runs after it."""


def killed_after(planes: int, monkeypatch: pytest.MonkeyPatch, error: BaseException | None = None) -> list[int]:
    written: list[int] = []
    write = DiskSink.write

    def kill(self: DiskSink, plane: Any) -> None:
        if len(written) == planes:
            raise error or Killed
        write(self, plane)
        written.append(plane.number)

    monkeypatch.setattr(DiskSink, "write", kill)
    return written


@pytest.mark.parametrize("planes", [0, 2])
def test_a_killed_run_goes_on_and_does_nothing_twice(job: Job, planes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        before = killed_after(planes, patch)
        with pytest.raises(Killed):
            planewise(job).run()
    assert not job.output.exists(), "nothing half passes for a result"
    after = killed_after(99, monkeypatch)
    restoration = planewise(job, resume=True)
    assert any(f"goes on with {planes} planes" in note for note in restoration.notes)
    assert isinstance(restoration.run(), Outcome)
    assert sorted(before + after) == list(range(5))
    np.testing.assert_array_equal(files.read(job.output).array, in_memory(job))


def test_a_run_killed_while_it_learnt_starts_anew(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(PartialFolder, "keep_learnt", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            planewise(job).run()
    assert isinstance(planewise(job, resume=True).run(), Outcome)


def test_a_full_disk_is_said_and_the_run_goes_on_later(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        killed_after(3, patch, OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(
            Unfinished, match=r"No space left on device\. 3 of 5 planes are done and kept in .*--resume goes on"
        ):
            planewise(job).run()
    assert isinstance(planewise(job, resume=True).run(), Outcome)


def test_a_stopped_run_keeps_what_is_done(job: Job) -> None:
    def stop_at_plane_2(fit: Fit) -> Any:
        for snapshot in fit:
            if snapshot.plane == 2 and snapshot.stage == "drawing":
                fit.stop()
            yield snapshot

    with pytest.raises(Unfinished, match=r"Stopped\. [23] of 5 planes are done"):
        planewise(job).run(stop_at_plane_2)
    assert not job.output.exists()
    assert isinstance(planewise(job, resume=True).run(), Outcome)
    np.testing.assert_array_equal(files.read(job.output).array, in_memory(job))


def test_a_network_that_was_stopped_while_it_learnt_is_not_kept(job: Job) -> None:
    def stop_at_once(fit: Fit) -> Any:
        for snapshot in fit:
            fit.stop()
            yield snapshot

    with pytest.raises(Unfinished, match="while the network learnt"):
        planewise(job, settings=dataclasses.replace(job.settings, iterations=5000)).run(stop_at_once)


def test_what_is_not_finished_is_neither_replaced_nor_mixed(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        killed_after(1, patch)
        with pytest.raises(Killed):
            planewise(job).run()
    with pytest.raises(FileExistsError, match="go on with --resume, or remove this folder"):
        planewise(job)
    other = dataclasses.replace(job.settings, seed=3)
    with pytest.raises(ValueError, match=r"another run: settings\.seed was 0 there and is 3 here"):
        planewise(job, resume=True, settings=other)


def test_parts_restore_their_own_planes_and_the_last_finishes(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    written = killed_after(99, monkeypatch)
    first = planewise(job, part=(1, 3)).run()
    assert first == PartDone(words=f"1 of 5 planes are done; the part that is last finishes {job.output}.")
    assert isinstance(planewise(job, part=(3, 3)).run(), PartDone)
    outcome = planewise(job, part=(2, 3)).run()
    assert isinstance(outcome, Outcome)
    assert written == [0, 3, 4, 1, 2]
    assert [report.plane for report in outcome.record.planes] == list(range(5))
    np.testing.assert_array_equal(files.read(job.output).array, in_memory(job))


MASK = np.pad(np.ones((3, 9), np.uint8), ((5, 16), (7, 15)))
TASKS = {
    "inpaint": {"task": Inpaint, "companions": {"mask": MASK}},
    "super-resolve": {"task": SuperResolve},
    "deconvolve": {"task": Deconvolve, "companions": {"psf": np.outer([1, 2, 1], [1, 2, 1]).astype(np.float32)}},
    "stripes": {"task": RemoveArtifacts, "parameters": {"artifact": "stripes"}},
    "volumes": {"task": Denoise, "axes": "TZYX"},
}


@pytest.mark.parametrize("name", TASKS)
def test_a_part_that_is_killed_is_begun_again_whatever_the_task(
    job: Job, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: dict[str, Any] = dict(TASKS[name])
    settings = dataclasses.replace(job.settings, network="each", iterations=3, context="auto")
    if name == "volumes":
        settings = dataclasses.replace(settings, volume=True)
        film = np.random.default_rng(0).poisson(60, (5, 3, 18, 20)).astype(np.uint16)
        tifffile.imwrite(job.input, film, ome=True, metadata={"axes": changes["axes"]})
    for companion, array in changes.get("companions", {}).items():
        tifffile.imwrite(job.input.with_name(f"{companion}.tif"), array)
    changes["companions"] = {named: job.input.with_name(f"{named}.tif") for named in changes.get("companions", {})}
    job = dataclasses.replace(job, settings=settings, **changes)
    with monkeypatch.context() as patch:
        before = killed_after(1, patch)
        with pytest.raises(Killed):
            planewise(job, part=(1, 2)).run()
    after = killed_after(99, monkeypatch)
    assert isinstance(planewise(job, part=(2, 2)).run(), PartDone)
    assert isinstance(planewise(job, part=(1, 2)).run(), Outcome)
    assert sorted(before + after) == list(range(5))
    np.testing.assert_array_equal(files.read(job.output).array, in_memory(job))


def test_other_parts_wait_for_the_first(job: Job) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        planewise(job, part=(1, 2)).run()

    second = dataclasses.replace(job, part=(2, 2))
    outcome = PlanewiseRestoration(second, files.open_lazily(job.input), why="", sleep=wait).run()
    assert isinstance(outcome, Outcome)
    assert len(waited) == 1


def test_a_part_of_another_run_is_refused(job: Job) -> None:
    planewise(job, part=(1, 2)).run()
    other = dataclasses.replace(job.settings, seed=3)
    with pytest.raises(ValueError, match=r"settings\.seed"):
        planewise(job, part=(2, 2), settings=other).run()


def test_numbers_outside_of_the_type_are_told(job: Job) -> None:
    outcome = planewise(job, dtype="uint8").run()
    assert isinstance(outcome, Outcome)
    assert "lay outside the range of uint8" in outcome.notes[0]


def test_formats_that_are_written_whole_are_refused(job: Job, tmp_path: Path) -> None:
    film = dataclasses.replace(job, output=tmp_path / "out.png", part=(1, 2))
    with pytest.raises(ValueError):  # noqa: PT011  whichever is said first
        planewise(film)


def test_the_plan_is_plain_text(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_after(1, monkeypatch)
    with pytest.raises(Killed):
        planewise(job).run()
    plan = json.loads((place(job.output) / "plan.json").read_text("utf-8"))
    assert plan["image"]["shape"] == [5, 24, 31]
    assert plan["settings"]["seed"] == 0


def test_the_network_of_a_run_that_went_on_is_that_of_one_that_was_not_killed(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = planewise(job, output=job.output.with_name("whole.ome.tif"))
    whole.run()
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        with pytest.raises(Killed):
            planewise(job).run()
    resumed = planewise(job, resume=True)
    resumed.run()
    assert resumed.network.sha256 == whole.network.sha256


@pytest.mark.parametrize("ending", ["ome.tif", "ome.zarr"])
def test_a_kept_network_draws_plane_by_plane_what_it_draws_in_memory(job: Job, ending: str) -> None:
    if ending == "ome.zarr":
        pytest.importorskip("zarr")
    learnt, file = Restoration(job), job.output.with_name("cells.safetensors")
    learnt.run()
    write_network(file, learnt.network)
    other = job.input.with_name(f"other.{ending}")
    like = files.read(job.input)
    files.write(other, like.array[::-1, :, ::-1], like=like)
    applied = dataclasses.replace(
        job,
        input=other,
        output=job.output.with_name(f"applied.{ending}"),
        settings=dataclasses.replace(job.settings, network=str(file)),
    )
    restoration = planewise(applied)
    outcome = restoration.run()
    assert isinstance(outcome, Outcome)
    np.testing.assert_array_equal(files.read(applied.output).array, in_memory(applied))
    assert outcome.record.network == learnt.network.used()
    assert any("The network" in note for note in outcome.record.notes)
    assert {plane.reason for plane in outcome.record.planes} == {"DRAWN"}
    assert restoration.network.sha256 == learnt.network.sha256


def test_a_run_with_a_kept_network_is_killed_and_goes_on_with_the_same_network_alone(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt, first, second = Restoration(job), *(job.output.with_name(f"{name}.safetensors") for name in "ab")
    learnt.run()
    write_network(first, learnt.network)
    other = Restoration(dataclasses.replace(job, output=job.output.with_name("other.tif"), settings=seeded(job, 1)))
    other.run()
    write_network(second, other.network)
    given = {"output": job.output.with_name("drawn.ome.tif")}
    with monkeypatch.context() as patch:
        killed_after(2, patch)
        with pytest.raises(Killed):
            planewise(job, settings=dataclasses.replace(job.settings, network=str(first)), **given).run()
    with pytest.raises(ValueError, match="is of another run"):
        planewise(job, resume=True, settings=dataclasses.replace(job.settings, network=str(second)), **given)
    after = killed_after(99, monkeypatch)
    applied = dataclasses.replace(
        job, resume=True, settings=dataclasses.replace(job.settings, network=str(first)), **given
    )
    assert isinstance(planewise(applied).run(), Outcome)
    assert after == [2, 3, 4]
    np.testing.assert_array_equal(
        files.read(applied.output).array, in_memory(dataclasses.replace(applied, resume=False))
    )


def seeded(job: Job, seed: int) -> Settings:
    return dataclasses.replace(job.settings, seed=seed)


def with_by_products(job: Job, ending: str = "ome.tif") -> Job:
    places = {name: job.output.with_name(f"{name}.{ending}") for name in ("uncertainty", "invented")}
    return dataclasses.replace(job, by_products=places)


@pytest.mark.parametrize("ending", ["ome.tif", "ome.zarr"])
def test_by_products_are_written_where_they_are_asked_for(job: Job, ending: str) -> None:
    job = with_by_products(job, ending)
    assert isinstance(planewise(job, output=job.output.with_name(f"out.{ending}")).run(), Outcome)
    result = restore(files.read(job.input).array, settings=job.settings, axes="TYX")
    for name, path in job.by_products.items():
        saved = files.read(path)
        assert saved.axes == "TYX"
        np.testing.assert_array_equal(saved.array, getattr(result, name))
        assert not files.sidecar(path).exists(), "a record would say that it is the result"


def test_so_they_are_by_parts_and_after_a_run_that_was_killed_at_its_end(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = with_by_products(job)
    assert isinstance(planewise(job, part=(1, 2)).run(), PartDone)
    assert not any(path.exists() for path in job.by_products.values()), "nothing half passes for a whole"
    real = files.publish

    def killed(part: Path, path: Path, **rest: Any) -> None:
        if path == job.output:
            raise Killed
        real(part, path, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(files, "publish", killed)
        with pytest.raises(Killed):
            planewise(job, part=(2, 2)).run()
    assert all(path.exists() for path in job.by_products.values())
    assert isinstance(planewise(job, part=(2, 2)).run(), Outcome)
    result = restore(files.read(job.input).array, settings=job.settings, axes="TYX")
    np.testing.assert_array_equal(files.read(job.by_products["uncertainty"]).array, result.uncertainty)


def test_a_run_with_other_by_products_is_another_one(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        killed_after(1, patch)
        with pytest.raises(Killed):
            planewise(job).run()
    with pytest.raises(ValueError, match="by_products"):
        planewise(with_by_products(job), resume=True)
