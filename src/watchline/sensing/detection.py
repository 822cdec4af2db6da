"""How likely one look of a sensor reports a subject that stands in its sight: the prior P_d.

Theory (cameras): a subject fills part of a pixel or more; its contrast, weakened by the air, over the camera's
noise gives SNR(R) = q dT tau(R) min(1, A / (ifov R)^2) / NETD with tau = exp(-beta R), and
P_d = p_max x^k / (1 + x^k), x = SNR / SNR50: the transfer function's shape (mathematics of Ratches and Holst) on SNR.
Radars: SNR falls with R^4 from a range r50 at which P_d is half of p_max.
Fence and ground sensors: a constant.

Rules: everything that needs a P_d reads it here; quality q (0..1) is the sensor's own measured contrast over its
nominal; unknown quality counts as nominal here and is the caller's to judge.
Limits: a prior.  What the sensor really does is learned elsewhere and is not in this file yet.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_CAMERA, KIND_FENCE, KIND_GROUND, KIND_RADAR
from watchline.domain.site import Sensor

F8 = NDArray[np.float64]

KINDS = {
    "thermal_camera": KIND_CAMERA,
    "drone_camera": KIND_CAMERA,
    "radar": KIND_RADAR,
    "fence_sensor": KIND_FENCE,
    "ground_sensor": KIND_GROUND,
}

WALKER_CONTRAST_K = 4.0  # clothed person over night ground, apparent; 2..8 K in the field
WALKER_AREA_M2 = 0.5 * 1.7  # frontal area of a walker
EXTINCTION_PER_M = 0.25e-3  # LWIR, clear desert night: effective beta of 8-12 um at 23 km visibility over 3-5 km
SNR50 = 4.0  # SNR at which a confirmed detection is half certain
STEEPNESS = 3.0
P_MAX_CAMERA = 0.95
P_MAX_RADAR = 0.92
P_SLOW_RADAR = 0.05  # a subject below a radar's least radial speed is seen by chance only
P_FENCE = 0.75

# Columns of the table below, one row per sensor.
KIND, RANGE_MAX, CONTRAST, IFOV, NETD, R50, P_MAX, MIN_SPEED = range(8)


def performance_table(sensors: tuple[Sensor, ...]) -> F8:
    """Return (N, 8) the performance of every sensor, in the columns named above."""
    rows = np.zeros((len(sensors), 8))
    for n, sensor in enumerate(sensors):
        kind = KINDS[sensor.kind]
        p_max = {KIND_CAMERA: P_MAX_CAMERA, KIND_RADAR: P_MAX_RADAR}.get(kind, P_FENCE)
        ifov_rad = math.radians(sensor.hfov_deg) / sensor.width_px
        rows[n] = (
            kind,
            sensor.max_range_m,
            WALKER_CONTRAST_K,
            ifov_rad,
            sensor.netd_k,
            0.8 * sensor.max_range_m,
            p_max,
            sensor.min_speed_m_s,
        )
    return rows


@numba.njit(cache=True)
def p_detect(row: F8, range_m: float, quality: float, radial_m_s: float) -> float:
    """Return P_d of one look at a walker in sight; 0 beyond the sensor's range.

    row (8,) of `performance_table`; quality 0..1 or NaN (taken as 1); radial_m_s closing speed, radars only.
    """
    if range_m > row[RANGE_MAX] or range_m < 1.0:
        return 0.0
    q = 1.0 if np.isnan(quality) else quality
    if row[KIND] == KIND_CAMERA:
        footprint = (row[IFOV] * range_m) ** 2
        fill = min(1.0, WALKER_AREA_M2 / footprint)
        snr = q * row[CONTRAST] * math.exp(-EXTINCTION_PER_M * range_m) * fill / row[NETD]
        x = (snr / SNR50) ** STEEPNESS
        return float(row[P_MAX] * x / (1.0 + x))
    if row[KIND] == KIND_RADAR:
        p = q * row[P_MAX] / (1.0 + (range_m / row[R50]) ** 8)
        return float(min(p, P_SLOW_RADAR) if abs(radial_m_s) < row[MIN_SPEED] else p)
    return float(q * row[P_MAX])
