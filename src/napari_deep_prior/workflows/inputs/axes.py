"""Which axis of an image is which: as its file says, or as somebody says for it."""

from __future__ import annotations

import dataclasses

from napari_deep_prior import files


def with_axes(picture: files.Picture, given: str | None, *, override: bool) -> files.Picture:
    """The image with axes that hold, and a note where they are others than were given.

    Parameters
    ----------
    picture
        As its file says; its axes may be unknown, or one of them a row of pages, ``Q``, of unknown meaning.
    given
        One letter for each axis.
    override
        Whether those hold also where the file says otherwise.
    """
    told = picture.axes
    if not given:
        return picture
    if override or told is None or _leaves_open(told, given):
        return dataclasses.replace(picture, axes=given.upper())
    if len(told) != len(given) or told == given.upper():
        return picture
    note = f"The file says that its axes are {told}: it is read so, not as {given.upper()}, which is for files that do not say it."
    return dataclasses.replace(picture, notes=(*picture.notes, note))


def _leaves_open(told: str, given: str) -> bool:
    """Whether a file does not say what one of so many axes is."""
    return "Q" in told and len(told) == len(given)
