"""What the demonstration draws: the text, the comparison, the learning curves, the film."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from napari_deep_prior.core.results import Result, Snapshot
from napari_deep_prior.files.film import write_film

Frame = tuple[Snapshot, NDArray[np.uint8]]
FILM_FRAMES = 36
FILM_COLOURS = 128
DETAIL = 72
"""Edge of the enlarged part, in pixels."""


def drawn_text(text: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Text over the whole of a (y, x) grid: True where there is ink, its soft border included."""
    figure = Figure(figsize=(shape[1] / 100, shape[0] / 100), dpi=100)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        height = 1 - (number + 0.5) / len(lines)
        figure.text(0.04, height, line, fontsize=shape[1] / 22, va="center")
    return _rendered(figure)[..., 0] < 235


def displayed(image: NDArray[Any], white: float) -> NDArray[np.uint8]:
    """Values from 0 to `white` -> grey or colour levels, the same for every picture of an experiment."""
    return np.rint(np.clip(image / white, 0, 1) * 255).astype(np.uint8)


def comparison(
    path: Path, title: str, labelled: dict[str, NDArray[Any]], white: float, detail: tuple[int, int], dpi: int = 150
) -> None:
    """The images side by side on one scale of brightness, and below each its framed part enlarged."""
    figure = Figure(figsize=(max(9.6, 2.6 * len(labelled)), 7.0), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots(2, len(labelled))
    y, x = detail
    for (upper, lower), (label, image) in zip(axes.T, labelled.items(), strict=True):
        levels = displayed(image, white)
        upper.set_title(label)
        upper.imshow(levels, cmap="gray", vmin=0, vmax=255)
        upper.add_patch(Rectangle((x, y), DETAIL, DETAIL, fill=False, color="tab:red", linewidth=1.5))
        lower.imshow(levels[y : y + DETAIL, x : x + DETAIL], cmap="gray", vmin=0, vmax=255)
        for one in (upper, lower):
            one.set_xticks([])
            one.set_yticks([])
        for spine in lower.spines.values():
            spine.set_color("tab:red")
    figure.savefig(path, dpi=dpi)


def curve(path: Path, title: str, result: Result) -> None:
    """The misfit on the fitted and on the held-out pixels, step by step, and the step that was kept."""
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = figure.subplots()
    steps = [point.iteration for point in result.curve]
    losses = [point.loss for point in result.curve]
    held_out = [(point.iteration, point.held_out) for point in result.curve if point.held_out is not None]
    if [value for _, value in held_out] == losses:  # the network is only ever judged on pixels it cannot see
        axes.plot(steps, losses, label="pixels hidden from the network, which it predicts")
    else:
        axes.plot(steps, losses, label="pixels the network is fitted to")
        if held_out:
            axes.plot(*zip(*held_out, strict=True), label="pixels kept out of the fit")
    chosen = result.record.planes[-1].chosen
    axes.axvline(chosen, color="0.4", linestyle="--", label=f"kept: step {chosen}")
    axes.set(xlabel="step", ylabel="misfit (scaled image)", yscale="log", title=f"{title}\n{result.reason.value}")
    axes.legend()
    axes.grid(alpha=0.3, which="both")
    figure.savefig(path, dpi=150)


def film(path: Path, observed: NDArray[np.uint8], frames: list[Frame]) -> None:
    """An animated GIF: the observed image on the left, the fit as it goes on the right.

    Early steps, where most happens, are shown more slowly.
    """
    last = len(frames) - 1
    chosen = sorted({round(last * part**1.7) for part in np.linspace(0, 1, FILM_FRAMES)})
    shots = [_shot(observed, observed, "before")]
    for snapshot, image in (frames[number] for number in chosen):
        shots.append(_shot(observed, image, f"step {snapshot.iteration}, {snapshot.seconds:.0f} s"))
    pauses = [0.6, *[0.12] * (len(shots) - 2), 2.5]
    write_film(path, shots, pauses=pauses, colours=FILM_COLOURS)


def _shot(left: NDArray[np.uint8], right: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    gap = np.full((len(left), 4, 3), 255, np.uint8)
    pair = np.concatenate([_colour(left), gap, _colour(right)], axis=1)
    return np.concatenate([_caption(text, pair.shape[1]), pair])


def _colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def _caption(text: str, width: int) -> NDArray[np.uint8]:
    figure = Figure(figsize=(width / 100, 0.24), dpi=100)
    figure.text(0.01, 0.5, "observed", fontsize=10, va="center")
    figure.text(0.51, 0.5, text, fontsize=10, va="center")
    return _rendered(figure)


def _rendered(figure: Figure) -> NDArray[np.uint8]:
    """A figure's pixels, (y, x, 3)."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def learning_curves(path: Path, curves: dict[str, list[tuple[int, float]]], floor: float, words: str) -> None:
    """Curves by name, each with its name at its end, the level of the added noise, and what they say below."""
    figure = Figure(figsize=(8, 5.6), layout="constrained")
    axes = figure.subplots()
    ends = {}
    for number, (name, curve) in enumerate(curves.items()):
        style, colour = "--" if "against" in name else "-", f"C{number}"
        axes.plot(*zip(*curve, strict=True), linestyle=style, linewidth=1.8, color=colour)
        ends[name] = curve[-1], colour
    axes.set(xscale="log", yscale="log", xlabel="step", ylabel="share of the variance not yet drawn")
    axes.set_xlim(left=next(iter(curves.values()))[0][0])
    axes.axhline(floor, color="0.5", linewidth=1, linestyle=":")
    axes.annotate("the added noise", (0.01, floor), xycoords=("axes fraction", "data"), va="bottom", color="0.4")
    low, high = axes.get_ylim()
    heights = [np.log(value / low) / np.log(high / low) for (_, value), _ in ends.values()]
    for (name, ((step, value), colour)), height in zip(ends.items(), _apart(heights, 0.06), strict=True):
        axes.annotate(
            textwrap.fill(name, 24),
            xy=(step, value),
            xytext=(1.03, height),
            textcoords="axes fraction",
            color=colour,
            va="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6},
        )
    axes.grid(alpha=0.25, which="major")
    axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel(textwrap.fill(words, 100), fontsize=9.5, x=0.02, ha="left")
    figure.savefig(path, dpi=110)


def _apart(heights: list[float], least: float) -> list[float]:
    """The same heights, moved up where they would be nearer to each other than `least`."""
    placed = list(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    for lower, upper in itertools.pairwise(order):
        placed[upper] = max(placed[upper], placed[lower] + least)
    return placed
