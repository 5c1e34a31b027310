"""The experiment behind the method: a network draws shapes sooner than noise (Ulyanov et al. 2018, figure 2).

Four targets of the same brightness and contrast are fitted by the same network: an image, the same with noise, its pixels
shuffled, and white noise. How fast each misfit falls shows what the network finds easy, and so when to stop.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_deep_prior.core.data.axes import Axes, check_image
from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.random_streams import numpy_stream
from napari_deep_prior.core.results import StopReason
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.validation import check_plane
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks.denoise import Denoise
from napari_deep_prior.demo import pictures
from napari_deep_prior.workflows.restore_file import Watch

IMAGE, NOISY, SHUFFLED, NOISE = "image", "image + noise", "its pixels shuffled", "white noise"
FILES = TABLE, PICTURE = "learning-curves.csv", "learning-curves.png"
"""What `make` writes."""

ERROR = "image + noise, against the image without"

Curve = list[tuple[int, float]]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What is to be drawn, by name, each in the caller's axis order; `floor` is the noise's share of the noisy image's variance."""

    arrays: dict[str, NDArray[np.float32]]
    axes: Axes
    floor: float


def targets(image: NDArray[np.generic], axes: Axes | str | None, *, size: int, noise: float, seed: int = 0) -> Targets:
    """The four targets, made from the middle of an image; of a stack its first plane is taken.

    Parameters
    ----------
    image, axes
        As for `Fit`.
    size
        Edge of the part that is used, in pixels.
    noise
        Standard deviation of the added Gaussian noise, as a share of the image's range.

    Raises
    ------
    TypeError, ValueError
        As `Fit`.
    """
    found = Axes.of(image, axes)
    check_image(image, found)
    plane = found.to_cyx(image[found.planes(image.shape)[0]])
    own = Axes("".join(letter for place, letter in enumerate(found.letters) if place not in found.stack))
    top, left = (max(0, (n - size) // 2) for n in plane.shape[1:])
    clean = plane[:, top : top + size, left : left + size].astype(np.float64)
    everywhere = np.ones(clean.shape[1:], np.bool_)
    check_plane(clean, everywhere)
    draw = numpy_stream(seed, "targets")
    gain = Scaling.of(clean, everywhere, together="S" in found.letters).gain
    mean, deviation = clean.mean((1, 2), keepdims=True), clean.std((1, 2), keepdims=True)
    channels, rows, columns = clean.shape
    shuffled = draw.permutation(clean.reshape(channels, -1), axis=1).reshape(clean.shape)
    arrays = {
        IMAGE: clean,
        NOISY: clean + noise * gain * draw.standard_normal(clean.shape),
        SHUFFLED: shuffled,
        NOISE: mean + deviation * draw.standard_normal((channels, rows, columns)),
    }
    variance = float(np.mean((deviation / gain) ** 2))
    made = {name: own.from_cyx(array.astype(np.float32)) for name, array in arrays.items()}
    return Targets(made, own, noise**2 / (noise**2 + variance))


def measure(what: Targets, settings: Settings, *, watch: Watch = iter) -> dict[str, Curve]:
    """Fit each target and say, step by step, which share of its variance is not drawn yet.

    Beside the four curves comes the one that can be known only because the noise was added here: how far what is drawn of
    the noisy image is from the image without noise (`ERROR`).

    Raises
    ------
    KeyboardInterrupt
        If a fit is stopped before its end.
    """
    curves: dict[str, Curve] = {}
    truth = what.arrays[IMAGE]
    for name, array in what.arrays.items():
        fit = Fit(array, Denoise(), settings, axes=what.axes)
        scaled = _scaled(array, what.axes, like=array)
        error: Curve = []
        for snapshot in watch(fit):
            if name == NOISY and snapshot.image is not None and snapshot.iteration:
                off = _scaled(snapshot.image, what.axes, like=array) - _scaled(truth, what.axes, like=array)
                error.append((snapshot.iteration, float(np.mean(off**2) / _variance(scaled))))
        result = fit.result
        if result.reason is StopReason.REQUESTED:
            raise KeyboardInterrupt
        curves[name] = [(point.iteration, point.loss / _variance(scaled)) for point in result.curve]
        if error:
            curves[ERROR] = error
    return curves


def _scaled(array: NDArray[np.generic], axes: Axes, like: NDArray[np.generic]) -> NDArray[np.float64]:
    """(c, y, x) in the units in which a fit of `like` tells its misfit."""
    model = axes.to_cyx(like)
    scaling = Scaling.of(model, np.ones(model.shape[1:], np.bool_), together="S" in axes.letters)
    scaled: NDArray[np.float64] = (axes.to_cyx(array).astype(np.float64) - scaling.offset) / scaling.gain
    return scaled


def _variance(scaled: NDArray[np.float64]) -> float:
    return float(scaled.var((1, 2)).mean())


def lesson(curves: dict[str, Curve], floor: float) -> str:
    """What these curves say about stopping, in a sentence or two."""
    steps = curves[NOISY][-1][0]
    below = [step for step, left in curves[NOISY] if left < floor]
    error = curves.get(ERROR, [])
    best = min(error, key=lambda point: point[1])[0] if error else steps
    words = "Shapes are drawn sooner than noise. "
    if below:
        words += (
            f"Of the noisy image less is left than its noise from step {below[0]} on: by then noise is being drawn. "
        )
    else:
        words += f"In {steps} steps the noise was not drawn: more of them would show when that begins. "
    if best < 0.9 * steps:
        words += f"It was nearest to the image without noise at step {best}: the time to stop."
    return words.strip()


def make(
    folder: Path, what: Targets, settings: Settings, *, say: Callable[[str], object], watch: Watch = iter
) -> list[Path]:
    """Measure, and write the curves as a picture and as a table into `folder`, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    curves = measure(what, settings, watch=watch)
    table, picture = folder / TABLE, folder / PICTURE
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["curve", "step", "share of the variance left"])
        writer.writerows((name, step, f"{left:.6g}") for name, curve in curves.items() for step, left in curve)
    words = lesson(curves, what.floor)
    pictures.learning_curves(picture, curves, what.floor, words)
    say(f"{words}\nWritten: {picture}, {table}\n")
    return [picture, table]
