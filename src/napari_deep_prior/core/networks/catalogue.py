"""Which network draws what: by what it must be good at, and by preset."""

from __future__ import annotations

import dataclasses

from napari_deep_prior.core.networks.architecture import Architecture
from napari_deep_prior.core.settings import Preset
from napari_deep_prior.core.tasks import Need

# Ulyanov et al. 2018, supplement: denoising; text and other small holes; large holes (its vase).
PAPER = Architecture(channels=(128,) * 5, skip=4)
PAPER_HOLES = Architecture(channels=(128,) * 5, skip=128, up="nearest")
PAPER_WIDE = Architecture(channels=(128,) * 5, skip=0, up="nearest")

# Half resolution and zero padding: at full resolution a step costs four times as much and gains nothing here.
_DENOISERS: dict[Preset, Architecture] = {
    "fast": Architecture(channels=(48, 48), skip=16, shuffle=2, pointwise=False, padding="zeros", head_scale=0.1),
    "balanced": Architecture(
        channels=(48, 48, 64), skip=16, shuffle=2, pointwise=False, padding="zeros", head_scale=0.1
    ),
    "best": Architecture(channels=(64, 64, 128, 128), skip=16, shuffle=2, padding="zeros", head_scale=0.1),
    "paper": PAPER,
}

# Holes are filled sharply and from far away: full resolution, more scales, the paper's padding and nearest enlarging. Wider
# than the paper across the scales (skip) and thinner along them: better and several times cheaper (docs/benchmarks.md).
_INPAINTERS: dict[Preset, Architecture] = {
    "fast": Architecture(channels=(16, 32, 64, 64), skip=16, up="nearest", pointwise=False, head_scale=0.1),
    "balanced": Architecture(channels=(32, 32, 64, 64, 64), skip=16, up="nearest", head_scale=0.1),
    "best": Architecture(channels=(48, 64, 64, 128, 128), skip=16, up="nearest", head_scale=0.1),
    "paper": PAPER_HOLES,
}

# Into wide holes a skip would carry only the code, as grain: none, and one scale more, so that the coarsest sees across.
# The paper's network for its library image, and thinner still.
_WIDE: dict[Preset, Architecture] = {
    "fast": Architecture(channels=(16, 32, 64, 64, 64), skip=0, up="nearest", pointwise=False, head_scale=0.1),
    "balanced": Architecture(
        channels=(16, 32, 64, 128, 128, 128), skip=0, up="nearest", pointwise=False, head_scale=0.1
    ),
    "best": Architecture(channels=(32, 64, 128, 128, 128, 128), skip=0, up="nearest", pointwise=False, head_scale=0.1),
    "paper": PAPER_WIDE,
}

# Finer pixels are drawn from nothing: a first guess is the coarse picture enlarged, which the network then hardly leaves.
# As the paper's networks, but thinner, and without the jitter, which slows the fit and gains nothing here.
_DRAUGHTSMEN: dict[Preset, Architecture] = {
    "fast": Architecture(channels=(16, 32, 64, 64, 64), skip=4, pointwise=False, head_scale=0.1),
    "balanced": Architecture(channels=(32, 32, 64, 64, 64), skip=4, head_scale=0.1),
    "best": Architecture(channels=(64, 64, 128, 128, 128), skip=4, head_scale=0.1),
    "paper": PAPER,
}

# Many times finer, as wide as they fit into the time: what few pixels leave open is the network's own to draw.
_WIDE_DRAUGHTSMEN: dict[Preset, Architecture] = {
    "fast": _DRAUGHTSMEN["balanced"],
    "balanced": _DRAUGHTSMEN["best"],
    "best": _DRAUGHTSMEN["best"],
    "paper": PAPER,
}

# Where all detail can be kept, half resolution loses: half a decibel on photographs, for half the time a step.
FINE: dict[Preset, Architecture] = {
    "fast": _DENOISERS["balanced"],
    "balanced": Architecture(channels=(24, 32, 48), skip=16, pointwise=False, padding="zeros", head_scale=0.1),
    "best": Architecture(channels=(64, 96, 128), skip=32, pointwise=False, padding="zeros", head_scale=0.1),
    "paper": PAPER,
}

# Of strongly correlated noise only what is coarse can be known: a small network draws that and hardly anything else.
SMOOTH = Architecture(channels=(32, 32, 32), skip=16, shuffle=2, pointwise=False, padding="zeros", head_scale=0.1)

# A step on a volume costs as much as on all its planes, and convolutions have three times the weights: thin ones.
VOLUMES: dict[Preset, Architecture] = {
    "fast": Architecture(channels=(8, 16, 32), skip=8, pointwise=False, padding="zeros", head_scale=0.1, dims=3),
    "balanced": Architecture(channels=(16, 32, 32), skip=8, pointwise=False, padding="zeros", head_scale=0.1, dims=3),
    "best": Architecture(channels=(24, 32, 48, 48), skip=8, pointwise=False, padding="zeros", head_scale=0.1, dims=3),
    "paper": dataclasses.replace(PAPER, dims=3, padding="zeros"),
}

# What is one step finer is told from near by: a short chain at full resolution; scales and batch statistics lose three decibels.
CHAINS: dict[Preset, Architecture] = {
    "fast": Architecture(channels=(32,), skip=0, head_scale=0.1, chain=6),
    "balanced": Architecture(channels=(48,), skip=0, head_scale=0.1, chain=6),
    "best": Architecture(channels=(64,), skip=0, head_scale=0.1, chain=8),
    "paper": Architecture(channels=(64,), skip=0, head_scale=0.1, chain=8),
}
CHAINS_OF_VOLUMES = {
    preset: dataclasses.replace(a, channels=(a.channels[0] // 2,), dims=3) for preset, a in CHAINS.items()
}

NETWORKS: dict[Need, dict[Preset, Architecture]] = {
    "cleanness": _DENOISERS,
    "artifacts": _DENOISERS,
    "blocks": _DENOISERS,
    "holes": _INPAINTERS,
    "wide holes": _WIDE,
    "noisy wide holes": _WIDE,
    "detail": _DRAUGHTSMEN,
    "much detail": _WIDE_DRAUGHTSMEN,
    "sharpness": _DRAUGHTSMEN,
    "unknown blur": _DRAUGHTSMEN,
}
