"""Starting values from napari's Preferences, and from the panel's own file where napari has none."""

from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_deep_prior
from napari_deep_prior._napari import preferences
from napari_deep_prior._napari.preferences import Preferences
from napari_deep_prior._napari.remembered import Store

NAME = "napari-deep-prior"
MANIFEST = Path(napari_deep_prior.__file__).with_name("napari.yaml")


@pytest.fixture
def kept(npe2pm, plugin_settings):
    """Our section of napari's Preferences, stored in a folder of this test."""
    from napari import settings

    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)):
        yield settings.get_plugin_settings(NAME)


def test_the_form_starts_from_them_and_follows_a_change(viewer, dock, reopened, image, run_to_end, kept):
    kept.start.preset, kept.start.seed = "fast", 11
    panel = dock(viewer)
    assert panel.basic.values()["preset"] == "fast"
    assert panel.advanced.values()["seed"] == 11
    kept.start.seed = 12
    assert panel.advanced.values()["seed"] == 12
    assert "seed: 12" in kept.config_path.read_text()

    viewer.add_image(image)
    panel.advanced.fill({"seed": 5, "input_noise": 0.2})
    run_to_end(panel)
    tomorrow = reopened(panel)
    assert tomorrow.advanced.values()["input_noise"] == pytest.approx(0.2), "as last time"
    assert tomorrow.advanced.values()["seed"] == 5, "what Preferences said already at that run does not go before it"
    tomorrow.parent().destroyOnClose()
    kept.start.seed = 13
    later = dock(viewer)
    assert later.advanced.values()["seed"] == 13, "changed since then"
    assert later.advanced.values()["input_noise"] == pytest.approx(0.2)


def test_previews_as_often_as_wanted(kept):
    chosen = Preferences(Store(None))
    assert chosen.pause == 0
    kept.start.previews_per_second = 0.5
    assert chosen.pause == 1750


def test_without_napari_s_there_is_the_panel_s_file(tmp_path, monkeypatch):
    monkeypatch.setattr(preferences, "_napari_s", lambda: None)
    memory = Store(tmp_path)
    memory.keep("preferences", values={"seed": 3, "previews_per_second": 1})
    chosen = Preferences(Store(tmp_path))
    assert chosen.values() == {"seed": 3, "previews_per_second": 1}
    assert chosen.pause == 750
    chosen.connect(lambda: None)()
    memory.keep("preferences", values={"previews_per_second": "often"})
    assert Preferences(Store(tmp_path)).pause == 0
