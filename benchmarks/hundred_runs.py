"""What a hundred runs in a row leave behind: memory, threads, layers, widgets, callbacks. A real, shown napari window; each
result is deleted before the next run, as by somebody who tries settings.

python benchmarks/hundred_runs.py 100      (runs; needs a display, or xvfb-run)

Memory is that of the process after the tenth run, when all that is loaded late is loaded, and after the last.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from _window import live, opened
from napari._vispy.layers.image import VispyImageLayer
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication

from napari.layers import Image
from napari_deep_prior import Fit
from napari_deep_prior._napari.running.job import Job
from napari_deep_prior._napari.running.live_layer import LiveLayer
from napari_deep_prior._napari.running.run import Run
from napari_deep_prior._napari.sections.comparison import Comparison
from napari_deep_prior.core.results import Snapshot
from napari_deep_prior.core.run.history import SnapshotHistory

EARLY = 10
"""The run after which nothing more may be added."""

OURS = tuple(
    c.__name__ for c in (Run, Job, LiveLayer, Fit, Comparison, SnapshotHistory, Snapshot, Image, VispyImageLayer)
)
"""Classes whose instances are counted, by name."""


def counted(viewer: Any, panel: Any) -> dict[str, int]:
    """What there is now, by kind."""
    gc.collect()
    living = Counter(type(thing).__name__ for thing in gc.get_objects())
    return {
        "memory (MB)": round(resident() / 1e6),
        "Python threads": threading.active_count(),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "layers": len(viewer.layers),
        "windows": len(QApplication.topLevelWidgets()),
        "widgets": len(QApplication.allWidgets()),
        "Qt objects of the panel": len(panel.findChildren(QObject)),
        "callbacks": callbacks(viewer),
        "Python objects": sum(living.values()),
        **{f"{name} objects": living[name] for name in OURS},
    }


def resident() -> int:
    """Bytes of memory the process has."""
    (line,) = (row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmRSS"))
    return 1024 * int(line.split()[1])


def callbacks(viewer: Any) -> int:
    """How many functions the events of the viewer, its parts and its first layer would call."""
    groups = [viewer.events, viewer.dims.events, viewer.layers.events]
    groups += [viewer.layers.selection.events, viewer.layers[0].events]
    return sum(called(group) for group in groups)


def called(group: Any) -> int:
    """The same of one group of events, napari's own kind or psygnal's."""
    if hasattr(group, "emitters"):
        return sum(len(emitter.callbacks) for emitter in group.emitters.values())
    return sum(len(signal) for signal in group.values())


def main(runs: int) -> None:
    """Prints the counts after run 10 and after the last, and what grew."""
    viewer, open_panel = opened(np.random.default_rng(0).poisson(50, (64, 64)).astype(np.uint16))
    panel = open_panel()
    panel.basic.fill({"preset": "fast", "seconds": "never"})
    panel.advanced.fill({"iterations": 12})
    for section in panel.sections.folds.values():
        section.button.setChecked(True)
    before: dict[str, int] = {}
    began = time.monotonic()
    for run in range(1, runs + 1):
        panel.buttons.run.click()
        live(panel.buttons.run.isEnabled)
        viewer.layers.remove(viewer.layers[-1])
        live()
        if run % EARLY == 0:
            now = counted(viewer, panel)
            before = before or now
            sys.stdout.write(f"{run} runs, {time.monotonic() - began:.0f} s: {now['memory (MB)']} MB\n")
    sys.stdout.write("".join(f"{name}: {before[name]} -> {now[name]} ({now[name] - before[name]:+})\n" for name in now))
    viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What many runs in a row leave behind.")
    parser.add_argument("runs", type=int, nargs="?", default=100)
    main(**vars(parser.parse_args()))
