"""Choice of a solver: a method in closed form has nothing to fit."""

from __future__ import annotations

from napari_deep_prior.core.compute.device import Device
from napari_deep_prior.core.methods import Config, Method
from napari_deep_prior.core.methods._closed_form import ClosedFormMethod
from napari_deep_prior.core.methods._network import NetworkConfig, NetworkMethod
from napari_deep_prior.core.sampling.chance import Chance
from napari_deep_prior.core.sampling.observation import Observation
from napari_deep_prior.core.solver.closed_form import ClosedFormSolver
from napari_deep_prior.core.solver.plane_solver import PlaneSolver
from napari_deep_prior.core.solver.solver import Solver
from napari_deep_prior.core.stopping import Criterion


def solver_for(
    observation: Observation, method: Method, config: Config, criterion: Criterion, device: Device, chance: Chance
) -> PlaneSolver:
    """A solver that has taken no step; arguments as for `Solver`."""
    if isinstance(method, ClosedFormMethod):
        return ClosedFormSolver(observation, method, config, device)
    assert isinstance(method, NetworkMethod)
    assert isinstance(config, NetworkConfig)
    return Solver(observation, method, config, criterion, device, chance)
