"""How simulated ground radars err: free-space range law, Doppler blind speeds, clutter.

Theory: signal falls as r^-4; r50 is where half the turns detect.  Slow radial motion is lost in ground clutter.
Errors are 5 m, 10 mrad and 0.2 m/s.  Limits: no multipath, no weather; crawling bodies halve r50.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.sim.camera_model import Eyes, Found, Land, Looks
from watchline.sim.chance import normal, poisson, turned, uniform
from watchline.sim.movers import Bodies, Nodes, place
from watchline.sim.sight import hidden_m

F8 = NDArray[np.float64]

# Range at which half the turns detect, metres, by kind of `sensing.signature`, for a radar stated to reach STATED_M;
# one that is stated to reach farther does so in proportion.
STATED_M = 8000.0
R50_M = np.array([5200.0, 3800.0, 9500.0, 3600.0, 6500.0, 2600.0, 3200.0, 1800.0])
SD_RATE_M_S = 0.2
FALSE_PER_TURN = 0.04  # clutter that passes the radar's own plot filter, whole circle, calm air


@numba.njit(cache=True)
def radar_look(
    n: int,
    look: int,
    looks: Looks,
    eyes: Eyes,
    land: Land,
    nodes: Nodes,
    bodies: Bodies,
    live: NDArray[np.int64],
    outlines: F8,
    r50: F8,
    wind_m_s: F8,
    key: int,
    found: Found,
) -> int:
    """Write what a radar detects in one turn from place `n` on; return the next free place."""
    s, t, number = looks.sensor[look], looks.t_s[look], looks.number[look]
    ex, ey, ez = eyes.x[s], eyes.y[s], eyes.z[s]
    for slot in live:
        x, y, vx, vy, posture, _node = place(nodes, slot, t)
        r = math.hypot(x - ex, y - ey)
        if r > eyes.range_m[s] or r < 50.0 or n >= found.look.shape[0]:
            continue
        bearing = math.atan2(x - ex, y - ey)
        if abs(turned(bearing - looks.bearing[look])) > looks.width[look] / 2:
            continue
        rate = (vx * (x - ex) + vy * (y - ey)) / r
        if abs(rate) < eyes.least_speed[s]:
            continue
        kind = bodies.kind[slot]
        half = r50[kind] * eyes.range_m[s] / STATED_M * (0.5 if posture in (1, 2) else 1.0)
        p = 1.0 - (1.0 - 0.95 / (1.0 + (r / half) ** 8)) ** bodies.ease[slot]
        if uniform(key, number, bodies.id[slot], 60) > p:
            continue
        tall = outlines[posture, kind, 1] + bodies.above_m[slot]
        if hidden_m(land.height, land.x0, land.y0, land.cell, ex, ey, ez, x, y) > 0.7 * tall:
            continue
        body = bodies.id[slot]
        found.body[n] = body
        found.range_rate[n] = rate + SD_RATE_M_S * normal(key, number, body, 63)
        found.t_s[n] = t
        _plot(n, look, s, bearing, r, 12.0 * (half / r), eyes, key, number, body, found)
        n += 1
    share = looks.width[look] / (2 * math.pi)
    mean = FALSE_PER_TURN * share * (1.0 + 0.1 * max(0.0, wind_m_s[eyes.stretch[s]] - 4.0))
    for k in range(poisson(key, number, 0, 64, mean)):
        if n >= found.look.shape[0]:
            break
        r = 150.0 + (eyes.range_m[s] - 150.0) * uniform(key, number, k, 65)
        bearing = looks.bearing[look] + (uniform(key, number, k, 66) - 0.5) * looks.width[look]
        found.body[n] = 0
        found.range_rate[n] = eyes.least_speed[s] * (1.0 + abs(normal(key, number, k, 67)))
        found.t_s[n] = t
        _plot(n, look, s, bearing, r, 4.0, eyes, key, number, 200_000 + k, found)
        n += 1
    return n


@numba.njit(cache=True)
def _plot(
    n: int,
    look: int,
    s: int,
    bearing: float,
    r: float,
    snr: float,
    eyes: Eyes,
    key: int,
    number: int,
    body: int,
    found: Found,
) -> None:
    found.look[n] = look
    found.s_m[n] = np.nan
    found.bearing[n] = bearing + eyes.bias_rad[s] + eyes.sd_bearing_rad[s] * normal(key, number, body, 61)
    found.range_m[n] = max(20.0, r + eyes.sd_range_m[s] * normal(key, number, body, 62))
    found.sd_bearing[n] = eyes.sd_bearing_rad[s]
    found.sd_range[n] = eyes.sd_range_m[s]
    found.snr[n] = snr
    # A plot says little about what it is: fast ones are likely vehicles.
    fast = min(1.0, abs(found.range_rate[n]) / 6.0)
    found.p_class[n, 0] = 0.4 * (1.0 - fast)
    found.p_class[n, 1] = 0.1 + 0.7 * fast
    found.p_class[n, 2] = 0.2 * (1.0 - fast)
    found.p_class[n, 3] = 1.0 - found.p_class[n, 0] - found.p_class[n, 1] - found.p_class[n, 2]
