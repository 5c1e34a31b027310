"""Memory of a process that restores a film far larger than memory, block by block, as a worker of a cluster does.

    python benchmarks/memory_over_blocks.py --gigabytes 200 --blocks 50 --plot docs/memory-over-blocks.png

The film is an OME-Zarr of that size whose chunks are links to a few files, so that it takes no room. The network learns, then each
block of eight planes is drawn, and memory is read when a block is done. What is printed: memory before learning, after the fifth
block and at the end, and how it grows from the fifth block on, in MB a block.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import _memory
import numpy as np
import torch

from napari_deep_prior import Denoise, Settings, files
from napari_deep_prior.workflows.executors.dask_workers import BLOCK
from napari_deep_prior.workflows.planewise.restoration import PlanewiseRestoration
from napari_deep_prior.workflows.restore_file import Job

CHUNK_BYTES = 2**23
"""Of a chunk of whole frames, uncompressed."""

DIFFERENT = 16
"""Chunks that are not links."""


def film(path: Path, size: int, side: int) -> None:
    """An OME-Zarr (t, y, x) of `size` bytes, uint16."""
    import zarr

    frames = CHUNK_BYTES // (2 * side * side)
    chunks = math.ceil(size / CHUNK_BYTES)
    steps = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1.0, 0.1, 0.1]}]}]
    kinds = {"t": "time", "y": "space", "x": "space"}
    image = {"axes": [{"name": name, "type": kind} for name, kind in kinds.items()], "datasets": steps}
    group = zarr.create_group(str(path), attributes={"ome": {"version": "0.5", "multiscales": [image]}})
    array = group.create_array(
        "0",
        shape=(chunks * frames, side, side),
        chunks=(frames, side, side),
        dtype="uint16",
        dimension_names=list(kinds),
        chunk_key_encoding={"name": "default", "separator": "."},  # so that all chunks lie in one folder
    )
    y, x = np.mgrid[:side, :side]
    for number in range(DIFFERENT):
        light = 20 + 15 * np.sin((x + number) / 9) * np.cos(y / 7)
        draw = np.random.default_rng(number)
        array[number * frames : (number + 1) * frames] = draw.poisson(light, (frames, side, side))
    names = [path / "0" / f"c.{number}.0.0" for number in range(chunks)]
    for number in range(DIFFERENT, chunks):
        os.link(names[number % DIFFERENT], names[number])


def memory(restoration: PlanewiseRestoration, blocks: int) -> Iterator[int]:
    """Bytes that are held after each block."""
    for number in range(blocks):
        restoration.draw(range(BLOCK * number, BLOCK * (number + 1)))
        yield _memory.present()


def plot(path: Path, held: list[int], size: float) -> None:
    """Memory over blocks, as a small picture."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(5, 2.4), dpi=100, layout="constrained")
    axes.plot(range(1, len(held) + 1), [each / 1e6 for each in held], ".-", color="tab:blue")
    axes.set(
        xlabel=f"blocks of {BLOCK} planes",
        ylabel="memory in MB",
        title=f"A film of {size:.0f} GB",
        ylim=(0, 1.2e-6 * max(held)),
    )
    figure.savefig(path, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=200)
    parser.add_argument("--blocks", type=int, default=50)
    parser.add_argument("--side", type=int, default=256, help="of a frame, in pixels")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings(preset="fast", iterations=asked.steps, seconds="never", device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "film.ome.zarr")
        film(store, int(asked.gigabytes * 1e9), asked.side)
        picture = files.open_lazily(store)
        size = math.prod(picture.array.shape) * picture.array.dtype.itemsize
        job = Job(input=store, output=Path(folder, "out.ome.zarr"), task=Denoise, settings=settings)
        restoration = PlanewiseRestoration(job, picture, why="")
        before = _memory.present()
        restoration.learn()
        held = list(memory(restoration, asked.blocks))
    slope = np.polyfit(range(len(held) - 5), np.array(held[5:]) / 1e6, 1)[0] if len(held) > 6 else math.nan
    sys.stdout.write(
        f"{size / 1e9:.1f} GB, {picture.array.shape} frames; MB: {before / 1e6:.0f} before, {held[min(4, len(held) - 1)] / 1e6:.0f} after "
        f"five blocks, {held[-1] / 1e6:.0f} after {len(held)}, most {_memory.peak() / 1e6:.0f}; {slope:+.2f} a block\n"
    )
    if asked.plot is not None:
        plot(asked.plot, held, size / 1e9)


if __name__ == "__main__":
    main()
