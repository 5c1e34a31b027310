"""Nine faults that a newcomer met in an earlier window, with the same clicks: nothing is lost, and nothing misleads."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from napari._app_model import get_app_model

from napari_deep_prior._napari.layers.source import KEY

Y, X = np.mgrid[:48, :56]
LIGHT = 8 + 6 * np.sin(X / 7) * np.cos(Y / 9) + 5 * (np.hypot(X - 28, Y - 24) < 15)
FILM = np.random.default_rng(0).poisson(LIGHT, (6, *LIGHT.shape)).astype(np.uint16)
IMAGE = FILM[0]


@pytest.fixture
def opened(session):
    """The window with its panel, as the menu opens it."""
    session.menu("Plugins", "Deep Image Prior")
    return session


def steps(layer):
    """How many each plane has had, by the number of the plane."""
    return {plane["plane"]: plane["iterations"] for plane in layer.metadata[KEY]["planes"]}


def names(session):
    return [layer.name for layer in session.viewer.layers]


def test_a_result_is_not_saved_over_the_image_it_was_made_from(opened, tmp_path):
    tifffile.imwrite(tmp_path / "raw.tif", IMAGE)
    opened.drop(tmp_path / "raw.tif")
    opened.run()
    opened.answer(str(tmp_path / "raw"), "Yes")  # without its ending, as one types it; and replaced, if it asks
    opened.click(opened.panel.recall.save)
    assert (tifffile.imread(tmp_path / "raw.tif") == IMAGE).all()
    assert "raw.tif is the file that 'raw' was opened from" in opened.panel.status.message.text()


def test_after_a_second_run_it_is_the_source_that_one_compares_with(opened):
    source = opened.viewer.add_image(IMAGE, name="cells")
    opened.run()
    opened.viewer.layers.selection.active = source
    opened.run(iterations=8)
    hold = opened.panel.sections["Compare"].hold
    opened.press(hold)
    assert [layer.name for layer in opened.viewer.layers if layer.visible] == ["cells"]
    opened.release(hold)
    assert [layer.name for layer in opened.viewer.layers if layer.visible][-1] == "cells · denoised [1]"


def test_the_result_of_a_channel_does_not_add_up_with_its_source(opened):
    opened.viewer.add_image(FILM[:2], channel_axis=0, name=["GFP", "mCherry"])
    for name in ("mCherry", "GFP"):
        opened.viewer.layers.selection.active = opened.viewer.layers[name]
        opened.run()
    assert names(opened) == ["GFP", "GFP · denoised", "mCherry", "mCherry · denoised"]
    seen = [layer.name for layer in opened.viewer.layers if layer.visible]
    assert seen == ["GFP", "GFP · denoised", "mCherry · denoised"], "the first channel is covered by its result"
    assert opened.viewer.layers["GFP · denoised"].blending == "translucent_no_depth"


@pytest.mark.parametrize("network", ["each", "shared"])
def test_a_stack_that_was_stopped_says_which_planes_are_the_original(opened, qtbot, network):
    opened.viewer.add_image(FILM, name="film", axis_labels=("t", "y", "x"))
    opened.set(iterations=3000, stopping="never", network=network)
    opened.click(opened.panel.buttons.run)
    qtbot.waitUntil(lambda: "3 of 6" in opened.panel.status.steps.text(), timeout=60000)
    opened.click(opened.panel.buttons.stop)
    opened.wait_for_end()
    result = opened.viewer.layers[-1]
    original = [number for number, plane in enumerate(FILM) if (np.asarray(result.data[number]) == plane).all()]
    done = len(FILM) - len(original)
    assert 0 < done < len(FILM)
    assert result.name == f"film · denoised · {done} of 6 planes"
    told = f"{done} of 6 planes {'is' if done == 1 else 'are'} restored"
    assert opened.panel.status.message.text().startswith(told)
    assert told in opened.panel.sections["Trust"].warnings.text()
    assert opened.panel.status.bar.value() == round(1000 * done / 6)


def test_resume_of_a_finished_stack_says_what_it_extends(opened):
    opened.viewer.add_image(FILM[:3], name="film", axis_labels=("t", "y", "x"))
    opened.run(network="each")
    before = steps(opened.viewer.layers["film · denoised"])
    resume = opened.panel.buttons.resume
    (more,) = [number for number in before if resume.text() == f"Resume plane {number + 1}"]
    opened.click(resume)
    opened.wait_for_end()
    after = steps(opened.viewer.layers["film · denoised"])
    assert [number for number in after if after[number] > before[number]] == [more]
    opened.run(network="shared")
    assert resume.text() == "Resume", "of all that one network has drawn"


def test_going_on_never_rewinds_another_plane_than_the_one_shown(opened):
    opened.viewer.add_image(FILM[:3], name="film", axis_labels=("t", "y", "x"))
    opened.run(network="each")
    history, result = opened.panel.sections["History"], opened.viewer.layers["film · denoised"]
    before, data = steps(result), np.array(result.data)
    opened.click(opened.panel.sections.folds["History"].button)
    history.slider.setValue(0)
    assert "can be gone on with" in history.where.text()
    assert not history.go_on.isEnabled()
    history.slider.setValue(history.slider.maximum())
    assert steps(result) == before
    assert (result.data == data).all()


def test_of_a_film_that_one_network_draws_the_network_goes_on_from_the_moment_shown(opened):
    opened.viewer.add_image(FILM[:3], name="film", axis_labels=("t", "y", "x"))
    opened.run(network="shared", iterations=40, stopping="never")
    history, result = opened.panel.sections["History"], opened.viewer.layers["film · denoised"]
    opened.click(opened.panel.sections.folds["History"].button)
    history.slider.setValue(history.slider.maximum() // 2)
    shown = history.snapshot.iteration
    assert "by the network for all" in history.where.text()
    assert not history.keep.isEnabled(), "one plane would have another network than its record says"
    history.steps.setValue(10)
    opened.click(history.go_on)
    opened.wait_for_end()
    assert set(steps(result).values()) == {shown + 10}
    assert len(steps(result)) == 3, "all are drawn anew"


def test_going_on_from_a_moment_starts_at_that_moment_and_keeps_what_was_there(opened):
    opened.viewer.add_image(IMAGE, name="cells")
    opened.run(iterations=60, stopping="never")
    history, result = opened.panel.sections["History"], opened.viewer.layers["cells · denoised"]
    opened.click(opened.panel.sections.folds["History"].button)
    before = np.array(result.data)
    history.slider.setValue(history.slider.maximum() // 2)
    shown = history.snapshot.iteration
    assert history.where.text().startswith(f"Step {shown} ")
    history.steps.setValue(20)
    opened.click(history.go_on)
    opened.wait_for_end()
    assert steps(result) == {0: shown + 20}
    assert (opened.viewer.layers["cells · denoised · step 60"].data == before).all()


def test_a_volume_can_be_tried(opened):
    opened.viewer.add_image(FILM, name="cells", axis_labels=("z", "y", "x"))
    opened.set(volume=True)
    opened.click(opened.panel.buttons.try_view)
    opened.wait_for_end()
    assert "This was a try" in opened.panel.status.message.text()
    (tried,) = [layer for layer in opened.viewer.layers if "try" in layer.name]
    assert "volume" in tried.name
    assert np.isfinite(tried.data).all()


def test_the_palette_s_stop_stops_the_run_of_the_one_panel(opened):
    opened.viewer.add_image(IMAGE, name="cells")
    opened.set(iterations=100_000, stopping="never")
    opened.click(opened.panel.buttons.run)
    get_app_model().commands.execute_command("napari-deep-prior.stop").result()
    opened.wait_for_end()
    assert "topped" in opened.panel.status.message.text()
    assert len(opened.viewer.window.dock_widgets) == 1
