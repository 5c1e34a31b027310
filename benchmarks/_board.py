"""A board: rows in a CSV that a later call takes up where this one ended, and tables of them in Markdown."""

from __future__ import annotations

import csv
import math
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Line = Mapping[str, str]


class Board:
    """Lines with the same columns, the first `keys` of which say what was measured; each is written once."""

    def __init__(self, path: Path, columns: Sequence[str], keys: int) -> None:
        self.path, self.columns, self._keys = path, tuple(columns), tuple(columns[:keys])
        self.lines: list[Line] = self._read() if path.exists() else []
        self._done = {tuple(line[key] for key in self._keys) for line in self.lines}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:  # anew: a call that was killed may have left half a line
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.lines)

    def _read(self) -> list[Line]:
        with self.path.open(newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or self.columns) != self.columns:
                raise SystemExit(f"{self.path} has other columns than this board: name another file, or remove it.")
            return [line for line in reader if None not in line.values() and None not in line]

    def has(self, *key: object) -> bool:
        """Whether this was measured."""
        return tuple(show(part) for part in key) in self._done

    def add(self, **values: object) -> None:
        """Write a line, at once."""
        line = {name: show(values[name]) for name in self.columns}
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self.columns).writerow(line)
        self.lines.append(line)
        self._done.add(tuple(line[key] for key in self._keys))


def show(value: object) -> str:
    """As it stands in the CSV: four figures after the point are more than any of this is worth."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def markdown(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A table; floats with two figures after the point, nothing where there is no number."""

    def text(cell: object) -> str:
        if isinstance(cell, float):
            return "" if math.isnan(cell) else f"{cell:.2f}"
        return str(cell)

    rows = [[text(cell) for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(columns), ["---"] * len(columns), *rows]) + "\n"


def mean(lines: Iterable[Line], column: str) -> float:
    """Of one column; nan without lines."""
    values = [float(line[column]) for line in lines]
    return statistics.fmean(values) if values else float("nan")


def tell(text: str, path: Path | None) -> None:
    """Write it into the file, or print it where none is named."""
    if path:
        path.write_text(text)
    else:
        sys.stdout.write(text)
