"""What a track may be, once its speed is known; what a detection may be by its size is `kind.py`'s.

Theory: each class has a usual speed with a spread; a measured one with its error is compared by Gaussian
likelihood, and "unknown" keeps the mean of the others, so that a poor measurement leaves everything open.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

# Over domain.batches.CLASSES without "unknown": person, vehicle, animal.
SPEED_M_S = np.array([1.1, 7.0, 1.0])
SPEED_SD_M_S = np.array([0.6, 5.0, 1.0])


@numba.njit(cache=True)
def with_speed(p_class: F8, speed_m_s: F8, sd_m_s: F8) -> F8:
    """Return (N, 4) what is left of `p_class` once a speed is known; speed_m_s, sd_m_s (N,)."""
    out = np.empty(p_class.shape)
    for i in range(len(speed_m_s)):
        mean, total = 0.0, 0.0
        for c in range(3):
            spread = math.hypot(SPEED_SD_M_S[c], sd_m_s[i])
            likelihood = math.exp(-0.5 * ((speed_m_s[i] - SPEED_M_S[c]) / spread) ** 2) / spread
            mean += likelihood / 3.0
            out[i, c] = p_class[i, c] * likelihood
            total += out[i, c]
        out[i, 3] = p_class[i, 3] * mean
        total += out[i, 3]
        for c in range(4):
            out[i, c] = out[i, c] / total if total > 0.0 else p_class[i, c]
    return out
