"""Catalogue of architectures: one for each preset, named by their shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from napari_deep_prior.core.networks.architecture import Architecture

Preset = Literal["instant", "fast", "balanced", "best", "paper"]
"""How large a network is, and how long it is fitted; instant: there is none; paper: as published."""

Networks = Mapping[Preset, Architecture]

# Ulyanov et al. 2018, supplement: denoising; text and other small holes; large holes (its vase).
PUBLISHED = Architecture(channels=(128,) * 5, skip=4)
PUBLISHED_SMALL_HOLES = Architecture(channels=(128,) * 5, skip=128, up="nearest")
PUBLISHED_LARGE_HOLES = Architecture(channels=(128,) * 5, skip=0, up="nearest")

# Half resolution and zero padding, for noise: at full resolution a step costs four times as much and gains nothing here.
HALF_RESOLUTION: Networks = {
    "fast": Architecture(channels=(48, 48), skip=16, shuffle=2, pointwise=False, padding="zeros", head_scale=0.1),
    "balanced": Architecture(
        channels=(48, 48, 64), skip=16, shuffle=2, pointwise=False, padding="zeros", head_scale=0.1
    ),
    "best": Architecture(channels=(64, 64, 128, 128), skip=16, shuffle=2, padding="zeros", head_scale=0.1),
    "paper": PUBLISHED,
}

# Holes are filled sharply and from far away: full resolution, more scales, the paper's padding and nearest enlarging. Wider
# than the paper across the scales (skip) and thinner along them: better and several times cheaper (docs/benchmarks.md).
SMALL_HOLES: Networks = {
    "fast": Architecture(channels=(16, 32, 64, 64), skip=16, up="nearest", pointwise=False, head_scale=0.1),
    "balanced": Architecture(channels=(32, 32, 64, 64, 64), skip=16, up="nearest", head_scale=0.1),
    "best": Architecture(channels=(48, 64, 64, 128, 128), skip=16, up="nearest", head_scale=0.1),
    "paper": PUBLISHED_SMALL_HOLES,
}

# Into wide holes a skip would carry only the code, as grain: none, and one scale more, so that the coarsest sees across.
# The paper's network for its library image, and thinner still.
LARGE_HOLES: Networks = {
    "fast": Architecture(channels=(16, 32, 64, 64, 64), skip=0, up="nearest", pointwise=False, head_scale=0.1),
    "balanced": Architecture(
        channels=(16, 32, 64, 128, 128, 128), skip=0, up="nearest", pointwise=False, head_scale=0.1
    ),
    "best": Architecture(channels=(32, 64, 128, 128, 128, 128), skip=0, up="nearest", pointwise=False, head_scale=0.1),
    "paper": PUBLISHED_LARGE_HOLES,
}

# For finer pixels and sharper edges: the paper's networks, but thinner. They draw from nothing: a first estimate would be the
# coarse image enlarged, which the network then hardly leaves.
UPSAMPLING: Networks = {
    "fast": Architecture(channels=(16, 32, 64, 64, 64), skip=4, pointwise=False, head_scale=0.1),
    "balanced": Architecture(channels=(32, 32, 64, 64, 64), skip=4, head_scale=0.1),
    "best": Architecture(channels=(64, 64, 128, 128, 128), skip=4, head_scale=0.1),
    "paper": PUBLISHED,
}

# For pixels many times finer: as wide as they fit into the time, as few pixels leave most of the image to the network.
UPSAMPLING_WIDE: Networks = {
    "fast": UPSAMPLING["balanced"],
    "balanced": UPSAMPLING["best"],
    "best": UPSAMPLING["best"],
    "paper": PUBLISHED,
}

# Where all detail can be kept, half resolution loses half a decibel on photographs, for half the time of a step.
FULL_RESOLUTION: Networks = {
    "fast": HALF_RESOLUTION["balanced"],
    "balanced": Architecture(channels=(24, 32, 48), skip=16, pointwise=False, padding="zeros", head_scale=0.1),
    "best": Architecture(channels=(64, 96, 128), skip=32, pointwise=False, padding="zeros", head_scale=0.1),
    "paper": PUBLISHED,
}

# Under strongly correlated noise only coarse structures can be known: a small network draws hardly anything else.
COARSE = Architecture(channels=(32, 32, 32), skip=16, shuffle=2, pointwise=False, padding="zeros", head_scale=0.1)

# A step on a volume costs as much as on all its planes, and convolutions have three times the weights: thin ones.
VOLUME: Networks = {
    "fast": Architecture(channels=(8, 16, 32), skip=8, pointwise=False, padding="zeros", head_scale=0.1, dims=3),
    "balanced": Architecture(channels=(16, 32, 32), skip=8, pointwise=False, padding="zeros", head_scale=0.1, dims=3),
    "best": Architecture(channels=(24, 32, 48, 48), skip=8, pointwise=False, padding="zeros", head_scale=0.1, dims=3),
    "paper": dataclasses.replace(PUBLISHED, dims=3, padding="zeros"),
}

# One stage of a degradation is undone from near by: a short chain at full resolution; scales and batch statistics lose three decibels.
PLAIN: Networks = {
    "fast": Architecture(channels=(32,), skip=0, head_scale=0.1, chain=6),
    "balanced": Architecture(channels=(48,), skip=0, head_scale=0.1, chain=6),
    "best": Architecture(channels=(64,), skip=0, head_scale=0.1, chain=8),
    "paper": Architecture(channels=(64,), skip=0, head_scale=0.1, chain=8),
}
PLAIN_VOLUME: Networks = {
    preset: dataclasses.replace(a, channels=(a.channels[0] // 2,), dims=3) for preset, a in PLAIN.items()
}
