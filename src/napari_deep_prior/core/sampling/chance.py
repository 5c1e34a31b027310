"""Chance: the random generators of one fit, each with a name and a use of its own."""

from __future__ import annotations

import dataclasses

import torch

from napari_deep_prior.core.random_streams import torch_stream


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chance:
    """The random generators of one member of an ensemble on one plane.

    Attributes
    ----------
    code
        Draws the fixed code. On the CPU, so that every device starts alike. The same for all planes of a stack: a network
        that goes on from plane to plane has learnt what this code means.
    weights
        Draws the network's first weights. On the CPU, and the same for all planes.
    places
        Draws patches, symmetries and hole masks. On the CPU, so that every device looks at the same places.
    noise
        Draws hidden pixels and added noise. On the device.
    hold_out
        Draws what is kept out of the fit. On the CPU. The same for all members, which are judged together, and another for
        each plane, so that no place is kept out of a whole stack.
    """

    code: torch.Generator
    weights: torch.Generator
    places: torch.Generator
    noise: torch.Generator
    hold_out: torch.Generator

    @classmethod
    def of(cls, seed: int, *, plane: int = 0, member: int = 0, device: torch.device, purpose: str = "") -> Chance:
        """The generators of a member on a plane; those of another purpose than a fit or a drawing share no stream with these."""
        return cls(
            code=torch_stream(seed, "code", member=member),
            weights=torch_stream(seed, "weights", member=member),
            places=torch_stream(seed, f"{purpose}places", plane=plane, member=member),
            noise=torch_stream(seed, f"{purpose}noise", plane=plane, member=member, device=device),
            hold_out=torch_stream(seed, "hold-out", plane=plane),
        )

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Where the generators are that are used during a fit."""
        return {"places": self.places.get_state(), "noise": self.noise.get_state()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Set these generators back."""
        self.places.set_state(state["places"])
        self.noise.set_state(state["noise"])
