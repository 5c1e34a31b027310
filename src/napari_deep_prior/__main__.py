"""The command ``napari-deep-prior``, also as ``python -m napari_deep_prior``: loads late, so that Ctrl-C ends it in one line."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the command line; the exit code."""
    try:
        from napari_deep_prior.cli import main  # takes seconds

        return main()
    except KeyboardInterrupt:
        sys.stderr.write("napari-deep-prior: Interrupted; nothing was saved.\n")
        return 130


if __name__ == "__main__":
    sys.exit(run())
