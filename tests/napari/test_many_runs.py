"""Many runs in a row leave nothing behind. How much memory a hundred take is measured by benchmarks/hundred_runs.py."""

from __future__ import annotations

import gc
import threading
from collections import Counter

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication

from napari_deep_prior._napari.running.job import Job
from napari_deep_prior._napari.running.live_layer import LiveLayer
from napari_deep_prior._napari.running.run import Run

OURS = (Run, Job, LiveLayer)


def callbacks(group):
    """How many functions the events of a group would call: napari's own kind of group, or psygnal's."""
    if hasattr(group, "emitters"):
        return sum(len(emitter.callbacks) for emitter in group.emitters.values())
    return sum(len(signal) for signal in group.values())


def there(viewer, panel, fake):
    gc.collect()
    events = (viewer.events, viewer.dims.events, viewer.layers.events, viewer.layers.selection.events)
    kinds = Counter(map(type, gc.get_objects()))
    return {
        "threads": threading.active_count(),
        "layers": len(viewer.layers),
        "windows": len(QApplication.topLevelWidgets()),
        "widgets": len(QApplication.allWidgets()),
        "Qt objects": len(panel.findChildren(QObject)),
        "callbacks": sum(callbacks(group) for group in (*events, viewer.layers[0].events)),
        "runs, jobs, live layers": sum(issubclass(kind, OURS) * count for kind, count in kinds.items()),
        "fits": sum(issubclass(kind, fake) * count for kind, count in kinds.items()),
    }


def test_what_a_run_needs_goes_with_it(viewer, panel, image, run_to_end, fake, qtbot):
    viewer.add_image(image, name="cells")
    found = []
    for _ in range(4):
        run_to_end(panel)
        panel.sections["Compare"].modes["curtain"].click()
        panel.sections["Trust"].boxes["uncertainty"].click()
        panel.sections["Trust"].boxes["uncertainty"].click()
        panel.sections["Compare"].leave()
        viewer.layers.remove("cells · denoised")
        fake.made.clear()
        qtbot.wait(50)  # what is to be deleted later
        found.append(there(viewer, panel, fake))
    assert found[3] == found[1]
