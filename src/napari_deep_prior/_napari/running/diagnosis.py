"""What the engine says of a result. It is loaded at the first question: with it comes torch, which may be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_deep_prior.core.diagnostics.trust import Trust
    from napari_deep_prior.core.results import Result


def diagnose(observed: NDArray[Any], result: Result, fit: Any) -> Trust:
    """What speaks for and against it."""
    from napari_deep_prior.core.diagnostics.trust import examine

    return examine(observed, result, fit.task, fit.axes)


def residual_of(observed: NDArray[Any], result: Result, fit: Any) -> NDArray[np.float32]:
    """The image minus the result."""
    from napari_deep_prior.core.diagnostics.residual import residual

    return residual(observed, result.image, fit.task, fit.axes)
