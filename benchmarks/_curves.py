"""Learning curves: kept run by run as JSON, drawn as one picture per set, a panel per image."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Point = tuple[int, float, float, float | None]
"""Step, seconds, PSNR by the truth, loss on held-out pixels."""


def keep(folder: Path, key: Sequence[object], curve: Sequence[Point], chosen: int, psnr: float) -> None:
    """Write one run's curve."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.=-]+", "_", "_".join(map(str, key[1:])))
    content = {"key": list(key), "curve": curve, "chosen": chosen, "psnr": psnr}
    (folder / f"{name}.json").write_text(json.dumps(content))


def draw(folder: Path) -> None:
    """A picture for each set: PSNR over seconds, a dot where the kept image was chosen, held-out loss dotted."""
    from matplotlib.figure import Figure

    runs = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    for name in dict.fromkeys(run["key"][0] for run in runs):
        images = list(dict.fromkeys(run["key"][1] for run in runs if run["key"][0] == name))
        wide = min(4, len(images))
        figure = Figure(figsize=(4 * wide, 3 * -(-len(images) // wide)), layout="constrained")
        panels = figure.subplots(-(-len(images) // wide), wide, squeeze=False).flat
        for panel, image in zip(panels, images, strict=False):
            for run in runs:
                if run["key"][1] == image:
                    _line(panel, run)
            panel.set_title(image, fontsize=9)
            panel.set_xlabel("seconds")
            panel.set_ylabel("PSNR in dB")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", fontsize=7)
        figure.savefig(folder / f"{name}.png", dpi=90)


def _line(panel: Any, run: dict[str, Any]) -> None:
    steps, seconds, psnr, held_out = zip(*run["curve"], strict=True)
    words = " ".join(str(part) for part in run["key"][2:])
    (line,) = panel.plot(seconds, psnr, lw=1, label=words)
    at = min(range(len(steps)), key=lambda index: abs(steps[index] - run["chosen"]))
    panel.plot(seconds[at], run["psnr"], "o", ms=4, color=line.get_color())
    known = [(s, h) for s, h in zip(seconds, held_out, strict=True) if h is not None]
    if known:
        other = panel.twinx()
        other.plot(*zip(*known, strict=True), ":", lw=0.8, color=line.get_color())
        other.set_yticks([])
