"""KeptNetwork: a network that has learnt, as plain arrays and values, for other images of the same microscope."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods._image import ImageConfig
from napari_deep_prior.core.methods._network import NetworkMethod
from napari_deep_prior.core.networks.build import network_with
from napari_deep_prior.core.networks.tiles import Tiled
from napari_deep_prior.core.results import NetworkUsed
from napari_deep_prior.core.run.shared.description import Description
from napari_deep_prior.core.solver.distillation import DistilledNetwork, frozen_student
from napari_deep_prior.core.solver.trained import TrainedNetwork

Weights = Mapping[str, NDArray[Any]]

_STUDENT = "student"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class KeptNetwork:
    """A network that has learnt, to be kept in a file and given to other fits.

    Attributes
    ----------
    description
        What it is and what it learnt on.
    weights
        Weights and frozen statistics by name, those of the first network of an ensemble after ``0.``, of a distilled one after
        ``student.``.
    """

    description: Description
    weights: Weights

    def __post_init__(self) -> None:
        self._networks(torch.device("cpu"))  # what does not fit together is refused before anybody uses it

    @classmethod
    def of(cls, trained: TrainedNetwork, description: Description, student: DistilledNetwork | None) -> KeptNetwork:
        """Of a network that draws, and one that was distilled from it."""
        networks = {str(member): network for member, network in enumerate(trained.networks)}
        if student is not None:
            networks[_STUDENT] = student.network
            description = dataclasses.replace(description, student=student.config.architecture, distilled=student.steps)
        weights = {
            f"{member}.{name}": np.array(values.detach().cpu().numpy(), order="C")
            for member, network in networks.items()
            if isinstance(network, Tiled)
            for name, values in network.network.state_dict().items()
        }
        return cls(description=description, weights=weights)

    def state_dict(self) -> dict[str, Any]:
        """Plain arrays, and plain values as JSON has them."""
        return {"description": self.description.as_dict(), "weights": dict(self.weights)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> KeptNetwork:
        """The inverse of `state_dict`.

        Raises
        ------
        ValueError
            If description and weights are damaged or do not fit each other.
        """
        return cls(description=Description.from_dict(state["description"]), weights=state["weights"])

    def named(self, name: str) -> KeptNetwork:
        """The same with the name of what it learnt on, such as a file's."""
        about = self.description
        learnt_on = dataclasses.replace(about.learnt_on, name=name)
        return KeptNetwork(description=dataclasses.replace(about, learnt_on=learnt_on), weights=self.weights)

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of all that it holds, by which a record names it; the same whatever file it is kept in."""
        digest = hashlib.sha256(json.dumps(self.description.as_dict(), sort_keys=True).encode())
        for name, array in sorted(self.weights.items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def title(self) -> str:
        """In words, what it is called in records."""
        source = self.description.learnt_on.name
        return f"the kept network {self.sha256[:8]}" + (f", which learnt from {source}" if source else "")

    def used(self) -> NetworkUsed:
        """As `Record.network` names it."""
        return {"sha256": self.sha256, "learnt_on": self.description.learnt_on.name}

    def trained(self, method: NetworkMethod, config: ImageConfig, device: Device) -> TrainedNetwork:
        """The network, to draw with; `method` and `config` as a fit of the same method would have them."""
        about = self.description
        own = dataclasses.replace(
            config,
            architecture=about.architecture,
            sampling=about.sampling,
            autocorrelation=about.autocorrelation,
            ensemble_size=about.members,
        )
        networks = [network for name, network in self._networks(device.torch).items() if name != _STUDENT]
        return TrainedNetwork(networks=networks, method=method, config=own, device=device, title=self.title)

    def student(self, trained: TrainedNetwork) -> DistilledNetwork | None:
        """The network that was distilled from `trained`, which is that of `KeptNetwork.trained`; None where none was."""
        about = self.description
        if about.student is None:
            return None
        network = self._networks(trained.device.torch)[_STUDENT].network
        return frozen_student(network, trained, steps=about.distilled, architecture=about.student)

    def _networks(self, device: torch.device) -> dict[str, Tiled]:
        about = self.description
        shapes = {str(member): (about.architecture, about.channels) for member in range(about.members)}
        if about.student is not None:
            shapes[_STUDENT] = (about.student, 2 * about.channels)
        weights = {member: dict[str, NDArray[Any]]() for member in shapes}
        for name, array in self.weights.items():
            member, _, rest = name.partition(".")
            if member not in weights:
                raise ValueError(f"{name} belongs to no network.")
            weights[member][rest] = array
        return {
            member: Tiled(
                network_with(shape, about.channels_in, channels, weights[member])
                .to(device)
                .eval()
                .requires_grad_(False),
                shape,
            )
            for member, (shape, channels) in shapes.items()
        }
