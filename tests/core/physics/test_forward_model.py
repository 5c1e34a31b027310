"""What a forward model is unless it says otherwise, and how its margin enters. Its laws are in test_laws.py."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from napari_deep_prior.core.physics.forward_model import ForwardModel, Identity


class Shifted(ForwardModel):
    """The pixel to the right, seen at each place."""

    @property
    def margin(self) -> tuple[int, ...]:
        return 0, 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., 2:]


class Brighter(ForwardModel):
    """An unknown offset."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.tensor(1.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.offset


def test_unless_it_says_otherwise_nothing_is_known_of_it() -> None:
    observed = torch.rand(1, 2, 4, 5)
    for model in (Shifted(), Brighter()):
        assert not model.commutes_with_symmetries
        assert model.remove_nuisance(observed) is observed
        assert model.initial_estimate(observed, torch.ones(1, 1, 4, 5)) is None
        assert model.output_shape((4, 5)) == (4, 5)
    with pytest.raises(TypeError, match="abstract"):
        ForwardModel()


def test_the_margin_is_drawn_beyond_both_edges_and_goes_on_as_the_image_ends() -> None:
    model, observed = Shifted(), torch.arange(6.0).view(1, 1, 2, 3)
    assert model.input_shape((2, 3)) == (2, 5)
    upsampled = model.upsample(observed)
    assert upsampled[0, 0].tolist() == [[0, 0, 1, 2, 2], [3, 3, 4, 5, 5]]
    assert model(upsampled)[0, 0].tolist() == [[1, 2, 2], [4, 5, 5]]
    assert model.residual(observed, observed)[0, 0].tolist() == [[-1, -1, 0], [-1, -1, 0]]


def test_an_estimated_model_tells_no_residual() -> None:
    observed = torch.rand(1, 1, 4, 5)
    assert not Brighter().residual(observed, 0 * observed).any()
    assert torch.equal(Identity().residual(observed, 0 * observed), observed)
