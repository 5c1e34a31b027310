"""What the result layer is to be; described like every other parameter, so that the form can show it."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from typing_extensions import Doc

from napari_deep_prior.core.parameters import Parameters


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Output(Parameters):
    """How the result is written into its layer."""

    dtype: Annotated[
        Literal["float32", "input"],
        Doc(
            "Number type of the result. float32: as computed, in the image's own units. "
            "input: the image's own type; whole numbers are rounded and clipped."
        ),
    ] = "float32"
