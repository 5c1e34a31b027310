"""How the program ends: an exit code, and one line on stderr where something is wrong."""

from __future__ import annotations

import sys

PROGRAM = "napari-deep-prior"
FAILED, REFUSED, INTERRUPTED = 1, 2, 130


def fail(code: int, reason: object) -> int:
    """Say why, and hand the code on."""
    sys.stderr.write(f"{PROGRAM}: {' '.join(str(reason).split())}\n")
    return code
