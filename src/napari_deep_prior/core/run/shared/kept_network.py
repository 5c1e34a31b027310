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
from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.networks.build import network_with
from napari_deep_prior.core.networks.tiles import Tiled
from napari_deep_prior.core.results import NetworkUsed
from napari_deep_prior.core.run.shared.description import Description
from napari_deep_prior.core.solver.distillation import DistilledNetwork
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
    weights: Weights = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        for name in self.weights:
            if name.partition(".")[0] not in self._shapes:
                raise ValueError(f"{name} belongs to no network.")
        for member in self._shapes:
            self._network(member, torch.device("cpu"))  # what does not fit together is refused before anybody uses it

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
        networks = [self._network(str(member), device.torch) for member in range(about.members)]
        return TrainedNetwork(networks=networks, method=method, config=own, device=device, title=self.title)

    def student(self, trained: TrainedNetwork) -> DistilledNetwork | None:
        """The network that was distilled from `trained`, which is that of `KeptNetwork.trained`; None where none was."""
        about = self.description
        if about.student is None:
            return None
        network = self._network(_STUDENT, trained.device.torch)
        return DistilledNetwork(network=network, teacher=trained, steps=about.distilled)

    @property
    def _shapes(self) -> dict[str, tuple[Architecture, int]]:
        """Of each network, by what its weights are named after: its shape, and the channels that it draws."""
        about = self.description
        shapes = {str(member): (about.architecture, about.channels) for member in range(about.members)}
        return shapes if about.student is None else {**shapes, _STUDENT: (about.student, 2 * about.channels)}

    def _network(self, member: str, device: torch.device) -> Tiled:
        shape, channels = self._shapes[member]
        own = {
            rest: array
            for name, array in self.weights.items()
            for first, _, rest in [name.partition(".")]
            if first == member
        }
        return Tiled.frozen(network_with(shape, self.description.channels_in, channels, own).to(device), shape)
