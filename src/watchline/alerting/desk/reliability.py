"""Whether probabilities that were said came true: reliability diagram, Brier score, Spiegelhalter's Z.

Source: Brier (1950); Murphy (1973) for its parts; Spiegelhalter (1986), Statistics in Medicine 5: under probabilities
that are right, Z is standard normal, so |Z| above 3 says that they are not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

BINS = 10
Z_95 = 1.6449  # standard normal, one-sided 95 %: intervals are 5 to 95 %


@dataclass(frozen=True)
class Bin:
    """Alerts whose probability lay in [low, high): how many, what was said on average, what share came true.

    p_least, p_most: 5 to 95 % of the true share.
    """

    low: float
    high: float
    count: int
    p_said: float
    p_true: float
    p_least: float
    p_most: float


def wilson(true: int, count: int) -> tuple[float, float]:
    """Return 5 and 95 % of a share of which `true` of `count` were seen; 0 and 1 when nothing was.

    Source: Wilson (1927); near the ends and for few it covers what it claims, unlike p +- z sd.
    """
    if count == 0:
        return 0.0, 1.0
    share, z2 = true / count, Z_95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z_95 / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Reliability:
    """count alerts; brier and z are None where they say nothing: no alert, or only probabilities of 0, 1/2 and 1."""

    count: int
    brier: float | None
    z: float | None
    bins: tuple[Bin, ...]


def reliability(p: F8, came_true: NDArray[np.bool_]) -> Reliability:
    """Return how probabilities (N,) compare with what happened (N,)."""
    y = came_true.astype(float)
    if len(p) == 0:
        return Reliability(0, None, None, ())
    return Reliability(len(p), float(np.mean((p - y) ** 2)), spiegelhalter_z(p, came_true), _bins(p, y))


def spiegelhalter_z(p: F8, came_true: NDArray[np.bool_]) -> float | None:
    """Return Z, None where its variance is zero."""
    weight = 1.0 - 2.0 * p
    variance = float(np.sum(weight**2 * p * (1.0 - p)))
    if variance <= 0.0:
        return None
    return float(np.sum((came_true.astype(float) - p) * weight)) / math.sqrt(variance)


def _bins(p: F8, y: F8) -> tuple[Bin, ...]:
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    out = []
    for k in range(BINS):
        here = place == k
        count = int(here.sum())
        if count:
            least, most = wilson(int(y[here].sum()), count)
            p_said, p_true = float(p[here].mean()), float(y[here].mean())
            out.append(Bin(k / BINS, (k + 1) / BINS, count, p_said, p_true, least, most))
    return tuple(out)
