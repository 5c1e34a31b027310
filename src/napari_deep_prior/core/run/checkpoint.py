"""Checkpoints on disk: all that a run has reached, in one file, from which a new fit goes on with the same steps."""

from __future__ import annotations

import json
import tokenize
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.results import RunError
from napari_deep_prior.core.run.fit import Fit

SCHEMA = 2
"""Version of what a checkpoint holds. It is raised whenever a state gets another key or another meaning."""

_JSON = "json"
"""Name of the array that holds the text: what is no array."""

_DAMAGES = (
    *(LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, EOFError, zipfile.BadZipFile),
    *(tokenize.TokenError, SyntaxError),  # numpy parses headers as Python
)
"""What numpy, PyTorch and the reading of what they give raise for a file that is none of ours."""

Arrays = dict[str, NDArray[Any]]


def save_state(state: Mapping[str, Any], path: Path) -> None:
    """Write tensors, arrays, numbers and text, nested in mappings and lists, as `load_state` reads them: as npz, no code.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    arrays: Arrays = {}
    text = json.dumps(_packed(state, arrays))
    named: dict[str, Any] = {_JSON: np.frombuffer(text.encode(), np.uint8), **arrays}
    with path.open("wb") as file:  # a path without the ending .npz would be given it
        np.savez(file, **named)


def load_state(path: Path) -> dict[str, Any]:
    """What `save_state` wrote.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is none of ours, or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            found: dict[str, Any] = _unpacked(json.loads(bytes(stored[_JSON])), stored)
            return found
    except (ValueError, *_DAMAGES) as error:
        raise ValueError(f"{path} is damaged ({error}): start anew without it.") from error


def save(fit: Fit, path: Path) -> None:
    """Write what a fit has reached. To be called between two of its snapshots.

    Parameters
    ----------
    fit
        A run that has begun.
    path
        Is replaced if it is there. A file of NumPy's format npz: arrays, and JSON in one of them; no code.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    state = fit.state_dict()
    save_state({"origin": _origin(fit, state), "state": state}, path)


def load(fit: Fit, path: Path) -> None:
    """Let a fit go on from a checkpoint; the same bits follow on the same processor with the same number of threads.

    Parameters
    ----------
    fit
        Of the same image, task and settings. It has not begun yet, and cannot be used if the checkpoint is refused.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no checkpoint, damaged, or one of another run: the message says what differs.
    """
    try:
        content = load_state(path)
        origin, state = content["origin"], content["state"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no checkpoint, or damaged ({error}): start anew without it.") from error
    _check_same(origin, _origin(fit, fit.state_dict()))
    try:
        fit.load_state_dict(state)
    except (RunError, *_DAMAGES) as error:
        raise ValueError(f"{path} is damaged ({error!r}): start anew without it.") from error


def _origin(fit: Fit, state: dict[str, Any]) -> dict[str, Any]:
    """What must be the same for the same steps to follow; the pixels of the image are compared by the fit itself."""
    kind = {name: state["stack"]["image"][name] for name in ("shape", "dtype")}
    return {**fit.origin.for_same_bits(), "image": kind, "schema": SCHEMA}


def _check_same(then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if found := next(differences(then, now), None):
        name, before, here = found
        raise ValueError(
            f"The checkpoint is of another run: {name} was {shown(before)} there and is {shown(here)} here. "
            "Repeat that run's command, or start anew without the checkpoint."
        )


def differences(then: Any, now: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Name and both values of each that differs, in nested mappings."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in sorted({*then, *now}):
            yield from differences(then.get(key), now.get(key), f"{name}.{key}" if name else key)
    elif then != now:
        yield name, then, now


def _packed(value: Any, arrays: Arrays) -> Any:
    """The value as JSON has it, its arrays and tensors put into `arrays`."""
    if isinstance(value, torch.Tensor):
        # The order in memory is kept: kernels add in another order where channels come last.
        order = sorted(range(value.ndim), key=value.stride().__getitem__, reverse=True)
        stored = value.detach().cpu().permute(order).contiguous().numpy()
        return {"tensor": _put(stored, arrays), "order": order}
    if isinstance(value, np.ndarray):
        return {"array": _put(value, arrays)}
    if isinstance(value, Mapping):
        return {"mapping": {name: _packed(item, arrays) for name, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_packed(item, arrays) for item in value]
    return value


def _put(array: NDArray[Any], arrays: Arrays) -> str:
    name = f"array{len(arrays)}"
    arrays[name] = array
    return name


def _unpacked(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The inverse of `_packed`."""
    if isinstance(value, list):
        return [_unpacked(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "mapping" in value:
        return {name: _unpacked(item, arrays) for name, item in value["mapping"].items()}
    if "array" in value:
        return arrays[value["array"]]
    order = value["order"]
    return torch.from_numpy(arrays[value["tensor"]]).permute([order.index(axis) for axis in range(len(order))])
