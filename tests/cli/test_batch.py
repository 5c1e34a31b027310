"""Batches: the file says all, the command obeys it, passes over what is done and goes on after failures and interrupts."""

from __future__ import annotations

import os

import numpy as np
import pytest
import tifffile

from napari_deep_prior import Denoise, Inpaint, Settings, restore
from napari_deep_prior.cli import batch as batch_command
from napari_deep_prior.core.run.plane_fit import PlaneFit
from napari_deep_prior.workflows.workflow import Workflow, write_workflow

QUICK = {"preset": "fast", "seconds": "never", "iterations": 4}


@pytest.fixture
def images(tmp_path):
    """Three small noisy pictures."""
    paths = [tmp_path / f"cell {i}.tif" for i in range(3)]
    for seed, path in enumerate(paths):
        tifffile.imwrite(path, np.random.default_rng(seed).poisson(40, (24, 30)).astype(np.uint16))
    return paths


def batch(tmp_path, **values):
    path = tmp_path / "way.toml"
    write_workflow(path, Workflow(**{"task": "denoise", "settings": QUICK, **values}))
    return path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("task = ", "way.toml"),
        ("seed = 1", "task"),
        ('task = "enhance"', "'enhance'"),
        ('task = "denoise"\n[settings]\nsede = 1', "'sede' is unknown"),
        ('task = "denoise"\n[settings]\nseed = -1', "seed = -1"),
        ('task = "denoise"\n[parameters]\nmask = 3', "'mask' is unknown"),
        ('task = "denoise"\ndtype = "int3"', "dtype = 'int3'"),
        ('task = "denoise"\nsettings = 3', "needs a table"),
        ('task = "inpaint"', "mask"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path, images, capsys, words, said, run):
    (tmp_path / "way.toml").write_text(words)
    assert run("batch", tmp_path / "way.toml", *images[:1], "--output", tmp_path / "out", "--quiet") != 0
    message = capsys.readouterr().err
    assert said in message
    assert "way.toml" in message
    assert "Traceback" not in message


def test_many_files_are_restored_and_done_ones_passed_over(tmp_path, images, capsys, run):
    way, out = batch(tmp_path), tmp_path / "out"
    assert run("batch", way, *images[:2], "--output", out) == 0
    single = restore(tifffile.imread(images[1]), Denoise(), settings=Settings(**QUICK)).image
    assert (tifffile.imread(out / "cell 1.tif") == single).all()
    assert (out / "cell 1.tif.json").exists()
    written = (out / "cell 0.tif").stat().st_mtime_ns
    capsys.readouterr()
    assert run("batch", way, *images, "--output", out) == 0
    assert "done before" in capsys.readouterr().err
    assert (out / "cell 0.tif").stat().st_mtime_ns == written
    assert (out / "cell 2.tif").exists()


def test_each_image_may_have_a_mask_of_its_own(tmp_path, images, run):
    (tmp_path / "masks").mkdir()
    mask = np.zeros((24, 30), np.uint8)
    mask[4:8, 4:8] = 1
    tifffile.imwrite(tmp_path / "masks" / "cell 0-mask.tif", mask)
    way = batch(tmp_path, task="inpaint", companions={"mask": "masks/{stem}-mask.tif"})
    assert run("batch", way, images[0], "--output", tmp_path / "out", "--quiet") == 0
    filled = restore(tifffile.imread(images[0]), Inpaint(mask=mask), settings=Settings(**QUICK)).image
    assert (tifffile.imread(tmp_path / "out" / "cell 0.tif") == filled).all()
    assert run("batch", way, images[1], "--output", tmp_path / "out", "--quiet") == 1, "it has none"


def test_a_failure_does_not_stop_the_others(tmp_path, images, capsys, run):
    images[0].write_bytes(b"no image")
    assert run("batch", batch(tmp_path), *images[:2], "--output", tmp_path / "out", "--quiet") == 1
    told = capsys.readouterr().err
    assert told.count("cell 0.tif") == 1, "the reason names it already"
    assert (tmp_path / "out" / "cell 1.tif").exists()


def test_what_failed_is_tried_once_more(tmp_path, images, capsys, monkeypatch, run):
    real, tried = batch_command.run_many.Restoration, []

    def faulty(job):
        tried.append(job.input.name)
        if job.input == images[0] or (job.input == images[1] and tried.count("cell 1.tif") == 1):
            raise OSError("the disk of the group is away")
        return real(job)

    monkeypatch.setattr(batch_command.run_many, "Restoration", faulty)
    assert run("batch", batch(tmp_path), *images, "--output", tmp_path / "out") == 1
    assert tried == ["cell 0.tif", "cell 1.tif", "cell 2.tif", "cell 0.tif", "cell 1.tif"]
    assert (tmp_path / "out" / "cell 1.tif").exists()
    captured = capsys.readouterr()
    assert "2 of 3 images could not be restored. They are tried once more." in captured.out + captured.err
    assert "1 of 3 images could not be restored, see above." in captured.err


