"""Help in place: the first steps of a newcomer."""


def bold(panel):
    return [step.text().startswith("<b>") for step in panel.welcome.steps]


def test_three_steps_until_a_run_has_ended(viewer, panel, reopened, run_to_end):
    assert panel.welcome.isVisibleTo(panel)
    assert bold(panel) == [True, False, False]
    panel.welcome.sample.click()
    assert viewer.layers[0].name == "noisy cells"
    assert panel.problem.image.value == viewer.layers[0]
    assert bold(panel) == [False, True, False]
    run_to_end(panel)
    assert not panel.welcome.isVisibleTo(panel)
    again = reopened(panel)
    assert not again.welcome.isVisibleTo(again)


def test_it_can_be_sent_away(viewer, panel, reopened):
    panel.welcome.close_button.click()
    assert not panel.welcome.isVisibleTo(panel)
    again = reopened(panel)
    assert not again.welcome.isVisibleTo(again)
