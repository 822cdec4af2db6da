"""From a pixel to a place: a camera's pose, the ray through a pixel, and where it meets the ground.

Theory: pinhole camera without distortion, optical axis at (azimuth, tilt), no roll; the ray is met with the
terrain (`geo.sight.ground_from_ray`).  The error along the range comes from the error of the ray's elevation:
range is found again for rays raised and lowered by it, so that a grazing ray over a plain gets the long
ellipse it deserves.  Limits: a subject hidden below the knee is placed too far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor
from watchline.geo.sight import ground_from_ray
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]

POINTING_SD_RAD = 0.4e-3  # mast sway and alignment of a surveyed tower head
HFOV_MOST_DEG = 179.0  # a plane picture holds less than half of the horizon
RANGE_SHARE_MAX = 0.5  # a range that is not known better than this is still a range


def ifov_rad(sensor: Sensor) -> float:
    """Return the angle of one pixel at the picture's middle; 360 degrees and more count as 179."""
    return 2.0 * math.tan(math.radians(min(sensor.hfov_deg, HFOV_MOST_DEG)) / 2.0) / sensor.width_px


@dataclass(frozen=True)
class Camera:
    """A camera in the world.  eye_m (3,) grid position and height; ifov_rad of one pixel."""

    sensor: Sensor
    eye_m: F8
    convergence_rad: float

    @property
    def ifov_rad(self) -> float:
        """Return the angle of one pixel at the picture's middle."""
        return ifov_rad(self.sensor)

    def azimuth_rad(self, preset: int) -> float:
        """Return the true azimuth of the optical axis, at a stop of a panning head."""
        pan = self.sensor.pan
        if pan is None:
            return math.radians(self.sensor.azimuth_deg)
        return math.radians(float(np.linspace(pan.from_deg, pan.to_deg, pan.stops)[preset % pan.stops]))

    def rays(self, x_px: F8, y_px: F8, preset: int) -> tuple[F8, F8]:
        """Return true azimuth and elevation (N,) of the rays through pixels; exact for the pinhole model."""
        u = (np.asarray(x_px) - (self.sensor.width_px - 1) / 2.0) * self.ifov_rad
        v = ((self.sensor.height_px - 1) / 2.0 - np.asarray(y_px)) * self.ifov_rad
        tilt = math.radians(self.sensor.tilt_deg)
        forward = math.cos(tilt) - v * math.sin(tilt)
        up = math.sin(tilt) + v * math.cos(tilt)
        return self.azimuth_rad(preset) + np.arctan2(u, forward), np.arctan2(up, np.hypot(forward, u))


@dataclass(frozen=True)
class Located:
    """Places of pixels.  bearing_rad true, range_m along the ground, their 1-sigma errors; NaN range for sky."""

    bearing_rad: F8
    range_m: F8
    sd_bearing_rad: F8
    sd_range_m: F8


def locate(camera: Camera, terrain: Terrain, x_px: F8, foot_px: F8, preset: int, jitter_px: float) -> Located:
    """Return where subjects stand whose feet are seen at (x_px, foot_px), both (N,).

    jitter_px: what registration could not take out, added to both errors.
    """
    bearing, elevation = camera.rays(x_px, foot_px, preset)
    sd = math.hypot(POINTING_SD_RAD, (0.5 + min(jitter_px, 3.0)) * camera.ifov_rad)
    reach = camera.sensor.max_range_m * 1.5
    grid_bearing = bearing + camera.convergence_rad
    here = ground_from_ray(terrain, camera.eye_m, grid_bearing, elevation, reach)[:, 3]
    near = ground_from_ray(terrain, camera.eye_m, grid_bearing, elevation - sd, reach)[:, 3]
    far = ground_from_ray(terrain, camera.eye_m, grid_bearing, elevation + sd, reach)[:, 3]
    far = np.where(np.isnan(far), here * (1.0 + RANGE_SHARE_MAX), far)
    sd_range = np.clip((far - near) / 2.0, 5.0, RANGE_SHARE_MAX * here)
    return Located(bearing, here, np.full(len(bearing), sd), sd_range)
