"""Random streams: every random number comes from a stream that is named by seed, role, plane and member."""

from __future__ import annotations

import numpy as np
import torch


def stream_seed(seed: int, role: str, *, plane: int = 0, member: int = 0) -> int:
    """Seed of one stream, from a hash of its name.

    Parameters
    ----------
    seed
        The user's.
    role
        What the numbers are for, in a word. Two roles never share a stream.
    plane, member
        Number of the plane in its stack, and of the member in its ensemble.

    Returns
    -------
    int
        Below 2^32, since PyTorch's generator for processors reads no more of a seed.

    Notes
    -----
    `numpy.random.SeedSequence` hashes the seed with the rest as its spawn key: streams whose names differ in one digit have
    seeds that are not related (O'Neill, PCG, 2014).
    """
    name = (int.from_bytes(role.encode(), "big"), plane, member)
    return int(np.random.SeedSequence(seed, spawn_key=name).generate_state(1)[0])


def torch_stream(
    seed: int, role: str, *, plane: int = 0, member: int = 0, device: torch.device | None = None
) -> torch.Generator:
    """The stream as a generator of PyTorch, on the CPU unless a device is given. Parameters as for `stream_seed`."""
    generator = torch.Generator() if device is None else torch.Generator(device)
    return generator.manual_seed(stream_seed(seed, role, plane=plane, member=member))


def numpy_stream(seed: int, role: str) -> np.random.Generator:
    """The stream as a generator of NumPy. Parameters as for `stream_seed`."""
    return np.random.default_rng(stream_seed(seed, role))
