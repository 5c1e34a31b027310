"""What is drawn on the screen is what was done: pixels of the canvas, not properties of layers."""

from __future__ import annotations

import numpy as np
import pytest

ALIKE, DIFFERENT = 2.0, 6.0
"""Grey values by which two pictures of the canvas differ in the mean, at most and at least."""


def seen_whole(session):
    """The first and the last column of the canvas, where nothing is drawn if all is in sight."""
    drawn = session.viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    return np.concatenate([drawn[:, 0], drawn[:, -1]])


def apart(one, other):
    return np.nanmean(np.abs(one - other))


def test_sample_run_curtain_save_and_open_again(session, qtbot, tmp_path):
    viewer = session.viewer
    session.menu("Plugins", "Deep Image Prior")
    panel = session.panel
    session.menu("File", "Open Sample", "Deep Image Prior", "Noisy cells")
    source = viewer.layers["noisy cells"]
    before = session.picture(source)
    session.run()
    after = session.picture(source)
    assert apart(before, after) > DIFFERENT, "the result is what one sees"

    compare = panel.sections["Compare"]
    session.click(panel.sections.folds["Compare"].button)
    session.click(compare.modes["curtain"])
    half = session.picture(source)
    left, right = np.s_[:, :120], np.s_[:, 136:]
    assert apart(half[left], before[left]) < ALIKE
    assert apart(half[left], after[left]) > DIFFERENT
    assert apart(half[right], after[right]) < ALIKE
    assert apart(half[right], before[right]) > DIFFERENT
    session.click(compare.modes["side_by_side"])
    assert (seen_whole(session) == 0).all(), "nothing reaches over the rim"
    session.click(compare.modes["side_by_side"])
    assert apart(session.picture(source), after) < ALIKE

    session.answer(str(tmp_path / "kept"))
    session.click(panel.recall.save)
    assert (tmp_path / "kept.tif").is_file(), "under the ending that the name was given without"
    modified = (tmp_path / "kept.tif").stat().st_mtime_ns
    session.answer(str(tmp_path / "kept"), "No")
    session.click(panel.recall.save)
    assert (tmp_path / "kept.tif").stat().st_mtime_ns == modified
    assert panel.status.message.text() == "Nothing was saved."
    viewer.layers.clear()
    session.drop(tmp_path / "kept.tif")
    qtbot.waitUntil(lambda: "kept" in viewer.layers, timeout=60000)
    assert apart(session.picture(viewer.layers["kept"]), after) < ALIKE, "it comes back as it looked"


def test_channels_that_add_up_are_seen_one_at_a_time(session, qtbot):
    """Source and result on top of each other would be over-bright, and as noisy as before."""
    viewer = session.viewer
    session.menu("Plugins", "Deep Image Prior")
    rng, (y, x) = np.random.default_rng(0), np.mgrid[:96, :96]
    cells = 100 + 100 * (np.hypot(y - 48, x - 48) < 30)
    channels = np.stack([rng.poisson(cells), rng.poisson(cells.T)]).astype(np.uint16)
    viewer.add_image(channels, channel_axis=0, name=["GFP", "mCherry"], contrast_limits=(0, 400))
    viewer.layers.selection.active = viewer.layers["mCherry"]
    session.run()
    source = viewer.layers["mCherry"]
    shown = session.picture(source)
    source.visible = True
    assert np.nanmean(session.picture(source)) > 1.1 * np.nanmean(shown), "what it would look like if both were drawn"


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_hours_begin_only_if_somebody_says_so(session, qtbot, answer):
    viewer = session.viewer
    session.menu("Plugins", "Deep Image Prior")
    panel = session.panel
    viewer.add_image(np.random.default_rng(0).poisson(50, (40, 24, 32)).astype(np.uint16), axis_labels=("t", "y", "x"))
    panel.basic.fill({"preset": "fast", "seconds": 300.0})
    session.answer(answer)
    session.click(panel.buttons.run)
    assert panel.buttons.cancel.isEnabled() == (answer == "Yes")
    if answer == "Yes":
        session.click(panel.buttons.cancel)
        qtbot.waitUntil(panel.buttons.run.isEnabled, timeout=60000)
    else:
        assert panel.status.message.text().startswith("Not started.")
    assert len(viewer.layers) == 1
