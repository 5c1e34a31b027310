"""Writer: an image layer saved by napari's own Save, with its axes, its place and, of a result, the record of its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_deep_prior._napari.layers.saved_record import write_layer
from napari_deep_prior._napari.layers.source import KEY


def write_image(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Save a layer as OME-Zarr or OME-TIFF, replacing what is there: napari has asked.

    Parameters
    ----------
    path
        Where to; the ending says the format.
    data, attributes
        Of the layer, as napari hands them to writers.

    Returns
    -------
    list of str
        The path.

    Raises
    ------
    OSError, ValueError
        If it cannot be written, or the file is the one that a result was made from.
    """
    from napari.layers import Image  # here, so that the manifest can be read without a window

    layer = Image(data, **attributes)
    record = layer.metadata.get(KEY)
    source = record.get("source") if record else None
    if source and Path(path).exists() and Path(source).exists() and Path(path).samefile(source):
        raise ValueError(f"{path} is the file that this result was made from: choose another name.")
    write_layer(layer, record, Path(path))
    return [path]
