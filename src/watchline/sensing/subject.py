"""What a subject may be, from its size in metres and from its speed.

Theory: each class has a usual width, height and speed with a spread (field sizes of people, vehicles and the
animals of a steppe); a measured value with its error is compared by Gaussian likelihood, and "unknown" keeps the mean
of the others, so that a poor measurement leaves everything open.  Limits: a far subject is a blob of a few pixels,
so size says little and the error says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

# Over domain.batches.CLASSES without "unknown": person, vehicle, animal.
WIDTH_M = np.array([0.6, 3.6, 1.2])
WIDTH_SD_M = np.array([0.25, 1.2, 0.5])
HEIGHT_M = np.array([1.65, 1.9, 1.2])
HEIGHT_SD_M = np.array([0.3, 0.5, 0.5])
SPEED_M_S = np.array([1.1, 7.0, 1.0])
SPEED_SD_M_S = np.array([0.6, 5.0, 1.0])
UNKNOWN_SHARE = 0.25


def class_of_size(width_m: F8, height_m: F8, sd_m: F8) -> F8:
    """Return (N, 4) probabilities over `CLASSES` for boxes of this size; sd_m (N,) error of both."""
    likelihood = _gauss(width_m, WIDTH_M, WIDTH_SD_M, sd_m) * _gauss(height_m, HEIGHT_M, HEIGHT_SD_M, sd_m)
    return _with_unknown(likelihood)


def with_speed(p_class: F8, speed_m_s: F8, sd_m_s: F8) -> F8:
    """Return (N, 4) what is left of `p_class` once a speed is known; speed_m_s, sd_m_s (N,)."""
    likelihood = _gauss(speed_m_s, SPEED_M_S, SPEED_SD_M_S, sd_m_s)
    joint = p_class * np.column_stack([likelihood, likelihood.mean(axis=1)])
    total = joint.sum(axis=1, keepdims=True)
    return np.where(total > 0, joint / np.where(total > 0, total, 1.0), p_class)


def _gauss(value: F8, mean: F8, sd: F8, error: F8) -> F8:
    spread = np.hypot(sd[None, :], np.asarray(error)[:, None])
    return np.asarray(np.exp(-0.5 * ((np.asarray(value)[:, None] - mean[None, :]) / spread) ** 2) / spread)


def _with_unknown(likelihood: F8) -> F8:
    total = likelihood.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, likelihood / np.where(total > 0, total, 1.0), 1.0 / likelihood.shape[1])
    # The less the classes differ, the more of it is unknown.
    unknown = UNKNOWN_SHARE + (1.0 - UNKNOWN_SHARE) * (1.0 - shares.max(axis=1)) / (1.0 - 1.0 / likelihood.shape[1])
    unknown = np.where(total[:, 0] > 0, unknown, 1.0)
    return np.column_stack([shares * (1.0 - unknown)[:, None], unknown])
