"""The board itself: scores against scikit-image, tables that go on where they ended, the peers written from papers."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from skimage.metrics import structural_similarity

FOLDER = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="the benchmarks are part of the repository, not of the package"
)


@pytest.fixture(autouse=True)
def _scripts_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(FOLDER)):
            del sys.modules[name]


@pytest.mark.parametrize("script", sorted(path.stem for path in FOLDER.glob("[a-z]*.py")))
def test_each_benchmark_explains_itself(script, monkeypatch, capsys):
    """So all it imports is there."""
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(FOLDER / f"{script}.py"), run_name="__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage:")


def ramps(*shape):
    return np.random.default_rng(1).uniform(0, 200, shape).cumsum(0).cumsum(1) / shape[0]


def test_fitted_psnr_forgives_brightness_and_contrast_and_nothing_else():
    data = importlib.import_module("_data")
    truth = ramps(40, 30)
    noise = np.random.default_rng(2).normal(0, 5, truth.shape)
    row = data.Row(name="x", observed=truth, truth=truth, fitted=True)
    score = row.psnr(truth + noise)
    assert row.psnr(-3 * (truth + noise) + 1000) == pytest.approx(score)
    low, high = np.percentile(truth, [0.1, 99.9])
    slope, offset = np.polyfit((truth + noise).ravel(), truth.ravel(), 1)
    error = slope * (truth + noise) + offset - truth
    assert score == pytest.approx(20 * np.log10((high - low) / np.sqrt(np.mean(error**2))))


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3)])
def test_ssim_is_that_of_scikit_image(shape):
    score = importlib.import_module("_score")
    truth = np.clip(ramps(*shape) / 20, 0, 255)
    image = truth + np.random.default_rng(2).normal(0, 20, shape)
    options = {"data_range": 255, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(truth, image, channel_axis=-1 if len(shape) == 3 else None, **options)
    assert score.ssim(image, truth, 255) == pytest.approx(expected)


def test_rank_correlation_sees_order_alone_and_shares_ties():
    score = importlib.import_module("_score")
    values = np.array([3.0, 1, 2, 5, 4])
    assert score.spearman(values, np.exp(values)) == pytest.approx(1)
    assert score.spearman(values, -(values**3)) == pytest.approx(-1)
    assert score.spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(np.sqrt(3) / 2)


def test_a_board_goes_on_after_it_was_killed_in_the_middle_of_a_line(tmp_path):
    Board = importlib.import_module("_board").Board
    path = tmp_path / "board.csv"
    board = Board(path, ("image", "crop", "psnr"), keys=2)
    board.add(image="a", crop=0, psnr=30.0)
    board.add(image="b", crop=0, psnr=31.0)
    path.write_text(path.read_text()[: -len(",31.0000\r\n")])
    again = Board(path, ("image", "crop", "psnr"), keys=2)
    assert again.has("a", 0)
    assert not again.has("b", 0)
    again.add(image="b", crop=0, psnr=32.0)
    assert [line["psnr"] for line in Board(path, ("image", "crop", "psnr"), keys=2).lines] == ["30.0000", "32.0000"]
    with pytest.raises(SystemExit, match="other columns"):
        Board(path, ("image", "psnr"), keys=1)


def test_the_halves_of_zero_shot_noise2noise_are_the_diagonals_of_each_block():
    zsn2n = importlib.import_module("_zsn2n")
    rising, falling = zsn2n.halves(torch.tensor([[1.0, 2, 9], [3, 4, 9]])[None, None])
    assert (rising.item(), falling.item()) == (2.5, 2.5)
    noise = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    rising, falling = zsn2n.halves(noise)
    assert torch.corrcoef(torch.stack((rising.flatten(), falling.flatten())))[0, 1].abs() < 0.1
    assert torch.allclose((rising + falling) / 2, torch.nn.functional.avg_pool2d(noise, 2))


def test_the_checkerboards_of_noise2fast_share_the_pixels_out():
    noise2fast = importlib.import_module("_noise2fast")
    numbers = torch.arange(16.0).reshape(1, 1, 4, 4)
    left, up = noise2fast.squeezed(numbers)
    assert left[0][0, 0].tolist() == [[0, 2], [5, 7], [8, 10], [13, 15]]
    assert up[0][0, 0].tolist() == [[0, 5, 2, 7], [8, 13, 10, 15]]
    for first, second in (left, up):
        assert sorted(torch.cat((first.flatten(), second.flatten())).tolist()) == numbers.flatten().tolist()


@pytest.mark.parametrize("shape", [(16, 18), (16, 16, 3)])
@pytest.mark.parametrize(("module", "budget"), [("_zsn2n", {"steps": 2}), ("_noise2fast", {"most": 2})])
def test_the_peers_keep_shape_and_units(module, budget, shape):
    image = np.random.default_rng(0).uniform(0.2, 0.8, shape)
    result = importlib.import_module(module).denoise(image, **budget)
    assert result.shape == shape
    assert 0 <= result.min() <= result.max() <= 1


def test_the_boards_run_the_engine_as_it_is(tmp_path):
    quality, timing = importlib.import_module("quality"), importlib.import_module("_timing")
    data = importlib.import_module("_data")
    row = data.drawn(24)
    tifffile.imwrite(tmp_path / "in.tif", row.observed.astype(np.float32))
    tifffile.imwrite(tmp_path / "true.tif", np.dstack([0 * row.truth, row.truth, 0 * row.truth]).astype(np.uint8))
    (tmp_path / "index.csv").write_text(
        "set,kind,input,truth,aux,protocol\na,pair,in.tif,true.tif,,fitted\na,blurred,in.tif,true.tif,in.tif,plain\n"
    )
    (entry,), left_out = data.entries(tmp_path, ["a"])
    assert len(left_out) == 1
    few = {"preset": "fast", "iterations": 3, "seconds": "never", "device": "cpu"}
    job = quality.Job(
        entry=entry, crop=16, sigma=25, clip=False, settings=few, seed=1, threads=1, curves=tmp_path / "curves"
    )
    line = quality.run(job)
    assert sorted(line) == sorted(quality.COLUMNS)
    assert line["pixels"] == "16x16"  # of the one channel that is not empty
    assert line["steps"] == 3
    assert line["best"] >= line["fitted"]
    importlib.import_module("_curves").draw(tmp_path / "curves")
    assert (tmp_path / "curves" / "a.png").exists()
    found = timing.run(row, few, warm=False)
    assert found.steps == 3
    assert found.reaches(0) == found.curve[0][0] < found.reaches(99)


def test_the_quality_table_tells_what_stopping_lost_and_how_much_the_seeds_differ():
    tables = importlib.import_module("_quality_tables")
    runs = [("x", 0, 30.0, 30.1), ("x", 1, 32.0, 32.9), ("y", 0, 25.0, 25.0)]
    lines = [
        dict.fromkeys(("ssim", "observed", "fitted", "rank", "seconds", "wall"), "1")
        | {"set": "s", "image": image, "noise": "real", "crop": "0", "settings": "p", "seed": str(seed)}
        | {"psnr": str(psnr), "best": str(best), "protocol": "plain", "method": "deep-image-prior", "reason": "r"}
        | {"chosen_step": "1", "steps": "2"}
        for image, seed, psnr, best in runs
    ]
    head, _, means = tables.summary(lines).splitlines()[2:5]
    found = dict(zip(head.split(" | "), means.split(" | "), strict=True))
    assert (found["lost, mean"], found["lost, most"]) == ("0.33", "0.90")
    assert found["seed spread"] == "1.41"


@pytest.mark.parametrize("colour", [False, True])
def test_filled_holes_are_scored_where_they_are_and_known_pixels_are_those_of_the_truth(colour):
    data, inpainting = importlib.import_module("_data"), importlib.import_module("inpainting")
    truth = ramps(40, 30, 3) if colour else ramps(40, 30)
    truth = 200 * truth / truth.max()
    what = inpainting.picture(data.Row(name="x", observed=truth, truth=truth), 0.2)
    assert 0.1 < what.hole.mean() < 0.3
    assert not what.observed[what.hole].any()
    scores = [what.scores(np.where(truth < 300, truth + error, 0)) for error in (0.0, 5.0, 10.0)]
    assert scores[0] == {"psnr": float("inf"), "ssim": pytest.approx(1)}
    assert scores[1]["psnr"] == pytest.approx(20 * np.log10(255 / 5))  # as if there were nothing but the hole
    assert scores[1]["psnr"] > scores[2]["psnr"]
    np.testing.assert_array_equal(what.filled(truth + 9)[~what.hole], truth[~what.hole])
    filled = inpainting.biharmonic(what.observed / 255, what.hole)
    assert what.scores(255 * filled)["psnr"] > what.scores(what.observed)["psnr"] + 10


def test_a_deconvolved_photograph_is_scored_where_it_lies_best_to_parts_of_a_pixel():
    deconvolution = importlib.import_module("deconvolution")
    y, x = np.mgrid[:120, :130]
    truth, moved = (
        120 + 50 * np.sin((x + off) / 3) + 50 * np.cos((y - 2 * off) / 4 + (x + off) / 9) for off in (0.0, 2.25)
    )
    score = deconvolution.shifted_psnr(moved, truth)
    assert score > 55
    assert score > 20 + deconvolution.decibels(255.0, (moved - truth)[20:-20, 20:-20])


def test_the_energy_of_stripes_is_that_of_stripes_alone():
    stripes = importlib.import_module("stripes")
    draw = np.random.default_rng(0)
    grain, lines = draw.normal(0, 1, (200, 180)), draw.normal(0, 1, 180) + np.zeros((200, 1))
    for image, share in ((lines, 1.0), (grain, 0.0)):
        along, whole = stripes.energies(image)
        assert along / whole == pytest.approx(share, abs=0.03)
    assert stripes.energies(grain + lines)[0] == pytest.approx(stripes.energies(lines)[0], rel=0.1)
