"""The share to be expected of one that was measured, and lies between 0 and 1."""

from __future__ import annotations

import math


def expected_share(best: float, deviation: float) -> float:
    """Mean of what lies evenly in [0, 1], once it was measured as `best` with this standard deviation."""
    if not deviation > 1e-6:
        return min(1.0, max(0.0, best))
    low, high = -best / deviation, (1 - best) / deviation
    within = _below(high) - _below(low)
    if within < 1e-9:
        return min(1.0, max(0.0, best))
    return min(1.0, max(0.0, best + deviation * (_density(low) - _density(high)) / within))


def _below(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
