"""What a camera in the air sees of the ground: the outline of its picture on terrain.

Theory: platform and camera each turn by azimuth, elevation and roll, in that order, about down, right and forward
axes (ST 0601: the camera's angles are against the platform).  A pixel at a share (u, v) of the half picture looks
along forward + u tan(hfov / 2) right + v tan(vfov / 2) down.  Each ray of the outline meets the ground by
`sight.ground_from_ray`; those that meet the sky leave the outline open, and it is cut at `max_range_m`.

Limits: pinhole, no lens distortion; the outline is sampled, so ground hidden by a ridge inside it is not cut out:
`viewshed` is for that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import ground_from_ray
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]


def turn(azimuth_rad: float, elevation_rad: float, roll_rad: float) -> F8:
    """Return (3, 3): columns are forward, right, down axes of what turned so, in (north, east, down)."""
    ca, sa = math.cos(azimuth_rad), math.sin(azimuth_rad)
    ce, se = math.cos(elevation_rad), math.sin(elevation_rad)
    cr, sr = math.cos(roll_rad), math.sin(roll_rad)
    about_down = np.array([[ca, -sa, 0.0], [sa, ca, 0.0], [0.0, 0.0, 1.0]])
    about_right = np.array([[ce, 0.0, se], [0.0, 1.0, 0.0], [-se, 0.0, ce]])
    about_forward = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    return np.asarray(about_down @ about_right @ about_forward)


def pixel_rays(axes_ned: F8, uv: F8, hfov_rad: float, vfov_rad: float) -> tuple[F8, F8]:
    """Return bearings (N,) and elevations (N,) of pixels `uv` (N, 2), each -1..1 across the half picture.

    axes_ned (3, 3) of `turn`, platform's times camera's.
    """
    half = np.array([math.tan(hfov_rad / 2), math.tan(vfov_rad / 2)])
    camera = np.column_stack([np.ones(len(uv)), uv * half])
    north, east, down = (camera @ axes_ned.T).T
    return np.arctan2(east, north), np.arctan2(-down, np.hypot(north, east))


def outline_uv(per_side: int) -> F8:
    """Return (4 * per_side, 2): the picture's edge, upper left first, clockwise."""
    t = np.linspace(-1.0, 1.0, per_side, endpoint=False)
    ones = np.ones(per_side)
    sides = [(t, -ones), (ones, t), (-t, ones), (-ones, -t)]
    return np.concatenate([np.column_stack(side) for side in sides])


def footprint_xyz_m(
    terrain: Terrain,
    origin_xyz_m: F8,
    axes_grid: F8,
    fov_rad: tuple[float, float],
    *,
    per_side: int = 8,
    max_range_m: float = 20_000.0,
) -> F8:
    """Return (4 * per_side, 4): where the picture's outline meets the ground (east, north, height, ground range).

    origin_xyz_m (3,) in the terrain's datum; axes_grid: of `turn` with azimuths from grid north; fov_rad: across and
    up.  NaN rows: the sky, beyond `max_range_m`, outside the terrain.
    """
    bearing, elevation = pixel_rays(axes_grid, outline_uv(per_side), *fov_rad)
    steep = np.clip(elevation, -math.radians(89.9), math.radians(89.9))  # straight down has no bearing
    return ground_from_ray(terrain, origin_xyz_m, bearing, steep, max_range_m)
