"""The simulator's own line of sight: what the ground hides from an eye.

Theory: along the ray the steepest slope so far is kept; a target is seen when its own slope is steeper.
Earth curvature less refraction lowers what is far by D^2 * 6/7 / (2 R).  Written apart from `geo.sight`
so that the two can be compared and neither is its own test.

Limits: steps of a third of a cell on the bilinear surface; a ridge thinner than that is stepped over.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain, bilinear

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

DROP_PER_M2 = (6.0 / 7.0) / (2.0 * 6_371_000.0)  # refraction takes back a seventh of the curvature


@numba.njit(cache=True)
def hidden_m(
    height: F4, x0: float, y0: float, cell: float, ox: float, oy: float, oz: float, tx: float, ty: float
) -> float:
    """Return how much of the air above the ground at (tx, ty) is hidden from the eye at (ox, oy, oz), metres.

    0 when the ground itself is seen; infinite where the ray leaves the map.
    """
    dx, dy = tx - ox, ty - oy
    distance = np.sqrt(dx * dx + dy * dy)
    ground = bilinear(height, (tx - x0) / cell, (y0 - ty) / cell)
    if np.isnan(ground):
        return np.inf
    steps = int(distance / (cell / 3.0))
    steepest = -1e9
    for k in range(1, steps):
        at = distance * k / steps
        z = bilinear(height, (ox + dx * k / steps - x0) / cell, (y0 - oy - dy * k / steps) / cell)
        if np.isnan(z):
            return np.inf
        slope = (z - DROP_PER_M2 * at * at - oz) / at
        if slope > steepest:
            steepest = slope
    needed = oz + steepest * distance + DROP_PER_M2 * distance * distance
    return float(max(0.0, needed - ground))


@numba.njit(cache=True)
def _fan(height: F4, x0: float, y0: float, cell: float, eye: F8, bearing: F8, ranges: F8) -> F8:
    out = np.empty((bearing.shape[0], ranges.shape[0]))
    for i in range(bearing.shape[0]):
        for j in range(ranges.shape[0]):
            tx = eye[0] + np.sin(bearing[i]) * ranges[j]
            ty = eye[1] + np.cos(bearing[i]) * ranges[j]
            out[i, j] = hidden_m(height, x0, y0, cell, eye[0], eye[1], eye[2], tx, ty)
    return out


@numba.njit(cache=True)
def _mark_seen(
    height: F4,
    x0: float,
    y0: float,
    cell: float,
    eye: F8,
    reach: float,
    tall: float,
    seen: NDArray[np.float32],
    sx0: float,
    sy0: float,
    scell: float,
) -> None:
    rows, cols = seen.shape
    c0, c1 = int((eye[0] - reach - sx0) / scell), int((eye[0] + reach - sx0) / scell)
    r0, r1 = int((sy0 - eye[1] - reach) / scell), int((sy0 - eye[1] + reach) / scell)
    for r in range(max(0, r0), min(rows, r1 + 1)):
        for c in range(max(0, c0), min(cols, c1 + 1)):
            tx, ty = sx0 + c * scell, sy0 - r * scell
            away = np.hypot(tx - eye[0], ty - eye[1])
            if away > reach or away < 1.0:
                continue
            if hidden_m(height, x0, y0, cell, eye[0], eye[1], eye[2], tx, ty) < tall:
                seen[r, c] += 1.0


def fan_hidden_m(terrain: Terrain, eye_xyz_m: F8, bearing_grid_rad: F8, range_m: F8) -> F8:
    """Return (B, R) hidden heights along B grid bearings at R ranges from one eye."""
    t = terrain
    return _fan(t.height_m, t.x0_m, t.y0_m, t.cell_m, eye_xyz_m, bearing_grid_rad, range_m)


def eyes_per_cell(
    terrain: Terrain, eyes_xyz_m: F8, reach_m: F8, x0_m: float, y0_m: float, shape: tuple[int, int], cell_m: float
) -> F4:
    """Return (rows, cols) how many of the eyes see a standing person, on a grid of its own."""
    seen = np.zeros(shape, np.float32)
    t = terrain
    for eye, reach in zip(eyes_xyz_m, reach_m, strict=True):
        _mark_seen(t.height_m, t.x0_m, t.y0_m, t.cell_m, eye, float(reach), 1.5, seen, x0_m, y0_m, cell_m)
    return seen
