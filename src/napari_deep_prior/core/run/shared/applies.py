"""Whether a kept network is for the image, the task and the settings of another run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from napari_deep_prior.core.data.axes import Axes
from napari_deep_prior.core.parameters import shown
from napari_deep_prior.core.run.provenance import fingerprint
from napari_deep_prior.core.run.shared.description import Description, plain_parameters
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.settings import Settings
from napari_deep_prior.core.tasks import AbstractTask


def check_network(
    network: KeptNetwork, task: AbstractTask, settings: Settings, axes: Axes, shape: Sequence[int]
) -> None:
    """Refuse, before anything starts, a network that learnt something else than this run is for, and settings that need none.

    Raises
    ------
    TypeError, ValueError
        In words: what the network is for, what is asked for, and what to do.
    """
    if not isinstance(network, KeptNetwork):
        raise TypeError(f"network = {shown(network)}: needs what read_network(...) returns, or the network of a fit.")
    if settings.network in ("each", "shared"):
        raise ValueError(
            f"network = {settings.network!r}, and a network is given: leave the setting at 'auto', or the network out."
        )
    for learnt, asked in (*_of_task(network.description, task), *_of_run(network.description, settings, axes, shape)):
        raise ValueError(
            f"The network learnt {learnt}, and {asked}: it cannot be applied. Leave it out, and one learns from this image."
        )


def _of_task(about: Description, task: AbstractTask) -> Iterator[tuple[str, str]]:
    """What the network learnt and what is asked for instead, as far as it is a matter of the task."""
    then, now = about.task, {"name": task.command(), **plain_parameters(task)}
    for name in sorted({*then, *now}, key=lambda name: (name != "name", name)):
        if then.get(name) != now.get(name):
            what = "task" if name == "name" else name
            yield f"with {what} = {shown(then.get(name))}", f"{what} = {shown(now.get(name))} is asked for"
    arrays = task.companions()
    for name, found in about.companions.items():
        if name not in arrays or fingerprint(np.asarray(arrays[name])) != found:
            yield f"with another {name}", f"depends on the {name}"
    if about.guided and task.guide_image() is None:
        yield "with a guide", "there is none"
    if not about.guided and task.guide_image() is not None:
        yield "without a guide", "there is one"


def _of_run(about: Description, settings: Settings, axes: Axes, shape: Sequence[int]) -> Iterator[tuple[str, str]]:
    """The same, as far as it is a matter of the image and the settings."""
    volumes = about.architecture.dims == 3
    if settings.volume != volumes:
        yield ("volumes", "planes are asked for") if volumes else ("planes", "volumes are asked for")
    channels = 1 if axes.channel is None else shape[axes.channel]
    if channels != about.channels:
        yield f"images of {about.channels} channel{'s' if about.channels > 1 else ''}", f"this one has {channels}"
    if settings.method not in ("auto", about.method):
        yield f"by the method {about.method}", f"the method {settings.method} is asked for"
    if settings.preset in ("instant", "paper"):
        yield "in its own way", f"the preset {settings.preset} is asked for"
    reach = about.context.reach
    if settings.context not in ("auto", 0, reach):
        yield f"with {reach or 'no'} neighbouring planes on each side", f"{settings.context} are asked for"
