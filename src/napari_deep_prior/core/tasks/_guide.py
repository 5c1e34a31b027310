"""A guide: another picture of the same place, which the network is shown beside what it draws from.

Flash and no flash, a bright channel and a faint one: edges that the guide shows clearly need not be told from noise. In the
joint filters of the field (Petschnigg et al., SIGGRAPH 2004; He, Sun, Tang, Guided image filtering, ECCV 2010) the guide
decides what is averaged with what; here it is further channels of the network's input, and the fit finds out what
they are good for.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import torch
from typing_extensions import Doc

from napari_deep_prior.core.data.scaling import Scaling
from napari_deep_prior.core.parameters import Companion, FromLayer

Guide = Annotated[
    Companion | None,
    FromLayer("image"),
    Doc(
        "Another picture of the same place that shows its edges better, such as a cleaner channel: the network sees it too. "
        "Its brightness does not matter; look twice at what stands in both."
    ),
]


def check(guide: Companion | None) -> None:
    """Refuse a guide (y, x) that cannot guide.

    Raises
    ------
    ValueError
        If it holds no real numbers, holds NaN or infinite pixels, or all its pixels are alike.
    """
    if guide is None:
        return
    values = np.asarray(guide)
    if values.dtype.kind not in "buif":
        raise ValueError(f"The guide has dtype {values.dtype}: needs integers or real floating-point numbers.")
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise ValueError(f"The guide holds {bad} pixels that are NaN or infinite: replace them by numbers.")
    if values.size and values.min() == values.max():
        raise ValueError(
            f"The guide is constant: every pixel is {values.flat[0]}. It shows nothing: choose another one, or none."
        )


def shown(guide: Companion | None) -> torch.Tensor | None:
    """The guide as the network sees it: (1, 1, y, x) float32 in about [0, 1], from its darkest to its brightest structure."""
    if guide is None:
        return None
    plane = np.asarray(guide)[None].astype(np.float64)
    return Scaling.of(plane, np.ones(plane.shape[1:], np.bool_), together=False).to_tensor(plane)
