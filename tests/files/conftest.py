"""Arrays for files."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def ramp():
    """Arrays with different values everywhere, by shape and dtype, so that swapped axes show."""
    return lambda shape, dtype: (np.arange(np.prod(shape)).reshape(shape) % 120).astype(dtype)
