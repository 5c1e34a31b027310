"""A workflow as text does what it says: the command and the program give the same image."""

from __future__ import annotations

import shlex

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Deconvolve, Denoise, Settings, files
from napari_deep_prior.cli import main
from napari_deep_prior.workflows import as_text
from napari_deep_prior.workflows.workflow import Workflow

SETTINGS = {"preset": "fast", "seconds": "never", "iterations": 3}


@pytest.mark.skipif(as_text.os.name == "nt", reason="a command line of POSIX")
def test_command_and_program_give_the_same_image(tmp_path, capsys):
    image = np.random.default_rng(0).poisson(40, (2, 24, 30)).astype(np.uint16)
    mask = np.zeros((24, 30), np.uint8)
    mask[4:8, 4:8] = 1
    tifffile.imwrite(tmp_path / "in it's.tif", image, photometric="minisblack", metadata=None)
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    workflow = Workflow(
        task="inpaint",
        parameters={"keep_known": False},
        companions={"mask": str(tmp_path / "mask.tif")},
        settings=SETTINGS,
        axes="TYX",
    )
    path = str(tmp_path / "in it's.tif")
    command = shlex.split(as_text.as_command(workflow, path, str(tmp_path / "out.tif")))
    assert command[0] == "napari-deep-prior"
    assert main([*command[1:], "--quiet"]) == 0
    names: dict[str, object] = {}
    exec(as_text.as_python(workflow, path), names)
    np.testing.assert_array_equal(names["result"].image, files.read(tmp_path / "out.tif").array)
    assert capsys.readouterr().out == "the given number of iterations was reached\n"


def test_only_what_was_changed_is_said():
    values = Settings(preset="fast", seed=3).as_dict()
    assert as_text.changed(Settings, values) == {"preset": "fast", "seed": 3}
    optics = Deconvolve(blur="optics").as_dict()
    assert as_text.changed(Deconvolve, optics) == {"blur": "optics", "pixel_size": 100.0, "z_step": 300.0}
    assert as_text.changed(Deconvolve, {**optics, "blur": "unknown"}) == {"blur": "unknown"}
    assert as_text.changed(Denoise, {**Denoise().as_dict(), "of_another_version": 1}) == {}


@pytest.mark.parametrize(
    ("reasons", "exact", "iterations"),
    [(["ITERATIONS"], True, None), (["SECONDS"], True, 10), (["REQUESTED", "SECONDS"], False, None)],
)
def test_a_recorded_run_is_repeated_as_far_as_settings_can_say_it(reasons, exact, iterations):
    planes = [{"iterations": 10 + number, "reason": reason} for number, reason in enumerate(reasons)]
    record = {"planes": planes, "device": {"name": "cpu", "precision": "float32"}, "settings": Settings().as_dict()}
    settings, found = as_text.settings_of_record(record)
    assert found is exact
    assert settings.get("iterations") == iterations
    assert settings.get("seconds") == ("never" if exact else None)
