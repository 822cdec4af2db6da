"""What a track may be, once its speed is known; what a detection may be by its size is `kind.py`'s.

Theory: each class has a usual speed with a spread; a measured one with its error is compared by Gaussian
likelihood, and "unknown" keeps the mean of the others, so that a poor measurement leaves everything open.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

# Over domain.batches.CLASSES without "unknown": person, vehicle, animal.
SPEED_M_S = np.array([1.1, 7.0, 1.0])
SPEED_SD_M_S = np.array([0.6, 5.0, 1.0])


def with_speed(p_class: F8, speed_m_s: F8, sd_m_s: F8) -> F8:
    """Return (N, 4) what is left of `p_class` once a speed is known; speed_m_s, sd_m_s (N,)."""
    likelihood = _gauss(speed_m_s, SPEED_M_S, SPEED_SD_M_S, sd_m_s)
    joint = p_class * np.column_stack([likelihood, likelihood.mean(axis=1)])
    total = joint.sum(axis=1, keepdims=True)
    return np.where(total > 0, joint / np.where(total > 0, total, 1.0), p_class)


def _gauss(value: F8, mean: F8, sd: F8, error: F8) -> F8:
    spread = np.hypot(sd[None, :], np.asarray(error)[:, None])
    return np.asarray(np.exp(-0.5 * ((np.asarray(value)[:, None] - mean[None, :]) / spread) ** 2) / spread)
