"""A network in a file: kept, read, given to runs that name it, asked for by records, and refused where it is damaged."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_deep_prior import Denoise, Fit, Settings, read_network, restore, write_network
from napari_deep_prior.core.results import Record
from napari_deep_prior.files.tensors import read_tensors, write_tensors
from napari_deep_prior.workflows.control import recipe_of
from napari_deep_prior.workflows.done_before import is_result_of
from napari_deep_prior.workflows.methods_section import methods_paragraph
from napari_deep_prior.workflows.network_file import make_fit, recorded_network, to_keep
from napari_deep_prior.workflows.rerun import rerun
from napari_deep_prior.workflows.restore_file import Job, Restoration, restore_file
from napari_deep_prior.workflows.run_many import Batch, run_many
from napari_deep_prior.workflows.summary import summary
from napari_deep_prior.workflows.workflow import Workflow

QUICK = Settings(preset="fast", iterations=10, seconds="never", device="cpu", precision="float32")


@pytest.fixture(scope="module")
def stack() -> np.ndarray:
    y, x = np.mgrid[:32, :40]
    return (300 + 200 * np.sin(x / 5) + np.random.default_rng(0).normal(0, 30, (3, 32, 40)) + y).astype(np.float32)


@pytest.fixture(scope="module")
def file(stack, tmp_path_factory) -> Path:
    list(fit := Fit(stack, None, QUICK, axes="TYX"))
    path = tmp_path_factory.mktemp("networks") / "scope.safetensors"
    write_network(path, fit.network.named("stack.tif"))
    return path


def named(path: Path) -> Settings:
    return dataclasses.replace(QUICK, network=str(path))


def test_it_is_read_as_it_was_written(file: Path, tmp_path: Path) -> None:
    network = read_network(str(file))
    assert network.description.learnt_on.name == "stack.tif"
    write_network(tmp_path / "again.safetensors", network)
    again = read_network(tmp_path / "again.safetensors")
    assert (again.sha256, again.description) == (network.sha256, network.description)
    with pytest.raises(FileExistsError):
        write_network(tmp_path / "again.safetensors", network)
    write_network(tmp_path / "again.safetensors", network, overwrite=True)
    assert file.stat().st_size < 2**20


def test_a_run_that_names_the_file_draws_by_it(stack, file: Path) -> None:
    list(fit := make_fit(stack, Denoise(), named(file), axes="TYX"))
    again = restore(stack, axes="TYX", settings=QUICK, network=read_network(file))
    np.testing.assert_array_equal(fit.result.image, again.image)
    with pytest.raises(FileNotFoundError):
        make_fit(stack, Denoise(), named(file.with_name("none.safetensors")), axes="TYX")


def test_what_is_another_file_or_damaged_is_refused(file: Path, tmp_path: Path) -> None:
    weights, texts = read_tensors(file)
    path = tmp_path / "a.safetensors"

    def refused(message: str, arrays=weights, **changed: str) -> None:
        kept = {name: text for name, text in {**texts, **changed}.items() if text}
        write_tensors(path, arrays, kept, overwrite=True)
        with pytest.raises(ValueError, match=message):
            read_network(path)

    refused("no network of napari-deep-prior", description="")
    refused("cannot be used", description="{")
    refused("cannot be used", description="[" * 100_000)
    refused("damaged", sha256="0" * 64)
    first = next(name for name in weights if name.endswith("weight"))
    refused("damaged", {**weights, first: weights[first] + 1})
    refused("missing", {name: array for name, array in weights.items() if name != first})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_one_wrong_byte_is_never_drawn_with(file: Path, tmp_path: Path, place: float, value: int) -> None:
    content = bytearray(file.read_bytes())
    at = int(place * len(content))
    if content[at] == value:
        return
    content[at] = value
    (tmp_path / "b.safetensors").write_bytes(content)
    with contextlib.suppress(ValueError):
        damaged = read_network(tmp_path / "b.safetensors")
        assert damaged.sha256 == read_network(file).sha256  # the byte stood for nothing, such as the number of the kind


def test_a_file_is_restored_repeated_and_told_of(stack, file: Path, tmp_path: Path) -> None:
    image, output = tmp_path / "in.tif", tmp_path / "out.tif"
    tifffile.imwrite(image, stack, metadata={"axes": "TYX"}, imagej=True)
    job = Job(input=image, output=output, task=Denoise, settings=named(file))
    outcome = restore_file(job)
    record = Record.from_json(output.with_name("out.tif.json").read_text())
    assert record.network == {"sha256": read_network(file).sha256, "learnt_on": "stack.tif"}
    assert json.loads(output.with_name("out.tif.json").read_text())["network_file"] == str(file)
    assert any("network" in line and "fit" in line for line in summary(outcome.record))
    assert record.network["sha256"] in methods_paragraph(record)
    assert rerun(output).difference.identical
    assert recipe_of(output).network.sha256 == record.network["sha256"]
    assert is_result_of(Restoration(dataclasses.replace(job, overwrite=True)))
    assert not is_result_of(Restoration(dataclasses.replace(job, overwrite=True, settings=QUICK)))


def test_a_record_whose_network_is_gone_asks_for_it(stack, file: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(file.read_bytes())
    image, output = tmp_path / "in.tif", tmp_path / "out.tif"
    tifffile.imwrite(image, stack[0])
    restore_file(Job(input=image, output=output, task=Denoise, settings=named(moved)))
    moved.unlink()
    with pytest.raises(ValueError, match="--companions"):
        rerun(output)
    assert rerun(output, companions=[file]).difference.identical
    record = Record.from_json(output.with_name("out.tif.json").read_text())
    assert recorded_network(record, [image, file]) is not None
    assert recorded_network(dataclasses.replace(record, network=None), []) is None


def test_a_batch_names_it_beside_itself(stack, file: Path, tmp_path: Path) -> None:
    image = tmp_path / "in.tif"
    tifffile.imwrite(image, stack[0])
    workflow = Workflow(task="denoise", settings={"network": file.name, "device": "cpu"})
    batch = Batch(workflow=workflow, beside=file.parent, images=[image], folder=tmp_path / "out")
    assert [event.status for event in run_many(batch)] == ["begins", "restored"]
    assert [event.status for event in run_many(batch)] == ["begins", "done before"]


def test_what_is_to_be_kept_is_refused_beforehand(tmp_path: Path) -> None:
    place = tmp_path / "a.safetensors"
    assert to_keep(QUICK, place, overwrite=False).network == "shared"
    for refused in (dataclasses.replace(QUICK, network="each"), named(place)):
        with pytest.raises(ValueError, match="none to keep"):
            to_keep(refused, place, overwrite=False)
    with pytest.raises(ValueError, match=r"\.safetensors"):
        to_keep(QUICK, tmp_path / "a.npz", overwrite=False)
