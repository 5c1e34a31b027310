"""``python -m napari_deep_prior`` is the command ``napari-deep-prior``."""

import sys

from napari_deep_prior.cli import main

sys.exit(main())
