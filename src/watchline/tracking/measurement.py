"""What a detection says about a state: innovation, its covariance, and the update.

Bearing-range detections are used in polar form with their errors at the PREDICTED range, so that a
camera's poor range does not bend its good bearing; chainage hits of a fence are used as positions.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

MAX_RANGE_SHARE_SD = 0.2  # a camera's range error never counts as more than this share of the range


@numba.njit(cache=True)
def innovate(x: F8, p: F8, sensor_xy: F8, z: F8, r: F8, polar: bool, nu: F8, h: F8, s: F8) -> float:
    """Fill innovation nu (2,), Jacobian h (2, 2) by position and covariance s (2, 2); return its log density.

    z (2,) grid bearing and range, or grid position; r (2,) their 1-sigma errors, for positions along
    the axes of `h` (identity).
    """
    if polar:
        dx, dy = x[0] - sensor_xy[0], x[1] - sensor_xy[1]
        range_m = max(math.sqrt(dx * dx + dy * dy), 1.0)
        nu[0] = (z[0] - math.atan2(dx, dy) + math.pi) % (2 * math.pi) - math.pi
        nu[1] = z[1] - range_m
        h[0, 0], h[0, 1] = dy / range_m**2, -dx / range_m**2
        h[1, 0], h[1, 1] = dx / range_m, dy / range_m
    else:
        nu[0], nu[1] = z[0] - x[0], z[1] - x[1]
        h[0, 0], h[0, 1], h[1, 0], h[1, 1] = 1.0, 0.0, 0.0, 1.0
    for a in range(2):
        for b in range(2):
            total = 0.0
            for c in range(2):
                for d in range(2):
                    total += h[a, c] * p[c, d] * h[b, d]
            s[a, b] = total + (r[a] * r[a] if a == b else 0.0)
    det = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
    if det <= 0.0:
        return -np.inf
    d2 = (s[1, 1] * nu[0] ** 2 - (s[0, 1] + s[1, 0]) * nu[0] * nu[1] + s[0, 0] * nu[1] ** 2) / det
    return float(-0.5 * d2 - 0.5 * math.log(det) - math.log(2 * math.pi))


@numba.njit(cache=True)
def gain(p: F8, h: F8, s: F8, k: F8) -> None:
    """Fill the Kalman gain k (4, 2)."""
    det = s[0, 0] * s[1, 1] - s[0, 1] * s[1, 0]
    i00, i01, i11 = s[1, 1] / det, -s[0, 1] / det, s[0, 0] / det
    for a in range(4):
        u = p[a, 0] * h[0, 0] + p[a, 1] * h[0, 1]
        v = p[a, 0] * h[1, 0] + p[a, 1] * h[1, 1]
        k[a, 0] = u * i00 + v * i01
        k[a, 1] = u * i01 + v * i11
