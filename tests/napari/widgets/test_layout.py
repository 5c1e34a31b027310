"""How the dock looks: folds, and a form as wide as its letters need."""

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea

from napari_deep_prior._napari.widgets.layout import Collapsible, Scrolling, column, text


@pytest.mark.parametrize("size", [1, 2])
def test_nothing_is_cut_off_with_letters_twice_as_large(
    viewer, panel, image, size, qtbot, monkeypatch, reachable, show
):
    viewer.add_image(image, name="cells")
    panel.form.section.button.click()
    appearance = get_settings().appearance
    monkeypatch.setattr(appearance, "font_size", size * appearance.font_size)
    show(panel)
    widgets, area = reachable(panel), panel.findChild(QScrollArea)
    qtbot.waitUntil(lambda: not [widget for widget in widgets if cut_off(widget)], timeout=60000)
    assert panel.minimumSizeHint().height() < 500 * size
    assert panel.minimumSizeHint().width() < 420 * size
    assert area.widget().width() <= area.viewport().width()


def cut_off(widget):
    """Whether it is lower than its letters need, or a button narrower."""
    least = widget.minimumSizeHint()
    narrow = isinstance(widget, QPushButton) and widget.width() < least.width()
    return narrow or widget.height() < min(least.height(), widget.sizeHint().height()) - 2


def test_a_fold_is_closed_at_first_and_its_title_says_why_to_open_it(qtbot):
    content = QLabel("there")
    fold = Collapsible("Trust", "What speaks for it.", content)
    qtbot.addWidget(fold)
    assert not content.isVisibleTo(fold)
    fold.button.setChecked(True)
    assert content.isVisibleTo(fold)
    fold.note("2 warnings")
    assert fold.button.text() == fold.button.accessibleName() == "Trust · 2 warnings"
    fold.note("")
    assert fold.button.text() == "Trust"


def test_a_title_has_the_letters_of_the_panel(shown, monkeypatch, qtbot):
    _, panel = shown
    title, appearance = panel.sections.folds["Trust"].button, get_settings().appearance
    qtbot.waitUntil(lambda: title.font() == panel.sections.whose.font(), timeout=60000)
    before = title.fontMetrics().height()
    monkeypatch.setattr(appearance, "font_size", 2 * appearance.font_size)
    qtbot.waitUntil(lambda: title.fontMetrics().height() > 1.5 * before, timeout=60000)


def test_what_is_opened_is_brought_into_sight(shown, image, run_to_end, qtbot):
    viewer, panel = shown
    panel.window().resize(1280, 720)
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    trust = panel.sections.folds["Trust"]
    qtbot.waitUntil(lambda: whole(trust.button), timeout=60000)
    qtbot.wait(200)
    trust.button.click()
    qtbot.waitUntil(lambda: whole(trust.button) and whole(panel.sections["Trust"].warnings), timeout=60000)


def test_where_not_all_fits_what_is_wanted_most_is_in_sight(qtbot):
    """A curve has more to say, but the title of Trust is what says that there are warnings."""
    curve, title = QLabel("curve"), QPushButton("Trust")
    curve.setFixedHeight(300)
    section = column(curve, title, QLabel("below"))
    area = Scrolling(QLabel("form"), section, QLabel("after"))
    qtbot.addWidget(area)
    area.show()
    for height, whole_curve in ((900, True), (200, False)):
        area.resize(300, height)
        area.bring_up(section, title)
        qtbot.waitUntil(lambda: whole(title), timeout=60000)
        assert whole(curve) == whole_curve


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_is_brought_up_stays_at_the_top_until_somebody_scrolls(qtbot, by_hand):
    """A curve is not there yet when a run begins: the section gets higher later."""
    form, section = QLabel("form"), QLabel("section")
    area = Scrolling(form, section)
    qtbot.addWidget(area)
    form.setFixedHeight(800)
    area.resize(300, 400)
    area.show()
    area.bring_up(section)
    bar = area.verticalScrollBar()
    qtbot.waitUntil(lambda: 0 < bar.value() == bar.maximum(), timeout=60000)
    if by_hand:
        bar.triggerAction(bar.SliderAction.SliderPageStepSub)
    before = bar.value()
    section.setFixedHeight(900)
    qtbot.waitUntil(lambda: bar.maximum() > 900, timeout=60000)
    qtbot.wait(50)
    assert bar.value() == (before if by_hand else section.y())


def test_what_scrolls_is_as_wide_as_its_widest_part(qtbot):
    part = QLabel("narrow")
    area = Scrolling(part)
    qtbot.addWidget(area)
    narrow = area.minimumWidth()
    part.setFixedWidth(2 * narrow)
    QApplication.sendPostedEvents()
    qtbot.waitUntil(lambda: area.minimumWidth() > 2 * narrow, timeout=60000)


def test_a_line_of_text_wraps_and_can_be_copied(qtbot):
    line = text("words")
    qtbot.addWidget(line)
    assert line.wordWrap()
    assert line.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_what_matters_after_a_run_is_in_sight(make_napari_viewer, dock, image, run_to_end, qtbot, size):
    viewer = make_napari_viewer(show=True)
    panel = dock(viewer)
    panel.window().resize(*size)
    viewer.add_image(image, name="cells")
    run_to_end(panel)
    titles = [fold.button for fold in panel.sections.folds.values()]
    wanted = [*titles, panel.sections["Curve"].plot, panel.recall.save, panel.buttons.resume, panel.status.message]
    qtbot.waitUntil(lambda: not [widget for widget in wanted if not whole(widget)], timeout=60000)


def test_the_warnings_are_in_sight_however_much_there_is_to_be_said(
    make_napari_viewer, dock, run_to_end, qtbot, monkeypatch
):
    viewer = make_napari_viewer(show=True)
    panel = dock(viewer)
    panel.window().resize(1280, 720)
    appearance = get_settings().appearance
    monkeypatch.setattr(appearance, "font_size", 2 * appearance.font_size)
    viewer.add_image(
        np.random.default_rng(0).poisson(50, (6, 24, 32)).astype(np.uint16), name="a film with a long name"
    )
    panel.sections.folds["History"].button.setChecked(True)
    run_to_end(panel)
    title = panel.sections.folds["Trust"].button
    qtbot.waitUntil(lambda: whole(title) and "warning" in title.text(), timeout=60000)


def whole(widget):
    """Whether all of it is on the screen."""
    return widget.visibleRegion().boundingRect().height() >= widget.height() - 1
