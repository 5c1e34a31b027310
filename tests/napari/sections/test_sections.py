"""What goes with a run, in a real window: curve, history, comparison, try on what is seen, trust."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QScrollArea

from napari_deep_prior._napari.layers import timelapse
from napari_deep_prior._napari.layers.source import KEY
from napari_deep_prior._napari.sections.comparison import grid_of
from napari_deep_prior._napari.sections.curve_data import CurveData, ticks
from napari_deep_prior.core.results import CurvePoint, Record
from napari_deep_prior.core.run.reproduce import replay

TILTED = {
    "scale": (0.2, 0.3), "translate": (5, 7), "rotate": 30, "shear": [0.1], "units": ("um", "um"),
    "affine": [[1, 0.2, 3], [0.1, 1.3, 4], [0, 0, 1]],
}  # fmt: skip


def seen(layer) -> float:
    return float(np.asarray(layer.data).flat[0])


@pytest.fixture
def shown(make_napari_viewer_proxy, dock):
    """A window on the screen: only there a widget is visible."""
    viewer = make_napari_viewer_proxy(show=True)
    return viewer, dock(viewer)


# Curve


def test_the_curve_follows_the_run_and_marks_what_is_kept(shown, image, run_to_end, fake):
    viewer, panel = shown
    curve = panel.tools.curve
    assert not curve.empty.isHidden(), "says what will be here"
    viewer.add_image(image)
    steps = []
    append = curve.trace.add.__func__

    def noted(self, snapshot):
        append(self, snapshot)
        steps.append(list(self.steps))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CurveData, "add", noted)
        run_to_end(panel)
    assert steps, "at least the first picture brings a point; on a busy machine no other is drawn"
    for before, after in zip([[], *steps], steps, strict=False):
        assert after[:-1] == before, "each picture adds its own point to those before"
    assert curve.empty.isHidden()
    assert "kept (step 8)" in curve.legend.text()
    before = curve.plot.getAxis("left").pen().color()
    viewer.theme = "light" if viewer.theme == "dark" else "dark"
    assert curve.plot.getAxis("left").pen().color() != before


def test_a_trace_takes_every_point_of_a_run(fake):
    trace, image = CurveData(), np.zeros((8, 8))
    for snapshot in fake(image, type("Task", (), {"for_plane": lambda *_: None})(), None, "YX"):
        trace.add(snapshot)
    assert trace.steps == list(range(1, fake.steps + 1))


def test_a_trace_forgets_what_came_after_the_step_it_went_back_to():
    trace = CurveData()
    points = [CurvePoint(iteration=i, seconds=0, loss=1 / i, held_out=2 / i) for i in (10, 20, 30)]
    trace.replace(points)
    trace.kept, trace.noise = 20, 0.5
    rows = trace.rows()
    assert rows["kept"] == ([20.0], [0.1])
    assert rows["noise alone"] == ([10.0, 30.0], [0.5, 0.5])
    assert rows["fitted"][0] == rows["held out"][0] == [10, 20, 30]
    trace.replace([CurvePoint(iteration=10, seconds=0, loss=3, held_out=3)])
    assert trace.rows()["fitted"] == ([], []), "hidden pixels are the measure: the two are one"


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(("low", "high"), [(10, 50), (1e-5, 0.9), (0.0018, 0.0031), (10, 3e5), (0.99, 1.01)])
def test_an_axis_has_a_few_round_numbers(low, high, log):
    found = ticks(low, high, log=log)
    assert 2 <= len(found) <= 7
    assert all(low <= value * 1.0001 and value <= high * 1.0001 for value in found)


# History


def test_looking_back_shows_what_was_and_the_present_comes_back(viewer, panel, image, qtbot, fake):
    fake.steps, fake.pause = 60, 0.02
    viewer.add_image(image)
    history = panel.tools.history
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 5, timeout=20000)
    live = viewer.layers[-1]
    history.slider.setValue(2)
    assert (live.data == image + 3).all()
    assert "Step 3" in history.where.text()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 9, timeout=20000)
    assert (live.data == image + 3).all(), "the run goes on, the view stays"
    history.slider.setValue(history.slider.maximum())
    qtbot.waitUntil(lambda: seen(live) > image[0, 0] + 9, timeout=20000)
    history.slider.setValue(1)
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert (live.data == image + 60).all(), "the end shows the result"
    assert history.moment is None


@pytest.mark.parametrize("running", [True, False])
def test_an_earlier_moment_is_kept_as_the_result(viewer, panel, image, qtbot, fake, running):
    fake.steps, fake.pause = (500, 0.02) if running else (8, 0.01)
    viewer.add_image(image)
    history = panel.tools.history
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 6, timeout=20000)
    if not running:
        qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    history.slider.setValue(3)
    assert history.keep.isEnabled()
    history.keep.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    live = viewer.layers[-1]
    assert (live.data == image + 4).all()
    assert live.metadata[KEY]["planes"][0]["chosen"] == 4
    assert "Kept: iteration 4" in panel.status.message.text()
    history.slider.setValue(0)
    history.steps.setValue(10)
    history.go_on.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert fake.made[0].went_back == 1
    assert len(viewer.layers) == 2


def test_a_stack_is_looked_back_on_plane_by_plane(viewer, panel, run_to_end):
    stack = np.arange(3 * 8 * 9, dtype=np.uint16).reshape(3, 8, 9)
    viewer.add_image(stack)
    run_to_end(panel)
    history, live = panel.tools.history, viewer.layers[-1]
    result = np.array(live.data)
    history.slider.setValue(8 + 2)
    assert "plane 2" in history.where.text()
    assert (np.asarray(live.data)[1] == stack[1] + 3).all()
    assert (np.asarray(live.data)[[0, 2]] == result[[0, 2]]).all()
    history.slider.setValue(history.slider.maximum())
    assert (live.data == result).all()


def test_a_moment_kept_in_the_midst_of_a_real_run_replays_to_the_same_bits(make_napari_viewer_proxy, qtbot):
    from napari_deep_prior._napari.widget import DeepPriorWidget

    viewer = make_napari_viewer_proxy()
    panel = DeepPriorWidget(viewer)
    viewer.window.add_dock_widget(panel)
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 5000, "stopping": "never"})
    noisy = np.random.default_rng(0).poisson(50, (32, 40)).astype(np.uint16)
    viewer.add_image(noisy)
    history = panel.tools.history
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: history.slider.maximum() >= 4, timeout=60000)
    history.slider.setValue(1)
    shown = np.array(viewer.layers[-1].data)
    history.keep.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=60000)
    live = viewer.layers[-1]
    assert (live.data == shown).all()
    told = {key: value for key, value in live.metadata[KEY].items() if key not in ("layers", "output")}
    assert (replay(noisy, Record.from_dict(told)).image == shown).all()


# The whole process


@pytest.fixture
def film(viewer, panel, image, run_to_end):
    viewer.add_image(image, contrast_limits=(0, 200), colormap="magma", **TILTED)
    run_to_end(panel)
    return panel


@pytest.mark.parametrize("name", ["process.gif", "process.mp4"])
def test_the_process_is_saved_as_a_film(film, tmp_path, name):
    if name.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg")
    film.tools.save(str(tmp_path / name))
    frames = iio.imread(
        tmp_path / name,
        plugin="pillow" if name.endswith("gif") else "FFMPEG",
        index=None if name.endswith("gif") else ...,
    )
    assert frames.shape[1:3] == (24, 32)
    assert len(frames) >= 8
    assert frames[..., 0].mean() != frames[..., 2].mean(), "in the layer's colours"
    assert "saved" in film.status.message.text()


def test_a_film_that_cannot_be_written_is_said_in_words(film, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    film.tools.save(str(tmp_path / "process.mp4"))
    assert "pip install imageio-ffmpeg" in film.status.message.text()
    film.tools.save(str(tmp_path / "process.avi"))
    assert ".gif or .mp4" in film.status.message.text()
    assert not list(tmp_path.glob("process*"))


def test_the_process_is_a_layer_over_the_result(viewer, film, image):
    film.tools.spread()
    whole, result = viewer.layers[-1], viewer.layers[-2]
    assert whole.data.shape == (8, 24, 32)
    assert (whole.data[3] == image + 4).all()
    assert whole.metadata[KEY]["steps"] == list(range(1, 9))
    assert whole.axis_labels[0] == "step"
    for pixel in [(0, 0), (23, 31), (4, 20)]:
        assert whole.data_to_world((5, *pixel)) == pytest.approx((5, *result.data_to_world(pixel)))


def test_of_a_stack_the_process_of_one_plane_lies_at_that_plane(viewer, panel, run_to_end):
    viewer.add_image(np.zeros((3, 8, 9), np.uint8), scale=(2, 1, 1))
    run_to_end(panel)
    moments = timelapse.of_one_plane(panel.tools.history.moments, 1)
    layer = timelapse.add_layer(viewer, moments, viewer.layers[-1])
    assert layer.data.shape == (8, 1, 8, 9)
    assert layer.data_to_world((0, 0, 3, 4)) == pytest.approx((0, 2, 3, 4))


# Comparison


@pytest.fixture
def pair(viewer, panel, image, run_to_end):
    """A result over its source, a layer that is hidden, and an overlay."""
    other = viewer.add_image(image, name="other", visible=False)
    source = viewer.add_image(image, name="cells", **TILTED)
    panel.problem.image.value = source
    run_to_end(panel)
    for section in panel.tools.sections.values():
        section.button.setChecked(True)
    return panel.tools.compare, source, viewer.layers[-1], other


def state(viewer):
    grid = grid_of(viewer)
    layers = [(layer.name, layer.visible) for layer in viewer.layers]
    return layers, grid.enabled, tuple(grid.shape), grid.stride, {layer.name for layer in viewer.layers.selection}


def test_every_comparison_shows_the_source_and_ends_as_it_began(viewer, pair, qtbot):
    compare, source, result, other = pair
    former = state(viewer)
    compare.hold.pressed.emit()
    assert (source.visible, result.visible) == (True, False)
    compare.hold.released.emit()
    assert state(viewer) == former
    compare.modes["blink"].click()
    assert source.visible
    qtbot.waitUntil(lambda: result.visible and not source.visible, timeout=5000)
    compare.modes["side_by_side"].click()
    assert not compare.modes["blink"].isChecked()
    assert grid_of(viewer).enabled
    assert (source.visible, result.visible, other.visible) == (True, True, False)
    compare.modes["curtain"].click()
    assert not grid_of(viewer).enabled
    curtain = viewer.layers[-1]
    compare.slider.setValue(25)
    assert (curtain.data == source.data[:, :8]).all()
    assert curtain.data_to_world((3, 4)) == pytest.approx(source.data_to_world((3, 4)))
    compare.modes["curtain"].click()
    assert state(viewer) == former


def test_a_key_shows_the_source_as_long_as_it_is_held(viewer, panel, pair):
    _, source, result, _ = pair
    former = state(viewer)
    QTest.keyPress(panel.buttons.run, Qt.Key.Key_B)
    assert (source.visible, result.visible) == (True, False)
    QTest.keyRelease(panel.buttons.run, Qt.Key.Key_B)
    assert state(viewer) == former
    (bound,) = [action for key, action in result.keymap.items() if str(key) == "B"]
    held = bound(result)
    next(held)
    assert (source.visible, result.visible) == (True, False)
    next(held, None)
    assert state(viewer) == former
    assert "B" not in {str(key) for key in viewer.keymap}, "bound to the result alone"


def test_a_comparison_that_is_folded_away_ends(shown, image, run_to_end):
    viewer, panel = shown
    viewer.add_image(image)
    run_to_end(panel)
    panel.tools.sections["Compare"].button.setChecked(True)
    former = state(viewer)
    panel.tools.compare.modes["curtain"].click()
    assert state(viewer) != former
    panel.tools.sections["Compare"].button.setChecked(False)
    assert state(viewer) == former


@pytest.mark.parametrize("end", ["source deleted", "new run"])
def test_whatever_ends_a_comparison_nothing_of_it_is_left(viewer, panel, pair, run_to_end, end):
    compare, source, result, _ = pair
    compare.modes["curtain"].click()
    assert len(viewer.layers) == 4
    if end == "source deleted":
        viewer.layers.remove(source)
        compare.modes["curtain"].click()
        compare.modes["blink"].click()
        assert not compare.modes["blink"].isChecked()
    else:
        panel.problem.image.value = source
        run_to_end(panel)
    assert not [layer for layer in viewer.layers if "before" in layer.name]
    assert result.visible


# Try on what I see


def test_a_try_restores_what_is_seen_exactly_where_it_lies(viewer, panel, qtbot, fake):
    big = np.random.default_rng(0).integers(0, 200, (600, 500)).astype(np.uint16)
    source = viewer.add_image(big, **TILTED)
    panel.basic.fill({"seconds": 60.0})
    source.corner_pixels = np.array([[100, 50], [199, 169]])
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    tried = viewer.layers[-1]
    assert tried.name.endswith("try")
    assert tried.data.shape == (100, 120)
    assert (tried.data == big[100:200, 50:170] + 8).all()
    for pixel in [(0, 0), (99, 119), (40, 7)]:
        assert tried.data_to_world(pixel) == pytest.approx(source.data_to_world(np.add(pixel, (100, 50))))
    assert fake.made[0].settings.seconds == 5
    assert "Run restores the whole image" in panel.status.message.text()
    panel.buttons.run.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    assert viewer.layers[-1].data.shape == big.shape
    assert fake.made[1].settings.seconds == 60


@pytest.mark.parametrize("multiscale", [False, True])
def test_of_a_stack_a_try_takes_the_plane_on_screen(viewer, panel, qtbot, multiscale):
    stack = np.random.default_rng(0).integers(0, 200, (4, 400, 300)).astype(np.uint16)
    data = [stack, stack[:, ::2, ::2]] if multiscale else stack
    source = viewer.add_image(data, multiscale=multiscale, scale=(2, 1, 1), axis_labels=("z", "y", "x"))
    viewer.dims.set_point(0, 4)
    panel.buttons.try_view.click()
    qtbot.waitUntil(lambda: panel.buttons.run.isEnabled(), timeout=20000)
    tried = viewer.layers[-1]
    assert tried.data.shape[0] == 1
    assert max(tried.data.shape) <= 256
    corner = np.rint(source.world_to_data(tried.data_to_world((0, 0, 0)))).astype(int)
    assert corner[0] == 2
    rows, columns = tried.data.shape[1:]
    expected = stack[2, corner[1] : corner[1] + rows, corner[2] : corner[2] + columns] + 8
    assert (np.asarray(tried.data)[0] == expected).all()


# Trust


def test_what_speaks_against_a_result_is_said_and_shown(viewer, panel, run_to_end):
    ramp = np.linspace(0, 250, 96 * 80).reshape(96, 80)
    clipped = np.clip(ramp * 1.4 + np.random.default_rng(0).normal(0, 3, ramp.shape), 0, 255).astype(np.uint8)
    source = viewer.add_image(clipped, name="cells", **TILTED)
    trust = panel.tools.trust
    assert not trust.empty.isHidden()
    run_to_end(panel)
    assert trust.empty.isHidden()
    assert "saturated" in trust.warnings.text()
    assert "warning" in panel.tools.sections["Trust"].button.text(), "seen before the section is opened"
    assert not trust.boxes["invented"].isEnabled(), "there are none"
    assert "Noise:" in trust.numbers.text()
    result = viewer.layers[-1]
    for name, box in trust.boxes.items():
        box.setChecked(True)
        shown = viewer.layers[-1]
        assert shown.name.endswith(name)
        assert shown.data_to_world((9, 11)) == pytest.approx(source.data_to_world((9, 11)))
        assert shown.units == source.units
    shown = {layer.name.rsplit(" ", 1)[-1]: layer for layer in viewer.layers[2:]}
    assert (shown["residual"].data == clipped - np.asarray(result.data)).all()
    panel.tools.history.slider.setValue(0)
    panel.tools.history.keep.click()
    assert (shown["residual"].data == -1).all(), "they go with the moment that is kept"
    for box in trust.boxes.values():
        box.setChecked(False)
    assert len(viewer.layers) == 2


def test_a_blend_is_shown_and_told_of(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    run_to_end(panel)
    live = viewer.layers[-1]
    panel.tools.trust.blend.setValue(25)
    assert live.data == pytest.approx(image + 0.25 * 8)
    assert live.metadata[KEY]["blend"] == 0.25
    panel.tools.trust.blend.setValue(100)
    assert (live.data == image + 8).all()
    assert "blend" not in live.metadata[KEY]


def test_colours_are_shown_as_one_value_per_pixel(viewer, panel, run_to_end):
    viewer.add_image(np.random.default_rng(0).integers(0, 200, (24, 32, 3)).astype(np.uint8), rgb=True)
    run_to_end(panel)
    for name, box in panel.tools.trust.boxes.items():
        box.setChecked(True)
        assert viewer.layers[-1].data.shape == (24, 32), name


def test_the_panel_with_all_sections_open_is_narrow(viewer, panel, image, run_to_end):
    viewer.add_image(image)
    run_to_end(panel)
    for section in panel.tools.sections.values():
        section.button.setChecked(True)
    panel.tools.compare.modes["curtain"].click()
    area = panel.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= 300
    panel.tools.leave()
