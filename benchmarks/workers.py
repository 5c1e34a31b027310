"""Two workers of a dask cluster against one, and against what two processes that know nothing of each other reach on this machine.

    python benchmarks/workers.py --rounds 3

Files (`batch`) and the planes of a stack of OME-Zarr, through the command line: by one command, by two side by side that share nothing,
with `--cluster local --workers 1` and with 2. A rate is that between the first result and the last; loading Python and learning are not
in it. Each way in turn, `--rounds` times, and the best of each, as other work can only slow it; *others* is their share of the
processor's threads in that round. *Processor seconds* are those of all processes of the command, for each result; they hardly depend on
others as long as all threads are busy. One thread a process. Where two commands side by side do not do twice as much as one, the
threads share a core: no cluster can do more there.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import tifffile
from _board import markdown

COLUMNS = ("what", "way", "results in a minute", "times one command", "processor seconds", "others, %")

OPTIONS = {"preset": "fast", "seconds": "never", "device": "cpu"}

_LOOK = 0.2
"""Seconds between two looks at what is done."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Work:
    """Something that is restored.

    Attributes
    ----------
    name
        Of the row.
    command
        Words of the command that restores it into a folder.
    results
        What is there of it, in that folder, when some of it is done.
    """

    name: str
    command: Callable[[Path], list[str]]
    results: str


def files(folder: Path, count: int, side: int, steps: int) -> Work:
    """So many images, a fit for each."""
    images = [folder / f"image{number}.tif" for number in range(count)]
    for seed, path in enumerate(images):
        tifffile.imwrite(path, photons((side, side), seed))
    lines = "".join(f"{name} = {value!r}\n" for name, value in (OPTIONS | {"iterations": steps}).items())
    (folder / "way.toml").write_text(f'task = "denoise"\n[settings]\n{lines}')
    words = ["batch", str(folder / "way.toml"), *map(str, images)]
    return Work(name="files", command=lambda out: [*words, "--output", str(out)], results="*.tif")


def planes(folder: Path, count: int, side: int, steps: int) -> Work:
    """The planes of a film, drawn by one network."""
    from napari_deep_prior import files

    film = photons((count, side, side), 0)
    files.write(folder / "film.ome.zarr", film, like=files.Picture(array=film, axes="TYX"))
    options = [f"--{name}={value}" for name, value in (OPTIONS | {"iterations": steps, "context": 0}).items()]
    words = ["denoise", str(folder / "film.ome.zarr"), *options, "--part", "1/1"]

    def command(out: Path) -> list[str]:
        return [*words, "--output", str(out / "film.ome.zarr")]

    return Work(name="planes", command=command, results="film.ome.zarr.partial/done/*/*.json")


def photons(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Structure under photon noise."""
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    light = 20 + 15 * np.sin(x / 9) * np.cos(y / 7)
    return np.random.default_rng(seed).poisson(np.broadcast_to(light, shape)).astype(np.uint16)


@dataclasses.dataclass(frozen=True, order=True)
class Measured:
    """Results a minute, processor seconds of each, and the share of the processor that others had."""

    rate: float
    seconds: float
    others: float


def measured(work: Work, commands: int, workers: int) -> Measured:
    """One run."""
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder, str(number)) for number in range(commands)]
        began, spent, total = time.monotonic(), _own_seconds(), _busy_seconds()
        running = [_start(work.command(out), workers) for out in outs]
        seen: list[dict[Path, float]] = [{} for _ in outs]
        seconds: list[tuple[int, float]] = []
        while any(process.poll() is None for process in running):
            for out, times in zip(outs, seen, strict=True):
                _look(out, work.results, times)
            if all(seen):
                seconds.append((sum(map(len, seen)), sum(map(_seconds_of, running))))
            time.sleep(_LOOK)
        for out, times in zip(outs, seen, strict=True):
            _look(out, work.results, times)
        if any(process.returncode for process in running):
            raise SystemExit("A command failed.")
        passed = time.monotonic() - began
        others = _busy_seconds() - total - (_own_seconds() - spent)
    (first, before), (last, after) = seconds[0], max(seconds)
    each = (after - before) / max(1, last - first)
    return Measured(
        60 * _rate_of([sorted(times.values()) for times in seen], max(1, workers)), each, others / passed / _threads()
    )


def _start(words: list[str], workers: int) -> subprocess.Popen[bytes]:
    if workers:
        words = [word for word in words if word not in ("--part", "1/1")]
        words += ["--cluster", "local", "--workers", str(workers)]
    line = [sys.executable, "-m", "napari_deep_prior", *words, "--quiet"]
    return subprocess.Popen(line, env={**os.environ, "OMP_NUM_THREADS": "1"})


def _seconds_of(process: subprocess.Popen[bytes]) -> float:
    """Of the processor, for a command and all that it has started."""
    found = 0.0
    try:
        parent = psutil.Process(process.pid)
        for one in (parent, *parent.children(recursive=True)):
            times = one.cpu_times()
            found += times.user + times.system
    except psutil.NoSuchProcess:  # it has just ended
        return 0.0
    return found


def _look(out: Path, results: str, times: dict[Path, float]) -> None:
    for path in out.glob(results):
        try:
            times.setdefault(path, path.stat().st_mtime)
        except FileNotFoundError:  # the whole has got its name
            return


def _rate_of(times: list[list[float]], workers: int) -> float:
    """Results a second while all were at work: none has its first before that, and none has ended."""
    first, last = max(each[0] for each in times), min(each[-workers] for each in times)
    return sum(sum(first < at <= last for at in each) for each in times) / (last - first)


def _threads() -> int:
    return len(os.sched_getaffinity(0))


def _own_seconds() -> float:
    """Of the processor, for this process and all that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _busy_seconds() -> float:
    """Of all threads of the processor, since the machine was started."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


WAYS = {"one command": (1, 0), "two commands": (2, 0), "one worker": (1, 1), "two workers": (1, 2)}


def rows(works: list[Work], rounds: int) -> list[list[object]]:
    """A line for each way of each work."""
    found: dict[tuple[str, str], Measured] = {}
    for number in range(rounds):
        for work in works:
            for way, (commands, workers) in WAYS.items():
                one = measured(work, commands, workers)
                sys.stderr.write(f"round {number + 1}, {work.name}, {way}: {one}\n")
                found[work.name, way] = max(one, found.get((work.name, way), one))
    return [[name, way, *_shown(one, found[name, "one command"])] for (name, way), one in found.items()]


def _shown(one: Measured, against: Measured) -> list[str]:
    return [f"{one.rate:.1f}", f"{one.rate / against.rate:.2f}", f"{one.seconds:.2f}", f"{100 * one.others:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", type=int, default=256, help="of an image, in pixels")
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--planes", type=int, default=40)
    parser.add_argument("--steps", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        works = [
            files(Path(folder), asked.images, asked.side, asked.steps),
            planes(Path(folder), asked.planes, asked.side, asked.steps),
        ]
        sys.stdout.write(markdown(COLUMNS, rows(works, asked.rounds)) + "\n")


if __name__ == "__main__":
    main()
