"""The laws every forward model obeys: shapes, linearity, adjointness, symmetries; over all of physics and the worked example."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import numpy as np
import pytest
import torch

from napari_deep_prior.core import physics
from napari_deep_prior.core.data.masks import Masks
from napari_deep_prior.core.imaging.symmetries import DIHEDRAL
from napari_deep_prior.core.physics.blur import Blur, UnknownBlur
from napari_deep_prior.core.physics.forward_model import ForwardModel, Identity
from napari_deep_prior.core.physics.jpeg_compression import JPEGRounding
from napari_deep_prior.core.physics.resampling import Downsampling
from napari_deep_prior.core.physics.stripes import Stripes
from napari_deep_prior.core.tasks import AbstractTask

Make = Callable[[torch.Tensor], ForwardModel]

FLAT = [(8, 8), (7, 12), (2, 3), (1, 9), (19, 17)]
DEEP = [(3, 7, 8), (1, 2, 5)]


def random(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).standard_normal(shape))


def kernel(*shape: int) -> torch.Tensor:
    values = random(*shape).abs()
    return values / values.sum()


MODELS: dict[str, tuple[Make, list[tuple[int, ...]]]] = {
    "identity": (lambda y: Identity(), FLAT + DEEP),
    "blur": (lambda y: Blur(kernel(3, 4), photons=False), FLAT),
    "blur of volumes": (lambda y: Blur(kernel(1, 2, 3), photons=True), DEEP),
    "unknown blur": (lambda y: UnknownBlur(y, torch.ones_like(y[:, :1]), kernel(5, 5), photons=False), FLAT),
    "lanczos": (lambda y: Downsampling(y, (2, 3), "lanczos"), FLAT + DEEP),
    "area": (lambda y: Downsampling(y, (1, 4), "area"), FLAT + DEEP),
    "columns": (lambda y: Stripes(y, vertical=True, length=3), FLAT),
    "rows": (lambda y: Stripes(y, vertical=False, length=64), FLAT),
    "rounding": (lambda y: JPEGRounding(y), FLAT),
}
"""How each is made for an observed image (1, c, [z,] y, x), and for which shapes."""

PLACES = [(name, shape) for name, (_, shapes) in MODELS.items() for shape in shapes] + [
    ("the worked example", shape) for shape in FLAT
]
NOT_LINEAR = "rounding"


@pytest.fixture
def model(request: pytest.FixtureRequest) -> tuple[ForwardModel, torch.Tensor]:
    """A model and the observed image it was made for."""
    name, shape = request.param
    observed = random(1, 1 if name == NOT_LINEAR else 3, *shape)
    if name in MODELS:
        return MODELS[name][0](observed), observed
    task: AbstractTask = request.getfixturevalue("example")()
    return task.forward_model(observed, Masks.of(observed[0].numpy())), observed


def of_all(places: list[tuple[str, tuple[int, ...]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("model", places, indirect=True, ids=str)


def relative_error(values: torch.Tensor, expected: torch.Tensor) -> float:
    return float((values - expected).detach().abs().mean() / expected.detach().abs().mean())


def input_for(model: ForwardModel, observed: torch.Tensor) -> torch.Tensor:
    return random(*observed.shape[:2], *model.input_shape(observed.shape[2:]))


def test_no_model_is_forgotten() -> None:
    modules = [importlib.import_module(f"{physics.__name__}.{m.name}") for m in pkgutil.iter_modules(physics.__path__)]
    classes = {c for module in modules for _, c in inspect.getmembers(module, inspect.isclass)}
    models = {c for c in classes if issubclass(c, ForwardModel) and not inspect.isabstract(c)}
    assert models == {type(make(random(1, 1, *shapes[0]))) for make, shapes in MODELS.values()}


@of_all(PLACES)
def test_it_maps_its_input_to_the_observed_grid_and_upsample_leads_back(model) -> None:
    forward, observed = model
    x = input_for(forward, observed)
    before = x.clone()
    result = forward(x)
    assert result.shape == observed.shape
    assert result.dtype == x.dtype
    assert torch.equal(x, before)
    assert forward.upsample(observed).shape == x.shape
    assert forward.remove_nuisance(observed).shape == observed.shape
    assert all(isinstance(n, int) and n > 0 for n in forward.output_shape(observed.shape[2:]))


@of_all([place for place in PLACES if place[0] != NOT_LINEAR])
def test_it_is_linear_but_for_what_it_adds_and_autograd_gives_its_adjoint(model) -> None:
    forward, observed = model
    x, v = input_for(forward, observed), observed
    added = forward(torch.zeros_like(x))

    def linear(x: torch.Tensor) -> torch.Tensor:
        return forward(x) - added

    z = x.flip(-1) + 0.5
    assert relative_error(linear(2 * x - 3 * z), 2 * linear(x) - 3 * linear(z)) < 1e-9
    degraded, transposed = torch.autograd.functional.vjp(linear, x, v)
    difference = (degraded * v).sum() - (x * transposed).sum()
    assert abs(difference) < 1e-9 * (degraded * v).abs().sum()


@of_all(PLACES)
def test_one_that_commutes_with_symmetries_does_so(model) -> None:
    forward, observed = model
    x = input_for(forward, observed)
    if forward.commutes_with_symmetries:
        for there, _ in DIHEDRAL:
            assert relative_error(forward(there(x)), there(forward(x))) < 1e-9


@of_all(PLACES)
def test_of_the_true_image_no_residual_is_left(model) -> None:
    forward, observed = model
    wanted = random(*observed.shape[:2], *forward.output_shape(observed.shape[2:]))
    if isinstance(forward, JPEGRounding):
        assert torch.equal(forward.residual(observed, wanted), observed - wanted)
        return
    edges = [side for side in reversed(forward.margin) for _ in range(2)]
    seen = forward(torch.nn.functional.pad(wanted, edges, mode="replicate") if any(edges) else wanted)
    assert not forward.residual(seen.detach(), wanted).any()
    if next(forward.parameters(), None) is None:
        assert relative_error(forward.residual(seen + observed, wanted), observed) < 1e-9
