"""Tracks that say the same: which of two goes."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

MERGE_D2 = 0.1  # tracks nearer than this in their joint error, moving alike, are one
MERGE_SPEED_M_S = 1.5


@numba.njit(cache=True)
def doubles(x: F8, p: F8, confirmed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return (N,) which tracks repeat an older or surer one; x (N, 4), p (N, 4, 4) in order of birth."""
    n = x.shape[0]
    double = np.zeros(n, np.bool_)
    for a in range(n):
        for b in range(a + 1, n):
            dx, dy = x[a, 0] - x[b, 0], x[a, 1] - x[b, 1]
            sxx, syy = p[a, 0, 0] + p[b, 0, 0], p[a, 1, 1] + p[b, 1, 1]
            if double[a] or double[b] or dx * dx > MERGE_D2 * sxx or dy * dy > MERGE_D2 * syy:
                continue
            if (x[a, 2] - x[b, 2]) ** 2 + (x[a, 3] - x[b, 3]) ** 2 > MERGE_SPEED_M_S**2:
                continue
            sxy = p[a, 0, 1] + p[b, 0, 1]
            d2 = (syy * dx * dx - 2.0 * sxy * dx * dy + sxx * dy * dy) / (sxx * syy - sxy * sxy)
            if d2 < MERGE_D2:
                double[b if confirmed[a] >= confirmed[b] else a] = True
    return double