def test_two_images_of_one_name_are_refused(tmp_path, images, capsys, run):
    other = tmp_path / "there" / "cell 0.tif"
    assert run("batch", batch(tmp_path), images[0], other, "--output", tmp_path / "out") == 2
    assert "'cell 0'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_was_interrupted_is_not_taken_for_done(tmp_path, images, capsys, monkeypatch, run):
    way, out = batch(tmp_path), tmp_path / "out"
    original, followed = PlaneFit.advance, []

    def follow(fit, *, quiet, ending):
        followed.append(fit)
        if len(followed) == 2:
            monkeypatch.setattr(PlaneFit, "advance", lambda plane, seconds, _: original(plane, seconds, lambda: True))
        yield from fit

    monkeypatch.setattr(batch_command, "follow", follow)
    assert run("batch", way, *images, "--output", out) == 130
    assert "1 of 3 are done" in capsys.readouterr().err
    assert sorted(path.name for path in out.glob("*.tif")) == ["cell 0.tif"]
    monkeypatch.undo()
    assert run("batch", way, *images, "--output", out, "--quiet") == 0
    assert len(list(out.glob("*.tif"))) == 3


@pytest.mark.parametrize(
    "words",
    [
        "task = []",
        "task = 3",
        'task = "denoise"\naxes = 5',
        'task = "inpaint"\n[companions]\nmask = 5',
        'task = "denoise"\n[settings]\nseed = 1' + "0" * 400,
        'task = "denoise"\n[settings]\nseed = 1' + "0" * 5000,
        'task = "denoise"\n[settings]\npreset = [1, 2]',
        'task = "denoise"\n[settings]\nseed = 1.5',
        'task = "inpaint"\n[companions]\nmask = "m.tif"\n[parameters]\nkeep_known = "perhaps"',
        "task = " + "[" * 100000,
        'task = "inpaint"\n[companions]\nmask = "m.tif"\n[parameters]\nmask = "m.tif"',
        'task = "denoise"\ndtype = ["float32"]',
    ],
    ids=str,
)
def test_values_of_a_wrong_type_are_refused_once_at_the_start(tmp_path, images, capsys, words, run):
    (tmp_path / "way.toml").write_text(words)
    assert run("batch", tmp_path / "way.toml", *images, "--output", tmp_path / "out") == 2
    err = capsys.readouterr().err
    assert "way.toml" in err
    assert err.count("\n") == 1
    assert len(err) < 2000
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_no_batch_file(tmp_path, images, capsys, run):
    os.mkfifo(tmp_path / "way.toml")
    assert run("batch", tmp_path / "way.toml", *images, "--output", tmp_path / "out") == 2
    assert "no text file" in capsys.readouterr().err


def test_a_result_never_replaces_an_image(tmp_path, images, capsys, run):
    before = [path.read_bytes() for path in images]
    for options in ([], ["--overwrite"]):
        assert run("batch", batch(tmp_path), *images, "--output", tmp_path, *options) == 2
        assert "would replace an image" in capsys.readouterr().err
    assert [path.read_bytes() for path in images] == before


def test_what_was_made_otherwise_is_not_taken_for_done(tmp_path, images, capsys, run):
    out = tmp_path / "out"
    assert run("batch", batch(tmp_path), images[0], "--output", out, "--quiet") == 0
    first = (out / "cell 0.tif").read_bytes()
    other = batch(tmp_path, settings={**QUICK, "seed": 5})
    assert run("batch", other, images[0], "--output", out, "--quiet") == 1
    assert "was not made from this image in this way" in capsys.readouterr().err
    assert (out / "cell 0.tif").read_bytes() == first
    assert run("batch", other, images[0], "--output", out, "--quiet", "--overwrite") == 0
    assert (out / "cell 0.tif").read_bytes() != first


def test_one_that_claims_too_much_does_not_stop_the_others(tmp_path, images, capsys, monkeypatch, run):
    real = batch_command.run_many.Restoration

    def faulty(job):
        if job.input == images[0]:
            raise MemoryError
        if job.input == images[1]:
            raise KeyError("nobody thought of this")
        return real(job)

    monkeypatch.setattr(batch_command.run_many, "Restoration", faulty)
    assert run("batch", batch(tmp_path), *images, "--output", tmp_path / "out", "--quiet") == 1
    err = capsys.readouterr().err
    assert "cell 0.tif: MemoryError" in err
    assert "nobody thought of this" in err
    assert "2 of 3 images could not be restored" in err
    assert (tmp_path / "out" / "cell 2.tif").exists()
