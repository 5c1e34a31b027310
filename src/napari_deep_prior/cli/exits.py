"""How the program ends: an exit code, and one line on stderr where something is wrong."""

from __future__ import annotations

import contextlib
import sys

PROGRAM = "napari-deep-prior"
FAILED, REFUSED, INTERRUPTED = 1, 2, 130


def fail(code: int, reason: object) -> int:
    """Say why on one line, and hand the code on."""
    say(f"{PROGRAM}: {' '.join(str(reason).split())}")
    return code


def say(*lines: str) -> None:
    """Lines on stderr; nobody hears them where the terminal was closed, which is no failure."""
    with contextlib.suppress(OSError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
