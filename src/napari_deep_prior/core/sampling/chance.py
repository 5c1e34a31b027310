"""Chance: the random generators of one fit, each with a name and a use of its own."""

from __future__ import annotations

import dataclasses

import torch


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chance:
    """The random generators of one member of an ensemble on one plane.

    Attributes
    ----------
    weights
        Draws the fixed code and the network's weights. On the CPU, so that every device starts alike.
    places
        Draws patches, symmetries and hole masks. On the CPU, so that every device looks at the same places.
    noise
        Draws hidden pixels and added noise. On the device.
    hold_out
        Draws what is kept out of the fit. On the CPU; the same for all members.
    """

    weights: torch.Generator
    places: torch.Generator
    noise: torch.Generator
    hold_out: torch.Generator

    @classmethod
    def of(cls, seed: int, *, plane: int = 0, member: int = 0, device: torch.device) -> Chance:
        """The generators of a member; hold-out differs from plane to plane, so that no place is kept out of a whole stack."""
        own = seed + member
        return cls(
            weights=torch.Generator().manual_seed(own),
            places=torch.Generator().manual_seed(own + 1),
            noise=torch.Generator(device).manual_seed(own + 2),
            hold_out=torch.Generator().manual_seed(seed + 3 + plane),
        )

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Where the generators are that are used during a fit."""
        return {"places": self.places.get_state(), "noise": self.noise.get_state()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Set these generators back."""
        self.places.set_state(state["places"])
        self.noise.set_state(state["noise"])
