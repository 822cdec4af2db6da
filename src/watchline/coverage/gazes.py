"""What looks of one camera or radar would have seen of somebody at given places: the other half of `eyes`.

Theory: coverage is -ln(1 - P_d) a look, P_d of `sensing.detection` at that very place, as far as sight leaves it of
these looks together (`seen_of`): behind a ridge it is nothing, however often the cell round it was looked at.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import CELL, COL, RANGE, ROW, TILT, TILT_HALF, Eye, Z, of_a_look, seat_of
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import p_detect, p_in_sight, seen_of

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]


def add_looks(
    out: F8, xy_m: F4, v_m_s: F4, eye: Eye, terrain: Terrain, performance: F8, height_m: float,
    sector_rad: tuple[float, float], range_m: float, quality: float, looks: float,
) -> None:  # fmt: skip
    """Add the coverage of places (N, 2), of somebody who goes at v_m_s (N, 2), by looks of one eye to out (N,).

    sector_rad: grid bearings, the second not below the first; performance (13,); quality NaN where not measured.
    """
    top, left = eye.corner(terrain)
    _add(out, xy_m, v_m_s, eye.need.height_m, terrain.height_m, top, left, eye.x_m, eye.y_m, seat_of(eye),
         performance, height_m, sector_rad[0], sector_rad[1], range_m, quality, looks)  # fmt: skip


@numba.njit(cache=True)
def _add(
    out: F8, xy: F4, v: F4, need: F4, ground: F4, top: int, left: int, x_m: float, y_m: float, seat: F8,
    performance: F8, height_m: float, az0: float, az1: float, range_m: float, quality: float, looks: float,
) -> None:  # fmt: skip
    cell = seat[CELL]
    for n in range(xy.shape[0]):
        dx, dy = xy[n, 0] - x_m, xy[n, 1] - y_m
        distance = math.sqrt(dx * dx + dy * dy)
        if distance > min(range_m, seat[RANGE]) or distance < 1.0:
            continue
        if (math.atan2(dx, dy) - az0) % (2.0 * math.pi) > az1 - az0:
            continue
        r, c = round(seat[ROW] - dy / cell), round(seat[COL] + dx / cell)
        if not (0 <= r < need.shape[0] and 0 <= c < need.shape[1]):
            continue
        up = math.atan2(ground[top + r, left + c] + 0.5 * height_m - seat[Z], distance)
        if abs(up - seat[TILT]) > seat[TILT_HALF]:
            continue
        radial = (v[n, 0] * dx + v[n, 1] * dy) / distance
        in_sight = looks * of_a_look(p_detect(performance, distance, quality, radial))
        out[n] += seen_of(in_sight, p_in_sight(need[r, c], height_m), 1.0)
