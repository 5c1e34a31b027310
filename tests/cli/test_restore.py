"""Restoring one file from the command line: right results, right files, right exit codes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, ClassVar

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from typing_extensions import Doc

import napari_deep_prior as package
from napari_deep_prior import files
from napari_deep_prior.cli.restore import restore_command
from napari_deep_prior.core.parameters import Companion, FromLayer, parameters_of
from napari_deep_prior.core.results import Diverged
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.core.tasks._base import AbstractTask
from napari_deep_prior.workflows import network_file

QUICK = ["--iterations", "5", "--seconds", "never", "--preset", "fast"]


def test_same_bits_as_python_and_a_record_that_loads(image, tmp_path, run):
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
    assert files.read_record(out) == files.sidecar(out).read_text(encoding="utf-8")
    assert json.loads(files.read_record(out))["source"] == str(image)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ome.tif", "out.tif", "out.tif.json"]


def test_inpaint_reads_the_mask_and_keeps_what_is_known(image, mask, tmp_path, run):
    out = tmp_path / "out.tif"
    assert run("inpaint", image, "--mask", mask, "--output", out, "--dtype", "input", *QUICK) == 0
    before, after, hole = files.read(image).array, files.read(out).array, files.read_labels(mask).array != 0
    assert after.dtype == np.uint16
    np.testing.assert_array_equal(after[~hole], before[~hole])
    assert (after[hole] != before[hole]).any()


def test_finer_pixels_are_smaller_ones_over_the_same_field(image, tmp_path, run):
    assert run("super-resolve", image, "--factor", 3, "--factor-y", 2, "--output", tmp_path / "out.tif", *QUICK) == 0
    before, after = files.read(image), files.read(tmp_path / "out.tif")
    assert after.array.shape == (66, 141)
    for axis, letter in enumerate("YX"):
        sizes = [picture.array.shape[axis] * picture.pixel_size[letter].size for picture in (before, after)]
        assert sizes[0] == pytest.approx(sizes[1])


def test_mask_of_a_stack_in_another_order_of_axes(tmp_path, run):
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
def test_png_and_jpeg(tmp_path, suffix, shape, run):
    iio.imwrite(tmp_path / "in.png", np.random.default_rng(0).integers(0, 255, shape, np.uint8))
    assert run("denoise", tmp_path / "in.png", "--output", tmp_path / f"out{suffix}", *QUICK) == 0
    array = files.read(tmp_path / f"out{suffix}").array
    assert (array.shape, array.dtype) == (shape, np.uint8)


def test_axes_are_asked_for_and_taken(tmp_path, capsys, run, refusal):
    array = np.random.default_rng(0).random((2, 2, 20, 24)).astype(np.float32)
    tifffile.imwrite(tmp_path / "in.tif", array, photometric="minisblack")
    command = ["denoise", tmp_path / "in.tif", "--output", tmp_path / "out.tif", "--iterations", 2, "--quiet"]
    assert "give --axes" in refusal(*command)
    assert "'TYX'" in refusal(*command, "--axes", "TYX")
    assert run(*command, "--axes", "tcyx") == 0
    assert capsys.readouterr() == ("", "")
    assert files.read(tmp_path / "out.tif").axes == "TCYX"


def test_never_overwrites_unless_told(image, tmp_path, capsys, run, refusal):
    out = tmp_path / "out.tif"
    out.write_text("precious")
    assert "--overwrite" in refusal("denoise", image, "--output", out, *QUICK)
    assert out.read_text() == "precious"
    assert run("denoise", image, "--output", out, "--overwrite", *QUICK) == 0
    assert files.read(out).axes == "YX"
    before = image.read_bytes()
    capsys.readouterr()
    assert "is the input" in refusal("denoise", image, "--output", image, "--overwrite", *QUICK)
    assert image.read_bytes() == before


def test_a_failed_run_is_exit_code_1_and_leaves_nothing(image, tmp_path, capsys, monkeypatch, run):
    class Failing(network_file.Fit):
        def __iter__(self):
            raise Diverged("The fit became infinite\nat step 3.")
            yield

    monkeypatch.setattr(network_file, "Fit", Failing)
    assert run("denoise", image, "--output", tmp_path / "out.tif", "--quiet", *QUICK) == 1
    assert capsys.readouterr().err == "napari-deep-prior: The fit became infinite at step 3.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.ome.tif"]


@pytest.fixture
def stack(tmp_path):
    array = np.random.default_rng(0).integers(0, 200, (3, 20, 24), np.uint8)
    tifffile.imwrite(tmp_path / "in.tif", array, ome=True, metadata={"axes": "TYX"})
    return tmp_path / "in.tif"


@pytest.mark.parametrize("error", [Diverged("it became\ninfinite."), ValueError("it became infinite.")])
def test_a_stack_that_fails_late_keeps_its_finished_planes(stack, tmp_path, capsys, monkeypatch, error, run):
    advance = PlaneFit.advance

    def failing(self, seconds, stopping):
        if self.number == 1:
            raise error
        advance(self, seconds, stopping)

    monkeypatch.setattr(PlaneFit, "advance", failing)
    out = tmp_path / "out.tif"
    budget = ["--seconds", "0.6", "--stopping", "never", "--quiet"]
    assert run("denoise", stack, "--output", out, "--preset", "fast", "--network", "each", *budget) == 1
    says = f"napari-deep-prior: Plane 2 of 3: it became infinite. The image so far is saved in {out}.\n"
    assert capsys.readouterr().err == says
    before, after = files.read(stack).array, files.read(out).array
    assert (after[0] != before[0]).any()
    np.testing.assert_array_equal(after[1:], before[1:])
    record = package.Record.from_json(files.sidecar(out).read_text(encoding="utf-8"))
    assert [plane.plane for plane in record.planes] == [0]
    monkeypatch.undo()
    np.testing.assert_array_equal(package.replay(before, record).image, after)


def test_a_stack_says_every_reason_and_the_result_is_made_once(stack, tmp_path, capsys, monkeypatch, run):
    made = []

    class Mixed(network_file.Fit):
        @property
        def result(self):
            made.append(super().result)
            one, two, three = made[-1].record.planes
            planes = (one, dataclasses.replace(two, reason="DIVERGED"), three)
            record = dataclasses.replace(made[-1].record, planes=planes, invented=0.125)
            return dataclasses.replace(made[-1], record=record)

    monkeypatch.setattr(network_file, "Fit", Mixed)
    assert run("denoise", stack, "--output", tmp_path / "out.tif", *QUICK) == 0
    err = capsys.readouterr().err
    assert len(made) == 1
    assert f"planes 1, 3: {package.StopReason.ITERATIONS.value}" in err
    assert f"plane 2: {package.StopReason.DIVERGED.value}" in err
    assert "12.5% of the pixels have no measurement behind them: do not measure there." in err


def test_planes_that_ended_alike_share_a_sentence(stack, tmp_path, capsys, run):
    assert run("denoise", stack, "--output", tmp_path / "out.tif", *QUICK) == 0
    err = capsys.readouterr().err
    assert err.count(package.StopReason.ITERATIONS.value) == 1
    assert "no measurement" not in err


def test_a_result_that_cannot_be_saved_is_exit_code_1(image, tmp_path, capsys, monkeypatch, run):
    """The disks are full."""

    def full_disk(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full_disk)
    assert run("denoise", image, "--output", tmp_path / "out.tif", "--quiet", *QUICK) == 1
    assert "could not be saved" in capsys.readouterr().err


@pytest.mark.parametrize("command", [name for name, _ in package.TASKS.items()])
def test_every_parameter_is_an_option_with_its_words(command, capsys, run):
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
        past: ClassVar[str] = "guided"
        menu: ClassVar[str] = "Guide the selected image…"
        summary: ClassVar[str] = "With a guide."
        strength: Annotated[float, Doc("How much.")] = 0.5
        guide: Annotated[Companion, FromLayer("image"), Doc("Another image.")]
        mask: Annotated[Companion | None, FromLayer("labels"), Doc("Left out.")] = None

    class Recording(network_file.Fit):
        def __init__(self, image, task, settings, **arguments):
            seen.update(strength=task.strength, guide=task.guide, mask=task.mask)
            super().__init__(image, package.Denoise(), settings, **arguments)

    guided = restore_command(Guided)
    monkeypatch.setattr(network_file, "Fit", Recording)
    settings = package.Settings(iterations=2)
    common = {"input": image, "output": tmp_path / "out.tif", "settings": settings, "overwrite": True, "guide": image}
    assert guided(**common, strength=0.7).run() == 0
    assert seen["strength"] == 0.7
    assert seen["mask"] is None
    np.testing.assert_array_equal(seen["guide"], files.read(image).array)
    assert guided(**common, mask=mask).run() == 0
    np.testing.assert_array_equal(seen["mask"], files.read_labels(mask).array)


def test_a_finished_result_is_saved_elsewhere_if_need_be(image, tmp_path, capsys, monkeypatch, run):
    """The folder vanishes during the run."""
    (tmp_path / "home").mkdir()
    (tmp_path / "gone").mkdir()
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    advance = PlaneFit.advance

    def vanish(self, *arguments):
        if (tmp_path / "gone").exists():
            (tmp_path / "gone").rmdir()
        advance(self, *arguments)

    monkeypatch.setattr(PlaneFit, "advance", vanish)
    assert run("denoise", image, "--output", tmp_path / "gone" / "out.tif", "--quiet", *QUICK) == 1
    err = capsys.readouterr().err
    place = tmp_path / "home" / "out-2.tif"
    assert "could not be saved" in err
    assert f"It is saved in {place} instead" in err
    record = package.Record.from_json(files.sidecar(place).read_text(encoding="utf-8"))
    np.testing.assert_array_equal(package.replay(files.read(image).array, record).image, files.read(place).array)


def test_an_output_that_appears_during_the_run_is_not_replaced(image, tmp_path, capsys, monkeypatch, run):
    out, advance = tmp_path / "out.tif", PlaneFit.advance

    def appear(self, *arguments):
        out.write_text("another program's")
        advance(self, *arguments)

    monkeypatch.setattr(PlaneFit, "advance", appear)
    assert run("denoise", image, "--output", out, "--quiet", *QUICK) == 1
    assert out.read_text() == "another program's"
    assert f"It is saved in {tmp_path / 'out-2.tif'} instead" in capsys.readouterr().err
    assert files.read(tmp_path / "out-2.tif").axes == "YX"


def test_a_store_of_ome_zarr_is_restored_into_another(tmp_path, capsys, run, refusal):
    store, out, rng = tmp_path / "in.ome.zarr", tmp_path / "out.ome.zarr", np.random.default_rng(0)
    array = rng.integers(0, 999, (2, 24, 31)).astype(np.uint16)
    size = files.PixelSize(size=0.5, unit="µm")
    like = files.Picture(array=array, axes="TYX", pixel_size={"Y": size, "X": size}, origin={"X": 7.0})
    files.write(store, array, like=like)
    assert "is the input" in refusal("denoise", store, "--output", store, "--overwrite", *QUICK)
    inside = store / "0"
    assert "is the input" in refusal("denoise", inside, "--axes", "TYX", "--output", store, "--overwrite", *QUICK)
    assert run("denoise", store, "--output", out, *QUICK) == 0
    assert f"Saved {out} and its record {files.sidecar(out)}." in capsys.readouterr().err
    picture = files.read(out)
    assert (picture.axes, picture.pixel_size, picture.origin) == ("TYX", like.pixel_size, like.origin)
    record = package.Record.from_json(files.read_record(out))
    assert record == package.Record.from_json(files.sidecar(out).read_text(encoding="utf-8"))
    again = package.replay(files.read(store).array, record)
    np.testing.assert_array_equal(again.image, picture.array)
    assert "exists already" in refusal("denoise", store, "--output", out, *QUICK)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ome.zarr", "out.ome.zarr", "out.ome.zarr.json"]
    assert run("denoise", store, "--output", out, "--overwrite", "--ome-zarr", "0.4", *QUICK) == 0
    assert (out / ".zattrs").is_file()
    assert not (out / "zarr.json").exists()
    np.testing.assert_array_equal(files.read(out).array, picture.array)
    capsys.readouterr()
    assert "is none. Choose a name" in refusal("denoise", store, "--output", tmp_path / "a.tif", "--ome-zarr", "0.4")


def test_what_goes_with_the_image_is_not_replaced(image, mask, tmp_path, refusal):
    before = mask.read_bytes()
    arguments = ["inpaint", image, "--mask", mask, "--output", mask, "--overwrite", *QUICK]
    assert "is the mask" in refusal(*arguments)
    assert mask.read_bytes() == before


def test_optics_take_the_size_of_a_pixel_from_the_file(image, tmp_path, capsys, run):
    optics = ["--blur", "optics", "--numerical-aperture", "1.0", "--wavelength", "520"]
    for name, options, expected in (("a", [], 130.0), ("b", ["--pixel-size", "100"], 100.0)):
        out = tmp_path / f"{name}.tif"
        assert run("deconvolve", image, "--output", out, *optics, *options, *QUICK) == 0
        record = json.loads(files.sidecar(out).read_text(encoding="utf-8"))
        assert record["task"]["pixel_size"] == expected
        assert record["task"]["z_step"] == 300.0
        assert ("pixel_size = 130 nm, as the file says." in capsys.readouterr().err) is (name == "a")


def test_values_beyond_the_number_type_are_told(tmp_path, capsys, run):
    bright = np.full((24, 30), 100, np.uint16)
    bright[:, :15] = 900
    tifffile.imwrite(tmp_path / "in.tif", np.random.default_rng(0).poisson(bright).astype(np.uint16))
    command = ["denoise", tmp_path / "in.tif", "--overwrite", *QUICK]
    assert run(*command, "--output", tmp_path / "out.png", "--dtype", "uint8") == 0
    err = capsys.readouterr().err
    assert "% of the pixels lay outside the range of uint8, 0 to 255" in err
    assert 40 < float(err.partition("% of the pixels lay")[0].split()[-1]) < 70  # half of them, but for a rough fit
    assert run(*command, "--output", tmp_path / "out.tif", "--dtype", "uint16") == 0
    assert "outside the range" not in capsys.readouterr().err


def test_a_column_of_pages_asks_for_axes(tmp_path, refusal):
    array = np.random.default_rng(0).poisson(50, (24, 32, 1)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", array, photometric="minisblack", metadata=None)
    assert "--axes with one letter for each, such as YXC" in refusal(
        "denoise", tmp_path / "in.tif", "--output", tmp_path / "out.tif", *QUICK
    )


def test_a_name_that_is_too_long_is_refused_before_the_fit(image, tmp_path, refusal):
    assert "choose another name" in refusal("denoise", image, "--output", tmp_path / ("n" * 248 + ".tif"), *QUICK)


def test_a_network_is_kept_and_draws_another_image(image, tmp_path, run, refusal, capsys):
    network = tmp_path / "scope.safetensors"
    kept = ["--keep-network", network]
    assert run("denoise", image, "--output", tmp_path / "a.tif", *kept, *QUICK) == 0
    assert package.read_network(network).description.learnt_on.name == "in.ome.tif"
    assert "Kept the network" in capsys.readouterr().err
    assert run("denoise", image, "--output", tmp_path / "b.tif", "--network", network) == 0
    assert "predicts what was hidden" in capsys.readouterr().err
    np.testing.assert_array_equal(files.read(tmp_path / "a.tif").array, files.read(tmp_path / "b.tif").array)
    assert "exists" in refusal("denoise", image, "--output", tmp_path / "c.tif", *kept, *QUICK)
    assert "none to keep" in refusal(
        "denoise",
        image,
        "--output",
        tmp_path / "c.tif",
        "--keep-network",
        tmp_path / "n.safetensors",
        "--network",
        "each",
    )


def test_uncertainty_and_invented_pixels_are_saved_where_they_are_asked_for(image, mask, tmp_path, run):
    out, uncertainty, invented = (tmp_path / f"{name}.tif" for name in ("out", "uncertainty", "invented"))
    beside = ["--uncertainty", uncertainty, "--invented", invented]
    assert run("inpaint", image, "--mask", mask, "--output", out, *beside, *QUICK) == 0
    settings = package.Settings(iterations=5, seconds="never", preset="fast")
    task = package.Inpaint(mask=files.read_labels(mask).array)
    result = package.restore(files.read(image).array, task, settings=settings)
    np.testing.assert_array_equal(files.read(uncertainty).array, result.uncertainty)
    np.testing.assert_array_equal(files.read(invented).array, result.invented)
    assert files.read(uncertainty).pixel_size == files.read(image).pixel_size
    named = json.loads(files.read_record(out))["by_product_files"]
    assert named == {"uncertainty": str(uncertainty), "invented": str(invented)}
    assert run("inpaint", image, "--mask", mask, "--output", tmp_path / "2.tif", *beside, *QUICK) != 0, "they are there"
