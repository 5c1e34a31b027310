"""A failed run in words for the user; the log has the rest (napari: Help > Show Logs)."""

from __future__ import annotations

import logging
import traceback

from napari_deep_prior.core.results import Diverged, OutOfMemory, RunError

_ADVICE = {
    OutOfMemory: "Then press Run.",
    Diverged: "Under Advanced, set a lower learning rate or another seed, then press Run.",
}


def describe(error: Exception, *, refused: bool) -> str:
    """What happened and what to do next."""
    logging.getLogger(__name__).error("The restoration failed.", exc_info=error)
    traceback.clear_frames(error.__traceback__)  # whoever keeps the log's entry would keep the network
    if isinstance(error, MemoryError):
        error = OutOfMemory("There is not enough memory for this image: crop it, or close other programs.")
    if isinstance(error, RunError):
        return " ".join([str(error), _ADVICE.get(type(error), "")]).strip()
    if isinstance(error, ValueError) or (refused and isinstance(error, TypeError)):
        return str(error)
    return f"Something unexpected went wrong ({type(error).__name__}: {error}). Details: Help > Show Logs."
