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
from dataclasses import dataclass

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

EXTINCTION_PER_M = 0.25e-3  # LWIR, clear desert night: effective beta of 8-12 um at 23 km visibility over 3-5 km
SNR50 = 4.0  # SNR at which a confirmed detection is half certain
STEEPNESS = 3.0
P_MAX_CAMERA = 0.95
P_MAX_RADAR = 0.92
P_SLOW_RADAR = 0.05  # a subject below a radar's least radial speed is seen by chance only
P_FENCE = 0.75


@dataclass(frozen=True)
class Crosser:
    """A reference subject.

    contrast_k: apparent difference to night ground; area_m2: seen from the front; height_m: of what shows; speed_m_s:
    on level ground; slope_max: steepest gradient it takes.
    """

    name: str
    contrast_k: float
    area_m2: float
    height_m: float
    speed_m_s: float
    slope_max: float = 1.5


WALKER = Crosser("walker", 4.0, 0.5 * 1.7, 1.7, 1.2)  # 2..8 K in the field for clothed people at night
CRAWLER = Crosser("crawler", 3.0, 0.5 * 0.5, 0.5, 0.35)
RIDER = Crosser("rider", 4.0, 2.0, 2.4, 2.2, slope_max=0.8)
VEHICLE = Crosser("vehicle", 9.0, 2.0 * 1.7, 1.8, 6.0, slope_max=0.45)
CROSSERS = (WALKER, CRAWLER, RIDER, VEHICLE)
SIGHT_SD_M = 1.0  # vertical error of 30 m elevation over a ridge; softens "hidden" and "seen"
HALF_SEEN = 0.7  # share of the height that may be hidden when a subject is half seen

# Columns of the table below, one row per sensor.
KIND, RANGE_MAX, CONTRAST, IFOV, NETD, R50, P_MAX, MIN_SPEED, AREA = range(9)


def performance_table(sensors: tuple[Sensor, ...], crosser: Crosser = WALKER) -> F8:
    """Return (N, 9) the performance of every sensor against a crosser, in the columns named above."""
    rows = np.zeros((len(sensors), 9))
    for n, sensor in enumerate(sensors):
        kind = KINDS[sensor.kind]
        p_max = {KIND_CAMERA: P_MAX_CAMERA, KIND_RADAR: P_MAX_RADAR}.get(kind, P_FENCE)
        ifov_rad = math.radians(sensor.hfov_deg) / sensor.width_px
        rows[n] = (
            kind,
            sensor.max_range_m,
            crosser.contrast_k,
            ifov_rad,
            sensor.netd_k,
            # A radar's SNR falls with R^4 and grows with the area that reflects.
            0.8 * sensor.max_range_m * (crosser.area_m2 / WALKER.area_m2) ** 0.25,
            p_max,
            sensor.min_speed_m_s,
            crosser.area_m2,
        )
    return rows


@numba.njit(cache=True)
def p_detect(row: F8, range_m: float, quality: float, radial_m_s: float) -> float:
    """Return P_d of one look at a subject in sight; 0 beyond the sensor's range.

    row (9,) of `performance_table`; quality 0..1 or NaN (taken as 1); radial_m_s closing speed, radars only.
    """
    if range_m > row[RANGE_MAX] or range_m < 1.0:
        return 0.0
    q = 1.0 if np.isnan(quality) else quality
    if row[KIND] == KIND_CAMERA:
        footprint = (row[IFOV] * range_m) ** 2
        fill = min(1.0, row[AREA] / footprint)
        snr = q * row[CONTRAST] * math.exp(-EXTINCTION_PER_M * range_m) * fill / row[NETD]
        x = (snr / SNR50) ** STEEPNESS
        return float(row[P_MAX] * x / (1.0 + x))
    if row[KIND] == KIND_RADAR:
        p = q * row[P_MAX] / (1.0 + (range_m / row[R50]) ** 8)
        return float(min(p, P_SLOW_RADAR) if abs(radial_m_s) < row[MIN_SPEED] else p)
    return float(q * row[P_MAX])


@numba.njit(cache=True)
def p_in_sight(hidden_m: float, height_m: float) -> float:
    """Return the chance that a subject shows, of which the lowest `hidden_m` are behind terrain; NaN gives 0.

    Logistic in place of the normal law of the elevation's error (sd SIGHT_SD_M), within 0.01 of it.  Unknown sight
    counts as no sight.
    """
    if np.isnan(hidden_m):
        return 0.0
    return float(1.0 / (1.0 + math.exp((hidden_m - HALF_SEEN * height_m) / (0.5513 * SIGHT_SD_M))))
