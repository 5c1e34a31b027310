"""Tables of the quality board: a mean for each set and setting, beside the peers, and a line for each image."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

from _board import Line, markdown, mean

Group = tuple[str, str, str]
"""Set, noise, crop: what was measured alike."""


def summary(lines: list[Line], peers: Path | None = None) -> str:
    """Everything measured, group by group; `peers` is the CSV of peers.py."""
    others: list[Line] = []
    if peers is not None:
        with peers.open(newline="") as file:
            others = list(csv.DictReader(file))
    groups = dict.fromkeys(_group(line) for line in lines)
    return "\n".join(
        f"## {group[0]}: noise {group[1]}, crop {group[2]}, protocol {own[0]['protocol']}\n\n"
        + _means(own)
        + _beside(own, [line for line in others if _group(line) == group])
        + "\n"
        + _each(own)
        for group in groups
        if (own := [line for line in lines if _group(line) == group])
    )


def _group(line: Line) -> Group:
    return line["set"], line["noise"], line["crop"]


def score(line: Line) -> float:
    """PSNR by the line's protocol."""
    return float(line["psnr" if line["protocol"] == "plain" else "fitted"])


def by_image(lines: list[Line]) -> dict[str, list[float]]:
    """The scores of each image, one for each seed."""
    found: dict[str, list[float]] = {}
    for line in lines:
        found.setdefault(line["image"], []).append(score(line))
    return found


def seed_spread(lines: list[Line]) -> float:
    """Standard deviation over the seeds, mean over the images that have several; nan where none has."""
    several = [statistics.stdev(scores) for scores in by_image(lines).values() if len(scores) > 1]
    return statistics.fmean(several) if several else float("nan")


def _means(lines: list[Line]) -> str:
    rows: list[list[object]] = []
    for settings in dict.fromkeys(line["settings"] for line in lines):
        own = [line for line in lines if line["settings"] == settings]
        lost = [float(line["best"]) - score(line) for line in own]
        columns = [mean(own, name) for name in ("observed", "psnr", "fitted")]
        figures = [f"{mean(own, 'ssim'):.3f}", mean(own, "best"), statistics.fmean(lost), max(lost)]
        seconds = [f"{mean(own, name):.1f}" for name in ("seconds", "wall")]
        rows.append([settings, len(own), *columns, *figures, seed_spread(own), mean(own, "rank"), *seconds])
    head = ["settings", "runs", "observed", "PSNR", "fitted", "SSIM", "best iterate", "lost, mean", "lost, most"]
    return markdown([*head, "seed spread", "rank", "seconds", "wall"], rows)


def _beside(lines: list[Line], others: list[Line]) -> str:
    """Each setting against each peer, over the images both did."""
    rows: list[list[object]] = []
    for settings in dict.fromkeys(line["settings"] for line in lines):
        scores = by_image([line for line in lines if line["settings"] == settings])
        for peer in dict.fromkeys(line["peer"] for line in others):
            theirs = by_image([line for line in others if line["peer"] == peer])
            both = [image for image in scores if image in theirs]
            if both:
                ours = [statistics.fmean(scores[image]) for image in both]
                wins = sum(a > theirs[image][0] for a, image in zip(ours, both, strict=True))
                mean_theirs = statistics.fmean(theirs[image][0] for image in both)
                rows.append([settings, peer, statistics.fmean(ours), mean_theirs, f"{wins} of {len(both)}"])
    return "\n" + markdown(["settings", "peer", "ours", "peer's", "ours is better on"], rows) if rows else ""


def _each(lines: list[Line]) -> str:
    columns = (
        "image",
        "settings",
        "seed",
        "observed",
        "psnr",
        "fitted",
        "ssim",
        "best",
        "rank",
        "chosen_step",
        "steps",
    )
    numbers = ("observed", "psnr", "fitted", "best", "rank")
    words = ("seconds", "method", "reason")
    return markdown(
        [*columns, *words],
        (
            [float(line[name]) if name in numbers else line[name] for name in columns] + [line[name] for name in words]
            for line in lines
        ),
    )
