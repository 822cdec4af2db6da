"""Line of sight over terrain: what hides a subject, and where a camera's ray meets the ground.

Theory: heights are lowered by Earth curvature less refraction along the ray,
drop = (1 - k) D^2 / (2 R), k = 1/7 for light (GDAL `gdal_viewshed -cc` 0.857).  Both functions walk the
ray in steps of half a cell on the bilinear surface.

Limits: a ridge narrower than half a cell can be stepped over; the exact field over whole areas is another
product.  Voids (NaN) block nothing and are reported as unknown by returning NaN.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain, bilinear

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

MEAN_EARTH_RADIUS_M = 6_371_008.8  # IUGG mean radius R1
REFRACTION_LIGHT = 1 / 7  # share of curvature that refraction takes back, visible and thermal light
REFRACTION_RADIO = 1 / 4  # effective Earth radius 4/3, ITU-R P.310 standard refraction
DROP_LIGHT = (1.0 - REFRACTION_LIGHT) / (2.0 * MEAN_EARTH_RADIUS_M)  # 1/m; times distance^2 is the drop
DROP_RADIO = (1.0 - REFRACTION_RADIO) / (2.0 * MEAN_EARTH_RADIUS_M)


def curvature_drop_m(distance_m: F8, refraction_k: float = REFRACTION_LIGHT) -> F8:
    """Return how far the ground drops below the observer's horizontal plane.

    distance_m (...,) metres along the ground; refraction_k in [0, 1), 1/7 for light, 1/4 for radio.
    Parabola for the arc: short by under 6 mm at 50 km.  Source: GDAL `gdal_viewshed -cc`.

    >>> curvature_drop_m(np.array([0.0, 10_000.0])).round(2).tolist()
    [0.0, 6.73]
    """
    if not 0.0 <= refraction_k < 1.0:
        raise ValueError(f"refraction_k must be in [0, 1), got {refraction_k}")
    return (1.0 - refraction_k) * distance_m**2 / (2.0 * MEAN_EARTH_RADIUS_M)


def least_visible_height_m(
    terrain: Terrain, observer_xyz_m: F8, target_xy_m: F8, refraction_k: float = REFRACTION_LIGHT
) -> F8:
    """Return (N,) how high above ground a target must reach to be seen, 0 when the ground itself is seen.

    observer_xyz_m (N, 3) east, north and height above the terrain's datum; target_xy_m (N, 2); refraction_k: 1/7 for
    light, 1/4 for radio.
    NaN where either end or the ray leaves the terrain or touches a void.
    """
    return _least_visible(
        terrain.height_m,
        terrain.x0_m,
        terrain.y0_m,
        terrain.cell_m,
        observer_xyz_m,
        target_xy_m,
        (1.0 - refraction_k) / (2.0 * MEAN_EARTH_RADIUS_M),
    )


def ground_from_ray(
    terrain: Terrain, origin_xyz_m: F8, bearing_grid_rad: F8, elevation_rad: F8, max_range_m: float
) -> F8:
    """Return (N, 4) where rays meet the ground: east, north, height, ground range; NaN rows for sky.

    origin_xyz_m (3,); bearing_grid_rad (N,) clockwise from grid north; elevation_rad (N,) up from horizontal.
    The crossing is refined linearly inside the half-cell step: under 1 m of range on slopes met at 1 deg or more.
    """
    return _ground(
        terrain.height_m,
        terrain.x0_m,
        terrain.y0_m,
        terrain.cell_m,
        np.asarray(origin_xyz_m, float),
        np.ascontiguousarray(bearing_grid_rad, dtype=float),
        np.ascontiguousarray(elevation_rad, dtype=float),
        float(max_range_m),
        DROP_LIGHT,
    )


@numba.njit(cache=True)
def ray_least_visible(
    height: F4, x0: float, y0: float, cell: float, ox: float, oy: float, oz: float, tx: float, ty: float, drop: float
) -> float:
    """Return `least_visible_height_m` for one observer and one target; for use inside other compiled loops.

    drop: (1 - k) / (2 R), so that drop * distance^2 is the curvature drop.
    """
    dx, dy = tx - ox, ty - oy
    distance = np.sqrt(dx * dx + dy * dy)
    ground = bilinear(height, (tx - x0) / cell, (y0 - ty) / cell)
    if np.isnan(ground):
        return np.nan
    steps = int(distance / (0.5 * cell))
    steepest = -np.inf
    for k in range(1, steps):
        f = k / steps
        at = f * distance
        z = bilinear(height, (ox + f * dx - x0) / cell, (y0 - oy - f * dy) / cell)
        slope = (z - drop * at * at - oz) / at
        if np.isnan(slope):
            return np.nan
        steepest = max(steepest, slope)
    if steepest == -np.inf:
        return 0.0
    return float(max(0.0, oz + steepest * distance + drop * distance * distance - ground))


@numba.njit(cache=True)
def _least_visible(height: F4, x0: float, y0: float, cell: float, observers: F8, targets: F8, drop: float) -> F8:
    out = np.empty(targets.shape[0])
    for i in range(targets.shape[0]):
        out[i] = ray_least_visible(
            height,
            x0,
            y0,
            cell,
            observers[i, 0],
            observers[i, 1],
            observers[i, 2],
            targets[i, 0],
            targets[i, 1],
            drop,
        )
    return out


@numba.njit(cache=True)
def _ground(
    height: F4,
    x0: float,
    y0: float,
    cell: float,
    origin: F8,
    bearing: F8,
    elevation: F8,
    max_range: float,
    drop: float,
) -> F8:
    n = bearing.shape[0]
    out = np.full((n, 4), np.nan)
    step = 0.5 * cell
    for i in range(n):
        sx, sy, slope = np.sin(bearing[i]), np.cos(bearing[i]), np.tan(elevation[i])
        before, at_before = np.nan, 0.0
        # Start close by: a low mast looking down steeply meets the ground within the first cells.
        at = 1.0
        while at <= max_range:
            z = bilinear(height, (origin[0] + sx * at - x0) / cell, (y0 - origin[1] - sy * at) / cell)
            if np.isnan(z):
                break
            gap = origin[2] + slope * at + drop * at * at - z
            if gap <= 0.0:
                f = 1.0 if np.isnan(before) else before / (before - gap)
                hit = at_before + f * (at - at_before) if not np.isnan(before) else at
                hx, hy = origin[0] + sx * hit, origin[1] + sy * hit
                out[i, 0], out[i, 1] = hx, hy
                out[i, 2] = bilinear(height, (hx - x0) / cell, (y0 - hy) / cell)
                out[i, 3] = hit
                break
            before, at_before = gap, at
            at += min(step, max(2.0, 0.05 * at))
    return out
