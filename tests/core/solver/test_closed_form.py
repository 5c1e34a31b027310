"""A solver without a network: one step, and back."""

from __future__ import annotations

import numpy as np
import torch

from napari_deep_prior import Denoise, Fit, Settings, StopReason

NOISY = (np.linspace(50, 200, 40) + np.random.default_rng(0).normal(0, 9, (32, 40))).astype(np.float32)


def ended() -> Fit:
    fit = Fit(NOISY, Denoise(), Settings(preset="instant", device="cpu"))
    for _ in fit:
        pass
    return fit


def test_going_on_changes_nothing() -> None:
    fit = ended()
    once = fit.result.image
    fit.resume()
    for _ in fit:
        pass
    np.testing.assert_array_equal(fit.result.image, once)
    assert fit.result.reason is StopReason.COMPUTED


def test_a_copy_of_the_state_brings_everything_back() -> None:
    solver = ended()._current.solver._members[0]
    state, image = solver.state_dict(), solver.image
    solver.image, solver.iteration = torch.zeros_like(image), 7
    solver.load_state_dict(state)
    assert solver.iteration == 1
    assert torch.equal(solver.image, image)
    assert solver.size == 2 * NOISY.nbytes


def test_what_is_not_finite_has_led_nowhere() -> None:
    solver = ended()._current.solver._members[0]
    assert not solver.diverged()
    solver.image = solver.image * torch.inf
    assert solver.diverged()
