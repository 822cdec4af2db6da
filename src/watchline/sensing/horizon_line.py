"""Where the ground's own skyline runs through a camera's picture: whoever looks sees at once whether the camera looks
where the site says.

Theory: the skyline of `geo.skyline` around the eye, put through the pinhole of `camera.Camera`, which holds what was
found out of the pose.  Limits: the elevation model's error, about a metre at the ridge; no trees, houses or haze.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.geo.skyline import skyline
from watchline.geo.terrain import Terrain
from watchline.sensing.camera import Camera

F8 = NDArray[np.float64]

POINTS = 97  # across the picture
FARTHEST_M = 60_000.0
BESIDE = 1.1  # of the picture's width: a rolled camera's corners see more to the sides


def horizon_px(camera: Camera, terrain: Terrain, preset: int = 0) -> F8:
    """Return (N, 2) x and y of the skyline in pixels, left to right; empty where it is out of the picture.

    preset: the stop of a panning head.  NaN rows part it where the terrain holds nothing or it leaves the picture.
    """
    wide, high = camera.sensor.width_px, camera.sensor.height_px
    half = BESIDE * math.atan(0.5 * wide * camera.ifov_rad)
    azimuth = camera.azimuth_rad(preset) + np.linspace(-half, half, POINTS)
    elevation, _ = skyline(terrain, camera.eye_m, azimuth + camera.convergence_rad, FARTHEST_M)
    at = np.column_stack(camera.pixels(azimuth, elevation, preset))
    inside = np.all((at >= -0.5) & (at <= [wide - 0.5, high - 0.5]), axis=1)
    if not inside.any():
        return np.zeros((0, 2))
    at[~inside] = np.nan
    first, last = np.flatnonzero(inside)[[0, -1]]
    return np.asarray(at[first : last + 1])
