"""Drawn scenes whose noise is known: spots, filaments, cells, textures and smooth fields, from few photons to many."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

KINDS = ("spots", "filaments", "cells", "texture", "smooth")
NOISES = ("photons", "read", "both")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """(y, x) observed and truth in grey values, offset included, and the variance of the noise of each pixel."""

    kind: str
    noise: str
    photons: float
    observed: Array
    truth: Array
    variance: Array
    gain: float


def scene(number: int, seed: int, size: int = 128) -> Scene:
    """The scene of this number: kinds and noises in turn, 10 to 5000 photons, gain 0.3 to 16, offset 0, 100 or 1000."""
    random = np.random.default_rng((seed, number))
    kind, noise = KINDS[number % len(KINDS)], NOISES[number // len(KINDS) % len(NOISES)]
    peak, gain = float(10 * 500 ** random.uniform()), float(10 ** random.uniform(-0.5, 1.2))
    offset = float(random.choice([0, 100, 1000]))
    photons = peak * (random.uniform(0.01, 0.2) + _light(kind, size, random))
    if noise == "read":
        signal, gain, read = photons, 0.0, float(np.sqrt(peak) * random.uniform(0.3, 2))
        seen = signal
    else:
        signal, seen = gain * photons, gain * random.poisson(photons).astype(np.float64)
        read = gain * np.sqrt(peak) * random.uniform(0.05, 0.4) if noise == "both" else 0.0
    return Scene(
        kind=kind,
        noise=noise,
        photons=peak,
        observed=offset + seen + read * random.normal(0, 1, signal.shape),
        truth=offset + signal,
        variance=gain * signal + read**2,
        gain=gain,
    )


def _light(kind: str, size: int, random: np.random.Generator) -> Array:
    """(size, size) in 0..1, as sharp as an objective draws it."""
    blur = random.uniform(0.8, 2.5)
    image = np.clip(
        {"spots": _spots, "filaments": _filaments, "cells": _cells}.get(kind, _field)(size, random, blur), 0, None
    )
    if kind in ("texture", "smooth"):
        coarse = random.uniform(8, 25)
        image = _blurred(_texture(size, random), blur / 2) if kind == "texture" else _blurred(image, coarse)
        image -= image.min()
    found: Array = image / image.max()
    return found


def _spots(size: int, random: np.random.Generator, blur: float) -> Array:
    image, count = np.zeros((size, size)), int(random.uniform(20, 150) * (size / 128) ** 2)
    image[random.integers(0, size, count), random.integers(0, size, count)] = random.uniform(0.2, 1, count)
    return _blurred(image, max(blur, 1.0))


def _filaments(size: int, random: np.random.Generator, blur: float) -> Array:
    y, x = np.mgrid[:size, :size]
    image = np.zeros((size, size))
    for _ in range(int(random.integers(5, 30))):
        angle, centre, wave = random.uniform(0, np.pi), random.uniform(0, size, 2), random.uniform(8, 40)
        across = (y - centre[0]) * np.cos(angle) - (x - centre[1]) * np.sin(angle)
        along = (y - centre[0]) * np.sin(angle) + (x - centre[1]) * np.cos(angle)
        image += random.uniform(0.2, 1) * np.exp(-((across + 4 * np.sin(along / wave)) ** 2) / 2 / blur**2)
    return image


def _cells(size: int, random: np.random.Generator, blur: float) -> Array:
    y, x = np.mgrid[:size, :size]
    image = np.zeros((size, size))
    for _ in range(int(random.uniform(6, 30) * (size / 128) ** 2)):
        centre, radii, angle = random.uniform(0, size, 2), random.uniform(5, 18, 2), random.uniform(0, np.pi)
        u = (y - centre[0]) * np.cos(angle) + (x - centre[1]) * np.sin(angle)
        v = -(y - centre[0]) * np.sin(angle) + (x - centre[1]) * np.cos(angle)
        image += random.uniform(0.2, 1) * ((u / radii[0]) ** 2 + (v / radii[1]) ** 2 < 1)
    return _blurred(image, blur) * (1 + blur * _blurred(random.normal(0, 1, (size, size)), blur))


def _field(size: int, random: np.random.Generator, blur: float) -> Array:
    return random.normal(0, 1, (size, size)) + 4


def _texture(size: int, random: np.random.Generator) -> Array:
    """A field whose amplitude falls with frequency, as that of natural textures."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    frequency[0, 0] = 1
    white = np.fft.rfft2(random.normal(0, 1, (size, size)))
    return np.fft.irfft2(white * frequency ** -random.uniform(0.8, 1.5), s=(size, size))


def _blurred(image: Array, sigma: float) -> Array:
    y, x = np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1])
    kernel = np.exp(-2 * (np.pi * sigma) ** 2 * (y**2 + x**2))
    return np.fft.irfft2(np.fft.rfft2(image) * kernel, s=image.shape)
