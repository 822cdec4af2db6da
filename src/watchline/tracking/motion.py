"""How a subject moves between looks: nearly constant velocity, and how long it goes on existing."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

ACCELERATION_PSD = 0.05  # m^2/s^3; a walker turns or stops within about 10 s, a vehicle is caught by a wide gate
LIFETIME_S = 900.0  # 1/e time of a subject that nobody looks at: leaves, or lies hidden


@numba.njit(cache=True)
def predict(x: F8, p: F8, dt_s: float) -> None:
    """Move the state x (4,) east, north, ve, vn and its covariance p (4, 4) forward by dt_s, in place."""
    x[0] += dt_s * x[2]
    x[1] += dt_s * x[3]
    for a in range(2):
        b = a + 2
        for c in range(4):
            p[a, c] += dt_s * p[b, c]
    for a in range(2):
        b = a + 2
        for c in range(4):
            p[c, a] += dt_s * p[c, b]
    q = ACCELERATION_PSD
    for a in range(2):
        b = a + 2
        p[a, a] += q * dt_s**3 / 3
        p[a, b] += q * dt_s**2 / 2
        p[b, a] += q * dt_s**2 / 2
        p[b, b] += q * dt_s


@numba.njit(cache=True)
def survival(dt_s: float) -> float:
    """Return the probability that a subject is still there after dt_s without a look at it."""
    return math.exp(-dt_s / LIFETIME_S)
