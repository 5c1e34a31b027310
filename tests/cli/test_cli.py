"""The command line: right results, right files, right exit codes, one clear line where something is wrong."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Annotated, ClassVar

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from tqdm import tqdm
from typing_extensions import Doc

import napari_deep_prior as package
from napari_deep_prior import files
from napari_deep_prior.cli import demo as others
from napari_deep_prior.cli import main, progress
from napari_deep_prior.cli import restore as restoring
from napari_deep_prior.cli import window as window_module
from napari_deep_prior.core.parameters import Companion, FromLayer, parameters_of
from napari_deep_prior.core.results import Diverged
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.workflows import summary as summary_module

QUICK = ["--iterations", "5", "--seconds", "never", "--preset", "fast"]


@pytest.fixture
def image(tmp_path):
    """A smooth uint16 picture with a pixel size, not square."""
    y, x = np.mgrid[:33, :47]
    array = (1000 + 800 * np.sin(x / 9) * np.cos(y / 7)).astype(np.uint16)
    metadata = {"axes": "YX", "PhysicalSizeX": 0.13, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.2}
    tifffile.imwrite(tmp_path / "in.ome.tif", array, ome=True, metadata=metadata)
    return tmp_path / "in.ome.tif"


@pytest.fixture
def mask(tmp_path):
    array = np.zeros((33, 47), np.uint8)
    array[10:14, 20:30] = 255
    iio.imwrite(tmp_path / "mask.png", array)
    return tmp_path / "mask.png"


def run(*arguments):
    return main([str(argument) for argument in arguments])


def refusal(capsys, *arguments):
    """The one line on stderr of a command that must end with exit code 2."""
    assert run(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("napari-deep-prior: ")
    assert err.count("\n") == 1
    return err


def test_same_bits_as_python_and_a_record_that_loads(image, tmp_path):
    out = tmp_path / "out.tif"
    assert run("denoise", image, "--output", out, "--seed", 3, *QUICK) == 0
    settings = package.Settings(iterations=5, seconds="never", preset="fast", seed=3)
    result = package.restore(files.read(image).array, package.Denoise(), settings=settings)
    picture = files.read(out)
    np.testing.assert_array_equal(picture.array, result.image)
    assert picture.array.dtype == np.float32
    assert picture.pixel_size == files.read(image).pixel_size
    record = package.Record.from_json(files.sidecar(out).read_text(encoding="utf-8"))
    assert record.settings == settings.as_dict()
    assert files.read_record(out) == record.to_json()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ome.tif", "out.tif", "out.tif.json"]


def test_inpaint_reads_the_mask_and_keeps_what_is_known(image, mask, tmp_path):
    out = tmp_path / "out.tif"
    assert run("inpaint", image, "--mask", mask, "--output", out, "--dtype", "input", *QUICK) == 0
    before, after, hole = files.read(image).array, files.read(out).array, files.read_labels(mask).array != 0
    assert after.dtype == np.uint16
    np.testing.assert_array_equal(after[~hole], before[~hole])
    assert (after[hole] != before[hole]).any()


def test_finer_pixels_are_smaller_ones_over_the_same_field(image, tmp_path):
    assert run("super-resolve", image, "--factor", 3, "--factor-y", 2, "--output", tmp_path / "out.tif", *QUICK) == 0
    before, after = files.read(image), files.read(tmp_path / "out.tif")
    assert after.array.shape == (66, 141)
    for axis, letter in enumerate("YX"):
        sizes = [picture.array.shape[axis] * picture.pixel_size[letter].size for picture in (before, after)]
        assert sizes[0] == pytest.approx(sizes[1])


def test_mask_of_a_stack_in_another_order_of_axes(tmp_path):
    stack = np.random.default_rng(0).integers(0, 200, (2, 3, 20, 24), np.uint8)
    hole = np.zeros((3, 2, 20, 24), np.uint8)
    hole[1, 0, 5:9, 5:9] = 1
    tifffile.imwrite(tmp_path / "in.tif", stack, ome=True, metadata={"axes": "TZYX"})
    tifffile.imwrite(tmp_path / "mask.tif", hole, ome=True, metadata={"axes": "ZTYX"})
    out = tmp_path / "out.tif"
    assert run("inpaint", tmp_path / "in.tif", "--mask", tmp_path / "mask.tif", "--output", out, "--iterations", 2) == 0
    changed = files.read(out).array != stack
    assert files.read(out).axes == "TZYX"
    assert not changed[hole.transpose(1, 0, 2, 3) == 0].any()
    assert changed[0, 1, 5:9, 5:9].any()


@pytest.mark.parametrize(("suffix", "shape"), [(".png", (20, 31)), (".jpg", (20, 31, 3)), (".png", (20, 31, 3))])
def test_png_and_jpeg(tmp_path, suffix, shape):
    iio.imwrite(tmp_path / "in.png", np.random.default_rng(0).integers(0, 255, shape, np.uint8))
    assert run("denoise", tmp_path / "in.png", "--output", tmp_path / f"out{suffix}", *QUICK) == 0
    array = files.read(tmp_path / f"out{suffix}").array
    assert (array.shape, array.dtype) == (shape, np.uint8)


def test_axes_are_asked_for_and_taken(tmp_path, capsys):
    array = np.random.default_rng(0).random((2, 2, 20, 24)).astype(np.float32)
    tifffile.imwrite(tmp_path / "in.tif", array, photometric="minisblack")
    command = ["denoise", tmp_path / "in.tif", "--output", tmp_path / "out.tif", "--iterations", 2, "--quiet"]
    assert "give --axes" in refusal(capsys, *command)
    assert "'TYX'" in refusal(capsys, *command, "--axes", "TYX")
    assert run(*command, "--axes", "tcyx") == 0
    assert capsys.readouterr() == ("", "")
    assert files.read(tmp_path / "out.tif").axes == "TCYX"


def test_never_overwrites_unless_told(image, tmp_path, capsys):
    out = tmp_path / "out.tif"
    out.write_text("precious")
    assert "--overwrite" in refusal(capsys, "denoise", image, "--output", out, *QUICK)
    assert out.read_text() == "precious"
    assert run("denoise", image, "--output", out, "--overwrite", *QUICK) == 0
    assert files.read(out).axes == "YX"
    before = image.read_bytes()
    capsys.readouterr()
    assert "is the input" in refusal(capsys, "denoise", image, "--output", image, "--overwrite", *QUICK)
    assert image.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "denoise"),
        (["unknown"], "unknown"),
        (["denoise"], "--output"),
        (["denoise", "{image}", "--output", "out.tif", "--seconds", "soon"], "--seconds"),
        (["denoise", "{image}", "--output", "out.tif", "--seconds", "-1"], "seconds = -1"),
        (["denoise", "{image}", "--output", "out.tif", "--preset", "magic"], "balanced"),
        (["inpaint", "{image}", "--output", "out.tif"], "--mask"),
        (["inpaint", "{image}", "--output", "out.tif", "--mask", "none.tif"], "none.tif does not exist"),
        (["inpaint", "{image}", "--output", "out.tif", "--mask", "{small}"], "mask has shape (4, 4)"),
        (["denoise", "none.tif", "--output", "out.tif"], "none.tif does not exist"),
        (["denoise", "{broken}", "--output", "out.tif"], "cannot be read"),
        (["denoise", "{image}", "--output", "out.xyz"], "out.xyz has the ending .xyz"),
        (["denoise", "{image}", "--output", "none/out.tif"], "The folder none does not exist"),
        (["denoise", "{image}", "--output", "out.jpg"], "choose .tif"),
        (["denoise", "{flat}", "--output", "out.tif"], "constant"),
        (["denoise", "{boolean}", "--output", "out.tif"], "The image is boolean"),
        (["gui", "none.tif"], "none.tif does not exist"),
    ],
)
def test_bad_usage_and_bad_input(image, tmp_path, capsys, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("small.tif", np.eye(4, dtype=np.uint8))
    tifffile.imwrite("flat.tif", np.ones((20, 24), np.uint8))
    tifffile.imwrite("boolean.tif", np.eye(20, dtype=bool))
    (tmp_path / "broken.tif").write_bytes(b"II*\0 no image")
    names = {"image": image, "small": "small.tif", "flat": "flat.tif", "broken": "broken.tif", "boolean": "boolean.tif"}
    before = sorted(tmp_path.iterdir())
    assert says in refusal(capsys, *(argument.format(**names) for argument in arguments))
    assert sorted(tmp_path.iterdir()) == before


def test_a_failed_run_is_exit_code_1_and_leaves_nothing(image, tmp_path, capsys, monkeypatch):
    class Failing(restoring.Fit):
        def __iter__(self):
            raise Diverged("The fit became infinite\nat step 3.")
            yield

    monkeypatch.setattr(restoring, "Fit", Failing)
    assert run("denoise", image, "--output", tmp_path / "out.tif", "--quiet", *QUICK) == 1
    assert capsys.readouterr().err == "napari-deep-prior: The fit became infinite at step 3.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.ome.tif"]


@pytest.fixture
def stack(tmp_path):
    array = np.random.default_rng(0).integers(0, 200, (3, 20, 24), np.uint8)
    tifffile.imwrite(tmp_path / "in.tif", array, ome=True, metadata={"axes": "TYX"})
    return tmp_path / "in.tif"


@pytest.mark.parametrize("error", [Diverged("it became\ninfinite."), ValueError("it became infinite.")])
def test_a_stack_that_fails_late_keeps_its_finished_planes(stack, tmp_path, capsys, monkeypatch, error):
    advance = PlaneFit.advance

    def failing(self, seconds, stopping):
        if self.number == 1:
            raise error
        advance(self, seconds, stopping)

    monkeypatch.setattr(PlaneFit, "advance", failing)
    out = tmp_path / "out.tif"
    budget = ["--seconds", "0.6", "--stopping", "never", "--quiet"]
    assert run("denoise", stack, "--output", out, "--preset", "fast", *budget) == 1
    says = f"napari-deep-prior: Plane 2 of 3: it became infinite. The image so far is saved in {out}.\n"
    assert capsys.readouterr().err == says
    before, after = files.read(stack).array, files.read(out).array
    assert (after[0] != before[0]).any()
    np.testing.assert_array_equal(after[1:], before[1:])
    record = package.Record.from_json(files.sidecar(out).read_text(encoding="utf-8"))
    assert [plane.plane for plane in record.planes] == [0]
    monkeypatch.undo()
    np.testing.assert_array_equal(package.replay(before, record).image, after)


def test_a_stack_says_every_reason_and_the_result_is_made_once(stack, tmp_path, capsys, monkeypatch):
    made = []

    class Mixed(restoring.Fit):
        @property
        def result(self):
            made.append(super().result)
            one, two, three = made[-1].record.planes
            planes = (one, dataclasses.replace(two, reason="DIVERGED"), three)
            record = dataclasses.replace(made[-1].record, planes=planes, invented=0.125)
            return dataclasses.replace(made[-1], record=record)

    monkeypatch.setattr(restoring, "Fit", Mixed)
    assert run("denoise", stack, "--output", tmp_path / "out.tif", *QUICK) == 0
    err = capsys.readouterr().err
    assert len(made) == 1
    assert f"planes 1, 3: {package.StopReason.ITERATIONS.value}" in err
    assert f"plane 2: {package.StopReason.DIVERGED.value}" in err
    assert "12.5% of the pixels have no measurement behind them: do not measure there." in err


def test_planes_that_ended_alike_share_a_sentence(stack, tmp_path, capsys):
    assert run("denoise", stack, "--output", tmp_path / "out.tif", *QUICK) == 0
    err = capsys.readouterr().err
    assert err.count(package.StopReason.ITERATIONS.value) == 1
    assert "no measurement" not in err


@pytest.mark.parametrize(("numbers", "text"), [([4], "4"), ([1, 2, 3, 5], "1-3, 5"), ([1, 3, 4], "1, 3-4")])
def test_numbers_of_planes(numbers, text):
    assert summary_module._ranges(numbers) == text


def test_the_bar_has_no_end_where_the_run_has_none():
    bar = tqdm(disable=False, file=io.StringIO())
    values = {"plane": 0, "planes": 1, "index": (), "seconds": 1.0, "loss": 1.0, "held_out": None, "image": None}
    for iteration, left, total in ((3, 4, 7), (5, None, None)):
        progress._show(bar, package.Snapshot(iteration=iteration, iterations_left=left, **values))
        assert (bar.n, bar.total) == (iteration, total)
    bar.close()


@pytest.mark.parametrize("module", ["cli", "cli.others", "cli.restoring", "__main__", "demo"])
def test_the_waiting_of_threads_is_set_before_torch_loads(module):
    """torch reads the policy once, as it loads; set later it does nothing."""
    script = f"""
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Watch())
sys.argv = ["napari-deep-prior", "info"]
import napari_deep_prior.{module}
"""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "PASSIVE"


def test_a_result_that_cannot_be_saved_is_exit_code_1(image, tmp_path, capsys, monkeypatch):
    def full_disk(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full_disk)
    assert run("denoise", image, "--output", tmp_path / "out.tif", "--quiet", *QUICK) == 1
    assert "could not be saved" in capsys.readouterr().err


def test_first_interrupt_keeps_the_result(image, tmp_path, capsys, monkeypatch):
    show = progress._show

    def interrupt(bar, snapshot):
        if bar.n == 0:
            os.kill(os.getpid(), signal.SIGINT) if os.name != "nt" else signal.raise_signal(signal.SIGINT)
        show(bar, snapshot)

    monkeypatch.setattr(progress, "_show", interrupt)
    before = signal.getsignal(signal.SIGINT)
    out = tmp_path / "out.tif"
    command = ["denoise", image, "--output", out, "--iterations", 100000, "--seconds", "never", "--stopping", "never"]
    assert run(*command) == 0
    assert signal.getsignal(signal.SIGINT) is before
    assert "you stopped it" in capsys.readouterr().err
    assert json.loads(files.sidecar(out).read_text())["planes"][0]["reason"] == "REQUESTED"


def test_second_interrupt_leaves_at_once(image, tmp_path, capsys, monkeypatch):
    def interrupt(_bar, _snapshot):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(progress, "_show", interrupt)
    assert run("denoise", image, "--output", tmp_path / "out.tif", *QUICK) == 130
    assert "nothing was saved" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.ome.tif"]


@pytest.mark.parametrize("command", [name for name, _ in package.TASKS.items()])
def test_every_parameter_is_an_option_with_its_words(command, capsys):
    assert run(command, "--help") == 0
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for cls in (package.TASKS[command], package.Settings):
        for parameter in parameters_of(cls):
            assert f"--{parameter.name.replace('_', '-')}" in text
            assert parameter.doc.split(". ")[0] in text


def test_a_new_task_is_a_command_by_itself(image, mask, tmp_path, monkeypatch):
    seen = {}

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
    class Guided(AbstractTask):
        title: ClassVar[str] = "Guided"
        summary: ClassVar[str] = "With a guide."
        strength: Annotated[float, Doc("How much.")] = 0.5
        guide: Annotated[Companion, FromLayer("image"), Doc("Another image.")]
        mask: Annotated[Companion | None, FromLayer("labels"), Doc("Left out.")] = None

    class Recording(restoring.Fit):
        def __init__(self, image, task, settings, axes=None):
            seen.update(strength=task.strength, guide=task.guide, mask=task.mask)
            super().__init__(image, package.Denoise(), settings, axes=axes)

    guided = restoring.restoration(Guided)
    monkeypatch.setattr(restoring, "Fit", Recording)
    settings = package.Settings(iterations=2)
    common = {"input": image, "output": tmp_path / "out.tif", "settings": settings, "overwrite": True, "guide": image}
    assert guided(**common, strength=0.7).run() == 0
    assert seen["strength"] == 0.7
    assert seen["mask"] is None
    np.testing.assert_array_equal(seen["guide"], files.read(image).array)
    assert guided(**common, mask=mask).run() == 0
    np.testing.assert_array_equal(seen["mask"], files.read_labels(mask).array)


def test_info_names_what_would_be_used(capsys):
    assert run("info") == 0
    out = capsys.readouterr().out
    assert package.__version__ in out
    assert "would be used" in out


def test_gui_opens_the_files_and_docks_the_widget(image, monkeypatch):
    done = []
    window = types.SimpleNamespace(add_plugin_dock_widget=lambda name: done.append(("dock", name)))
    viewer = types.SimpleNamespace(add_image=lambda _array, **how: done.append(("image", how)), window=window)
    napari = types.SimpleNamespace(Viewer=lambda: viewer, run=lambda: done.append(("run",)))
    monkeypatch.setitem(sys.modules, "napari", napari)
    monkeypatch.setattr(others, "has_display", lambda: True)
    assert run("gui", image) == 0
    how = {"name": "in.ome", "rgb": False, "axis_labels": ("Y", "X"), "scale": (0.2, 0.13), "units": ("µm", "µm")}
    assert done == [("image", how), ("dock", "napari-deep-prior"), ("run",)]


@pytest.mark.parametrize(
    ("axes", "shape", "stored", "scale", "units"),
    [
        ("ZCYX", (4, 2, 20, 31), "ZCYX", (0.5, 1, 1, 0.1), ("nm", "pixel", "pixel", "µm")),
        ("YXC", (20, 31, 2), "CYX", (1, 1, 0.1), ("pixel", "pixel", "µm")),
        ("YXS", (20, 31, 3), "YXS", (1, 0.1), ("pixel", "µm")),
        ("YXS", (20, 31, 2), None, None, None),
        (None, (2, 2, 20, 31), None, None, None),
    ],
)
def test_gui_lays_axes_and_pixel_size_as_napari_wants_them(monkeypatch, axes, shape, stored, scale, units):
    sizes = {"Z": files.PixelSize(size=0.5, unit="nm"), "X": files.PixelSize(size=0.1, unit="µm")}
    picture = files.Picture(array=np.zeros(shape, np.uint8), axes=axes, pixel_size=sizes)
    monkeypatch.setattr(files, "read", lambda _path: picture)
    layers, opened = [], []
    viewer = types.SimpleNamespace(add_image=lambda array, **how: layers.append((array, how)), open=opened.append)
    window_module._open(viewer, Path("a.tif"))
    assert bool(opened) is (stored is None)
    for array, how in layers:
        assert array.shape == tuple(shape[axes.index(letter)] for letter in stored)
        assert (how["scale"], how["units"], how["rgb"]) == (scale, units, "S" in axes)
        assert "".join(how["axis_labels"]) == stored.removesuffix("S")


def test_gui_leaves_other_kinds_of_files_to_napari(tmp_path):
    (tmp_path / "points.csv").write_text("1,2")
    opened = []
    window_module._open(types.SimpleNamespace(open=opened.append), tmp_path / "points.csv")
    assert opened == [tmp_path / "points.csv"]


def test_gui_without_napari_or_display(capsys, monkeypatch):
    monkeypatch.setattr(others, "has_display", lambda: False)
    assert run("gui") == 1
    assert "no display" in capsys.readouterr().err
    monkeypatch.setattr(others, "has_display", lambda: True)
    monkeypatch.setitem(sys.modules, "napari", None)
    assert run("gui") == 1
    err = capsys.readouterr().err
    assert "napari-deep-prior[all]" in err
    assert err.count("\n") == 1


def program(*arguments, **options):
    command = [sys.executable, "-m", "napari_deep_prior", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_as_a_program(image, tmp_path):
    process = program("denoise", image, "--output", "out.tif", *QUICK, cwd=tmp_path)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out == ""
    assert "loss=" in err
    assert "Saved out.tif" in err
    process = program("denoise", image, "--output", "out.tif", *QUICK, cwd=tmp_path)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err.count("\n")) == (2, 1), err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to another process on Windows")
def test_ctrl_c_on_the_program(image, tmp_path):
    command = ["denoise", image, "--output", "out.tif", "--iterations", "1000000", "--seconds", "never"]
    process = program(*command, "--stopping", "never", cwd=tmp_path)
    assert "Computing" in process.stderr.readline()
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "you stopped it" in err
    assert files.read(tmp_path / "out.tif").axes == "YX"
