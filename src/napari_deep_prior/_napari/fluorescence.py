"""A small simulation of fluorescence under a microscope: what is there, as the optics draw it, and as a camera counts it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Light = NDArray[np.float64]

PIXEL = 0.1
"""Micrometres."""

OFFSET, GAIN, READ = 100.0, 2.0, 1.5
"""Of the camera: grey values without light, grey values a photon, and read noise in photons."""

_RIM, _HAZE, _FAR = 8, 0.12, 14.0
"""How steep the rim of a nucleus is; share and width, in pixels, of the light from out of focus."""


def optics(sigma: float, size: int) -> Light:
    """The image of a point, (size, size), of which the sum is 1; a Gaussian, `sigma` in pixels."""
    at = np.arange(size) - size // 2
    profile = np.exp(-(at**2) / 2 / sigma**2)
    image = np.outer(profile, profile)
    return np.asarray(image / image.sum())


def blurred(light: Light, sigma: float, shift: tuple[float, float] = (0.0, 0.0)) -> Light:
    """Seen through the optics, moved by so many pixels along (y, x); periodic, `sigma` in pixels."""
    y, x = np.fft.fftfreq(light.shape[0])[:, None], np.fft.rfftfreq(light.shape[1])
    passed = np.exp(-2 * (np.pi * sigma) ** 2 * (y**2 + x**2) - 2j * np.pi * (y * shift[0] + x * shift[1]))
    return np.clip(np.fft.irfft2(np.fft.rfft2(light) * passed, s=light.shape), 0, None)


def focused(light: Light, sigma: float, shift: tuple[float, float] = (0.0, 0.0)) -> Light:
    """The same with some light from out of focus; the brightest pixel is 1."""
    sharp = blurred(light, sigma, shift)
    seen = sharp / sharp.max() + _HAZE * _relative(blurred(light, _FAR, shift))
    return np.asarray(seen / seen.max())


def counted(photons: Light, random: Generator) -> NDArray[np.uint16]:
    """As a camera counts it: photons come by chance, and reading adds noise of its own."""
    electrons = random.poisson(photons) + random.normal(0, READ, photons.shape)
    return np.clip(np.rint(OFFSET + GAIN * electrons), 0, 65535).astype(np.uint16)


def in_grey_values(photons: Light) -> NDArray[np.float32]:
    """What the camera would count without any noise."""
    return (OFFSET + GAIN * photons).astype(np.float32)


def centres(size: int, random: Generator, count: int = 7) -> Light:
    """Where cells lie, (count, 2), as far from each other as a few tries bring them."""
    chosen = [random.uniform(0.1 * size, 0.9 * size, 2)]
    while len(chosen) < count:
        tries = random.uniform(0.05 * size, 0.95 * size, (20, 2))
        nearest = np.min([np.hypot(*(tries - one).T) for one in chosen], axis=0)
        chosen.append(tries[np.argmax(nearest)])
    return np.array(chosen)


def nuclei(size: int, places: Light, random: Generator) -> Light:
    """Ellipses with the mottle of chromatin and dark nucleoli."""
    y, x = np.mgrid[:size, :size]
    mottle = _relative(blurred(random.random((size, size)), 1.6) - 0.5 * blurred(random.random((size, size)), 5.0))
    light = np.zeros((size, size))
    for place in places:
        angle, (long, short) = random.uniform(0, np.pi), size * random.uniform((0.07, 0.055), (0.085, 0.07))
        along = (y - place[0]) * np.sin(angle) + (x - place[1]) * np.cos(angle)
        across = (y - place[0]) * np.cos(angle) - (x - place[1]) * np.sin(angle)
        inside = np.clip(_RIM * (1 - np.hypot(along / long, across / short)), 0, 1)
        for nucleolus in random.uniform(-0.5, 0.5, (2, 2)) * (long, short):
            inside *= 1 - 0.6 * np.exp(
                -((along - nucleolus[0]) ** 2 + (across - nucleolus[1]) ** 2) / 2 / (0.012 * size) ** 2
            )
        light += random.uniform(0.6, 1) * inside
    return np.asarray(light * (0.55 + 0.45 * mottle))


def filaments(size: int, places: Light, random: Generator, each: int = 16) -> Light:
    """Bent lines that start around the nuclei and run outwards, as microtubules do."""
    light = np.zeros((size, size))
    for place in places:
        for _ in range(each):
            start = random.uniform(0, 2 * np.pi)
            turns = start + np.cumsum(random.normal(0, 0.03, 4 * size // 5))
            path = place + 0.05 * size * np.array([np.sin(start), np.cos(start)])
            path = path + np.cumsum(0.5 * np.stack([np.sin(turns), np.cos(turns)], axis=1), axis=0)
            rows, columns = np.rint(path).astype(int).T % size
            np.add.at(light, (rows, columns), random.uniform(0.4, 1))
    return light


def vesicles(size: int, places: Light) -> Light:
    """Points of light at (count, 2) places, shared among the pixels around each."""
    light = np.zeros((size, size))
    corner = np.floor(places).astype(int)
    part = places - corner
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1])
            np.add.at(light, ((corner[:, 0] + down) % size, (corner[:, 1] + right) % size), share)
    return light


def _relative(light: Light) -> Light:
    """From 0 to 1."""
    return np.asarray((light - light.min()) / max(float(np.ptp(light)), 1e-12))
