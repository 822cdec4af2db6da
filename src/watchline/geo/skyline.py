"""Where does the ground end and the sky begin?  The terrain's own horizon around one eye.

Theory: along each bearing the highest elevation angle of the ground, lowered by Earth curvature less refraction as in
`sight.py`.  The walk takes steps of half a cell nearby and of a 500th of the range farther out: between two steps the
ground moves by less than the elevation error of any model.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import DROP_LIGHT
from watchline.geo.terrain import Terrain, bilinear

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

STEP_SHARE = 1.0 / 500.0


def skyline(terrain: Terrain, eye_m: F8, bearing_grid_rad: F8, max_range_m: float) -> tuple[F8, F8]:
    """Return elevation (N,) and range (N,) of the skyline along bearings; NaN where the terrain holds nothing.

    eye_m (3,) east, north, height; bearing_grid_rad (N,) clockwise from grid north; max_range_m: where the walk
    ends, as does the terrain: a real ridge behind it would be higher, so give it all there is.
    """
    at = _skyline(
        terrain.height_m,
        terrain.x0_m,
        terrain.y0_m,
        terrain.cell_m,
        np.asarray(eye_m, float),
        np.ascontiguousarray(bearing_grid_rad, dtype=float),
        float(max_range_m),
    )
    return at[:, 0], at[:, 1]


@numba.njit(cache=True)
def _skyline(height: F4, x0: float, y0: float, cell: float, eye: F8, bearing: F8, max_range: float) -> F8:
    out = np.full((bearing.shape[0], 2), np.nan)
    for i in range(bearing.shape[0]):
        sx, sy = np.sin(bearing[i]), np.cos(bearing[i])
        steepest, where = -np.inf, np.nan
        at = cell
        while at <= max_range:
            z = bilinear(height, (eye[0] + sx * at - x0) / cell, (y0 - eye[1] - sy * at) / cell)
            if np.isnan(z):
                break
            slope = (z - DROP_LIGHT * at * at - eye[2]) / at
            if slope > steepest:
                steepest, where = slope, at
            at += max(0.5 * cell, at * STEP_SHARE)
        if steepest > -np.inf:
            out[i, 0], out[i, 1] = np.arctan(steepest), where
    return out
