"""What a user would pick instead: the same images as quality.py, by other denoisers, under the same scores.

    python benchmarks/peers.py --data DIR --sets fmd set12 --csv peers.csv --markdown peers.md
    python benchmarks/peers.py --data DIR --sets set12 --peers zs-n2n noise2fast --limit 2 --crop 256

Rows that are in the CSV already are not done again. A peer whose package is missing is left out, and that is said; all are
in the dependency group `benchmarks`. The two networks take minutes per image and run only when named.
Gaussian and TV "in hindsight" know the truth: they are no competitors but floors that a method has to beat.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

import _classic
import _noise2fast
import _zsn2n
import numpy as np
from _board import Board, Line, markdown, mean, tell
from _data import Row, choices_of_images, entries, machine
from numpy.typing import NDArray

Image = NDArray[np.float64]
Peer = Callable[[Image, _classic.Score], Image]

PEERS: dict[str, tuple[Peer, tuple[str, ...]]] = {
    "noisy": (_classic.noisy, ()),
    "gaussian, hindsight": (_classic.gaussian, ("scipy",)),
    "tv, hindsight": (_classic.tv, ("skimage",)),
    "bm3d": (_classic.bm3d, ("skimage", "pywt", "bm3d")),
    "wavelet": (_classic.wavelet, ("skimage", "pywt")),
    "nlm": (_classic.nlm, ("skimage", "pywt")),
    "nlm, fast": (_classic.nlm_fast, ("skimage", "pywt")),
    "j-invariant": (_classic.j_invariant, ("skimage", "pywt")),
    "zs-n2n": (_zsn2n.denoise, ()),
    "noise2fast": (_noise2fast.denoise, ()),
}
"""Each with the packages it needs."""

QUICK = list(PEERS)[:-2]
COLUMNS = ("set", "image", "noise", "crop", "peer", "psnr", "fitted", "ssim", "seconds", "protocol", "pixels")


def missing(packages: tuple[str, ...]) -> list[str]:
    """Those of the packages that are not installed."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def denoised(row: Row, peer: Peer) -> tuple[Image, float]:
    """In the row's units, and the seconds it took. Peers see the image scaled to about 0..1, as their defaults expect."""
    observed = row.observed.astype(np.float64)
    low, high = (0.0, 255.0) if row.peak == 255 else (float(observed.min()), float(observed.max()))
    began = time.perf_counter()
    image = peer((observed - low) / (high - low), lambda image: row.psnr(image * (high - low) + low))
    return image * (high - low) + low, time.perf_counter() - began


def summary(board: Board) -> str:
    """Means of all sets at a glance; then per set, noise and crop a table of means and one with each image."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    for line in board.lines:
        groups.setdefault((line["set"], line["noise"], line["crop"]), []).append(line)
    parts = [
        f"## {name}: noise {noise}, crop {crop}, protocol {lines[0]['protocol']}\n\n{_tables(lines)}"
        for (name, noise, crop), lines in groups.items()
    ]
    return "\n".join([_glance(groups), *parts])


def _glance(groups: dict[tuple[str, str, str], list[Line]]) -> str:
    peers = list(dict.fromkeys(line["peer"] for lines in groups.values() for line in lines))
    rows: list[list[object]] = []
    for (name, noise, crop), lines in groups.items():
        score, count = _score(lines), len({line["image"] for line in lines})
        own = {peer: [line for line in lines if line["peer"] == peer] for peer in peers}
        cells = [mean(own[peer], score) if len(own[peer]) == count else "" for peer in peers]
        words = f"noise {noise}" + (f", crop {crop}" if crop != "0" else "")
        rows.append([f"{name} ({count}; {words}; {score})", *cells])
    return "Mean PSNR in dB by each set's protocol, where a peer did all of the images:\n\n" + markdown(
        ["set", *peers], rows
    )


def _score(lines: list[Line]) -> str:
    return "psnr" if lines[0]["protocol"] == "plain" else "fitted"


def _tables(lines: list[Line]) -> str:
    score = _score(lines)
    images = list(dict.fromkeys(line["image"] for line in lines))
    by_peer: dict[str, dict[str, Line]] = {}
    for line in lines:
        by_peer.setdefault(line["peer"], {})[line["image"]] = line
    complete_and_good_first = sorted(by_peer.items(), key=lambda peer: (-len(peer[1]), -mean(peer[1].values(), score)))
    means, each = [], []
    for peer, own in complete_and_good_first:
        psnr, fitted, ssim, seconds = (mean(own.values(), name) for name in ("psnr", "fitted", "ssim", "seconds"))
        means.append([peer, len(own), psnr, fitted, f"{ssim:.3f}", f"{seconds:.1f}"])
        each.append([peer, *(float(own[image][score]) if image in own else "" for image in images)])
    return (
        markdown(["peer", "images", "PSNR", "fitted PSNR", "SSIM", "seconds"], means)
        + f"\nEach image, {score}:\n\n"
        + markdown(["peer", *(image.split("/")[-1] for image in images)], each)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choices_of_images(parser, required=True)
    parser.add_argument("--clip", action="store_true", help="cut that noise off at 0 and 255")
    parser.add_argument("--peers", nargs="+", default=QUICK, choices=list(PEERS), metavar="PEER", help="; ".join(PEERS))
    parser.add_argument("--csv", type=Path, default=Path("peers.csv"))
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    board = Board(given.csv, COLUMNS, keys=5)
    chosen, left_out = entries(given.data, given.sets, given.contains, given.limit)
    chosen = [entry for entry in chosen if entry.kind != "missing"]
    for text in left_out:
        sys.stderr.write(f"left out: {text}\n")
    for name in given.peers:
        peer, needs = PEERS[name]
        if lacking := missing(needs):
            sys.stderr.write(f"left out: {name}, because {', '.join(lacking)} is not installed\n")
            continue
        for entry in chosen:
            noise = entry.noise(given.sigma, given.clip)
            if not board.has(entry.set, entry.name, noise, given.crop, name):
                row = entry.load(given.crop, given.sigma, given.clip)
                image, seconds = denoised(row, peer)
                key = {"set": entry.set, "image": entry.name, "noise": noise, "crop": given.crop, "peer": name}
                scores = dataclasses.asdict(row.scores(image))
                pixels = "x".join(map(str, row.observed.shape))
                board.add(**key, **scores, seconds=seconds, protocol=entry.protocol, pixels=pixels)
                sys.stderr.write(f"{entry.name}, {name}: {row.psnr(image):.2f} dB, {seconds:.1f} s\n")
    text = f"{machine()}\n\n{summary(board)}"
    tell(text, given.markdown)


if __name__ == "__main__":
    main()
