"""Share(): the network for all planes of a stack, one that learns from them or a kept one; and which of them is to be kept."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import numpy as np

from napari_deep_prior.core.results import Fingerprint, PlannedSteps
from napari_deep_prior.core.run.plan import Plan, plan_for
from napari_deep_prior.core.run.provenance import Origin
from napari_deep_prior.core.run.shared.applied_network import AppliedNetwork, apply_network
from napari_deep_prior.core.run.shared.context import choose_context
from napari_deep_prior.core.run.shared.kept_network import KeptNetwork
from napari_deep_prior.core.run.shared.pieces import Pieces, Seen
from napari_deep_prior.core.run.shared.planes import SIDE, is_large, refusal_to_share, shared_partner
from napari_deep_prior.core.run.shared.shared_network import SharedNetwork
from napari_deep_prior.core.run.throttle import Clock
from napari_deep_prior.core.settings import Settings

_LEARNT_PIXELS, _FEWEST, _MOST = 2**22, 4, 32
"""Pixels of all planes together from which the network learns, and the fewest and the most planes."""

OneNetwork = SharedNetwork | AppliedNetwork


def network_to_keep(network: OneNetwork | None, origin: Origin, image: Fingerprint) -> KeptNetwork:
    """The network that drew the planes of an image.

    Raises
    ------
    ValueError
        If there was none, or it has not learnt yet.
    """
    if network is None:
        raise ValueError(
            "There is no network to keep: the image had a fit of its own. Choose network = 'shared', and one learns that can be kept."
        )
    return network.kept(origin, image)


def share(
    pieces: Pieces,
    first: Seen,
    plan: Plan,
    settings: Settings,
    *,
    replay: PlannedSteps | None = None,
    clock: Clock = time.perf_counter,
) -> OneNetwork | None:
    """A network for the stack in which `first` is the first plane with something to restore; None where each has its own.

    It is the kept one, where one is given. A single large plane is a stack of its parts. The plan is made anew for the
    one with the median noise.

    Raises
    ------
    ValueError
        If the settings ask for a shared network and the method or the task has none.
    """
    if pieces.network is not None:
        return apply_network(pieces.network, pieces, first, settings, replay=replay, clock=clock)
    large = is_large(first.pixels.shape[1:])
    if not _is_wanted(settings, many=large or len(pieces.stack.indices) > 1):
        return None
    learnt = [first]
    refusal = refusal_to_share(pieces, first, plan)
    if refusal is None:
        most = max(_FEWEST, min(_MOST, _LEARNT_PIXELS // first.pixels[0].size))
        learnt += [seen for seen in pieces.spread(first, most) if seen is not first]
        plan = _plan_of_middle(learnt, plan, settings)
        refusal = refusal_to_share(pieces, first, plan)
    if refusal is not None and settings.network == "shared":
        raise ValueError(f"network = 'shared': {refusal}. Take network each.")
    config = plan.method.shared(plan.config)
    if refusal is not None or config is None:
        return None
    context = choose_context(pieces, learnt, settings)
    note = f"one network for all planes, learnt from {len(learnt)} of {len(pieces.stack.indices)}"
    if large:
        note += f", in parts of {SIDE} x {SIDE} pixels, and applied in tiles"
    partner = shared_partner(plan.partner)
    plan = dataclasses.replace(plan, config=config, partner=partner, notes=(*plan.notes, note, *context.notes))
    return SharedNetwork(pieces, learnt, plan, context, seed=settings.seed, replay=replay, clock=clock)


def _is_wanted(settings: Settings, *, many: bool) -> bool:
    """Whether the settings ask for one network, of `many` planes or of a single one.

    Raises
    ------
    ValueError
        If they name a file: that of a network which was not given.
    """
    if settings.network_file is not None:
        raise ValueError(
            f"network = {settings.network!r}: read the file first, and give what read_network(...) returns to restore as network=, or to "
            "Fit.drawn_by."
        )
    return settings.network == "shared" or (many and settings.network == "auto")


def _plan_of_middle(learnt: Sequence[Seen], plan: Plan, settings: Settings) -> Plan:
    """The plan for the plane with the median noise."""
    noises = [plan.for_plane(seen.task, seen.varied, seen.masks, seen.noise).noise.sigma for seen in learnt]
    middle = learnt[int(np.argsort(noises)[len(noises) // 2])]
    return plan_for(middle.task, settings, middle.varied, middle.masks, planes=len(learnt), noise=middle.noise)
