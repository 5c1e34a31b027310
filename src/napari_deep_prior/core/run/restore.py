"""restore(): a fit run to its end."""

from __future__ import annotations

from typing import Any

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.results import Result
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
) -> Result:
    """Restore an image: a `Fit` run to its end. Parameters and errors as for `Fit`; `network`, a kept one, draws the image."""
    fit = Fit(image, task, settings, axes=axes).drawn_by(network)
    for _ in fit:
        pass
    return fit.result
