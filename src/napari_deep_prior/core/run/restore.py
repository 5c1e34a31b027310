"""restore(): a fit run to its end."""

from __future__ import annotations

from typing import Any

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.data.labelled import labelled_result
from napari_deep_prior.core.data.sink import ArraySink
from napari_deep_prior.core.diagnostics.input_notes import warn_of_input
from napari_deep_prior.core.results import Result
from napari_deep_prior.core.run.arguments import as_image
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask


def restore(
    image: Any,
    task: AbstractTask | None = None,
    *,
    axes: Axes | str | None = None,
    settings: Settings | None = None,
    network: KeptNetwork | None = None,
    out: Any = None,
) -> Result:
    """Restore an image: a `Fit` run to its end. Parameters and errors as for `Fit`; `network`, a kept one, draws the image.

    Parameters
    ----------
    image
        As for `Fit`. That of a labelled array (xarray) has its names, coordinates and attributes. `restore_lazily` returns arrays that
        are computed when they are asked for.
    out
        Where the result is written plane by plane, for stacks that do not fit into memory: an array of the result's shape with
        floating-point numbers, such as one of zarr, HDF5 or `numpy.memmap`. `Result.image` is this array then, and uncertainty and invented
        pixels are None. For these too, give an `ArraySink` of arrays.
    """
    fit = Fit(image, task, settings, axes=axes).drawn_by(network)
    warn_of_input(as_image(image), fit.axes, fit.task, fit.settings)
    if out is not None:
        fit.hand_on_to(out if isinstance(out, ArraySink) else ArraySink(out))
    for _ in fit:
        pass
    return fit.result if out is not None else labelled_result(image, fit.result)
