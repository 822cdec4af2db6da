"""How simulated fence sensors err: a touch gives one to three hits, wind gives false ones."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sim.camera_model import Eyes, Found, Looks
from watchline.sim.chance import normal, poisson, uniform

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

SD_M = 15.0
FALSE_PER_KM_H = 0.4  # calm air; grows with the square of wind over 6 m/s
KEPT = 128


class Touches(NamedTuple):
    """Hits to be reported, (KEPT,) used again in turn: time, chainage, and which fence sensor feels it."""

    t_s: F8
    s_m: F8
    sensor: I4


class Wires(NamedTuple):
    """Stretch of every sensor, (S,): chainage from and to; equal for those that are no wire."""

    from_m: F8
    to_m: F8


@numba.njit(cache=True)
def fence_look(
    n: int, look: int, looks: Looks, eyes: Eyes, wires: Wires, touches: Touches, wind_m_s: F8, key: int, found: Found
) -> int:
    """Write the hits of one fence sensor since its last report, from place `n` on; return the next free place."""
    s, t, number, period = looks.sensor[look], looks.t_s[look], looks.number[look], looks.width[look]
    for k in range(touches.t_s.shape[0]):
        if touches.sensor[k] != s or not t - period < touches.t_s[k] <= t or n >= found.look.shape[0]:
            continue
        error = SD_M * normal(key, number, k, 80)
        _hit(n, look, touches.t_s[k], touches.s_m[k] + error, 6.0 + 6.0 * uniform(key, number, k, 82), found)
        found.body[n] = -1
        n += 1
    windy = 1.0 + (max(0.0, wind_m_s[eyes.stretch[s]] - 6.0) / 4.0) ** 2
    mean = FALSE_PER_KM_H * windy * (wires.to_m[s] - wires.from_m[s]) / 1000.0 * period / 3600.0
    for k in range(poisson(key, number, 0, 83, mean)):
        if n >= found.look.shape[0]:
            break
        at = wires.from_m[s] + uniform(key, number, k, 84) * (wires.to_m[s] - wires.from_m[s])
        _hit(n, look, t - period * uniform(key, number, k, 85), at, 4.0 + 2.0 * uniform(key, number, k, 86), found)
        found.body[n] = 0
        n += 1
    return n


@numba.njit(cache=True)
def _hit(n: int, look: int, t_s: float, s_m: float, snr: float, found: Found) -> None:
    found.look[n] = look
    found.t_s[n] = t_s
    found.s_m[n] = s_m
    found.bearing[n] = np.nan
    found.range_m[n] = np.nan
    found.sd_bearing[n] = np.nan
    found.sd_range[n] = np.nan
    found.range_rate[n] = np.nan
    found.snr[n] = snr
    found.p_class[n, 0] = 0.4
    found.p_class[n, 1] = 0.05
    found.p_class[n, 2] = 0.15
    found.p_class[n, 3] = 0.4
