"""Networks in files: one that has learnt is kept, read and given to runs that name its file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_deep_prior.core.results import Record
from napari_deep_prior.core.run.fit import Fit
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask
from napari_deep_prior.files.tensors import ENDING, check_tensors_place, read_tensors, write_tensors

_KIND, _DESCRIPTION, _HASH = "napari-deep-prior network", "description", "sha256"
"""Names of the texts in a file."""


def write_network(path: Path | str, network: KeptNetwork, *, overwrite: bool = False) -> None:
    """Keep a network in a file of the format safetensors: weights, and JSON that describes them; no code.

    Parameters
    ----------
    path
        Ends with ``.safetensors``.
    network
        `Fit.network` of a fit in which one learnt for all planes.
    overwrite
        Replace what is there.

    Raises
    ------
    OSError
        If it cannot be written, or is there and may not be replaced.
    """
    state = network.state_dict()
    texts = {_KIND: "1", _DESCRIPTION: json.dumps(state["description"], sort_keys=True), _HASH: network.sha256}
    write_tensors(Path(path), state["weights"], texts, overwrite=overwrite)


def read_network(path: Path | str) -> KeptNetwork:
    """Read a network, to be given to `restore` as ``network=``, or to `Fit.drawn_by`.

    Parameters
    ----------
    path
        A file that `write_network`, the window or ``--keep-network`` has written.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it holds no network of this program, one of another version, or is damaged.
    """
    path = Path(path)
    weights, texts = read_tensors(path)
    if _DESCRIPTION not in texts or _KIND not in texts:
        raise ValueError(f"{path} holds no network of napari-deep-prior: needs a file that it has written.")
    try:
        network = KeptNetwork.from_state({"description": json.loads(texts[_DESCRIPTION]), "weights": weights})
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} holds a network that cannot be used: {error}") from error
    if network.sha256 != texts.get(_HASH):
        raise ValueError(f"{path} is damaged: its values are not those that were written.")
    return network


def network_of(settings: Settings, beside: Path = Path()) -> KeptNetwork | None:
    """The network that settings name; None where they name no file. Raises as `read_network`."""
    return None if settings.network_file is None else read_network(beside / settings.network_file)


def make_fit(image: Any, task: AbstractTask, settings: Settings, *, axes: str | None = None, first: int = 0) -> Fit:
    """A fit, with the network that the settings may name. Raises as `read_network` and `Fit`."""
    return Fit(image, task, settings, axes=axes, first=first).drawn_by(network_of(settings))


def to_keep(settings: Settings, path: Path, *, overwrite: bool) -> Settings:
    """The settings of a run whose network is to be kept: one learns for all planes, also of a single image.

    Raises
    ------
    OSError, ValueError
        If the file could not be written, or no network is to learn.
    """
    check_tensors_place(path, overwrite=overwrite)
    if settings.network not in ("auto", "shared"):
        raise ValueError(f"network = {settings.network!r}: there is none to keep in {path}. Leave it at 'auto'.")
    return dataclasses.replace(settings, network="shared")


def recorded_network(record: Record, places: Sequence[Path]) -> KeptNetwork | None:
    """The kept network that drew a result, of the files in these places; None where none drew it.

    Raises
    ------
    ValueError
        If none of them is that network.
    """
    if record.network is None:
        return None
    wanted = record.network["sha256"]
    for path in places:
        if path.suffix.lower() == ENDING and path.exists() and (network := read_network(path)).sha256 == wanted:
            return network
    raise ValueError(
        f"The result was drawn by the network {wanted}, which is not among the files that were given or named: add its file with "
        "--companions."
    )
