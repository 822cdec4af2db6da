"""From a pixel to a place: a camera's pose, the ray through a pixel, and where it meets the ground.

Theory.  Pinhole without distortion; optical axis at (azimuth, tilt), camera rolled about it clockwise seen
from behind; what self-calibration has found (`pose.py`) is added to what the site states, with its errors.

Where along its bearing does a subject stand?  At range r the lowest point of it that shows has the elevation angle
M(r), the highest that ground up to there has: its feet, or what sticks out behind a ridge.  The measured angle of the
box's lower edge is M(r) plus errors of tilt, roll and pixel, and of the heights of mast and terrain over r.  So, with
subjects as likely on one square metre of ground as on the next,

    p(r) ~ r * N(measured; M(r), sd(r)) * (chance that enough shows where a ridge hides, the ridge's height
    being unsure)
             * (hardly anybody is found beyond the camera's stated range)

on steps of one percent of the range.  Its mean is the ellipse's middle.  p(r) has a long tail away from the
camera, so its standard deviation would promise too much: the long axis is chosen so that the ellipse of 2.448
deviations holds 95 % of p(r) and of the bearing's normal law together.  A grazing ray over a plain gets the
long ellipse it deserves, and a ray that could meet either of two ridges one that holds both.

Limits: errors of the pose are common to all subjects of a picture, the ellipse is of one; elevation errors are taken
as constant over the ellipse's length.  Steep cliffs near the camera are stepped over at one percent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor
from watchline.geo.sight import DROP_LIGHT
from watchline.geo.terrain import Terrain, bilinear

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

POINTING_SD_RAD = 0.4e-3  # mast sway and alignment of a surveyed tower head
ROLL_SD_RAD, FOCAL_SD = 2e-3, 2e-3  # of a head levelled by its bubble; of a lens's stated focal length
MAST_SD_M = 0.3  # height of the optics over the ground at the mast, and where on the mast they sit
# Error of the height difference of two places: 2 m at 90 % on slopes below 20 % (Copernicus DEM product
# handbook), but less between places closer than the errors' correlation length, which is some ten cells of 30 m.
RELATIVE_HEIGHT_SD_M, CORRELATION_M = 1.2, 300.0
FOOT_SD_PX, SIDE_SD_PX = 0.7, 0.5  # of a box's lower edge and of its middle
CAMERAS = ("thermal_camera", "drone_camera")
HFOV_MOST_DEG = 179.0  # a plane picture holds less than half of the horizon
# So deep behind a ridge every second person still shows enough to be found, and how that differs; beyond, nobody.
HALF_HIDDEN_M, HALF_HIDDEN_SD_M, DEEPEST_M = 0.6, 0.35, 5.0
SKY_SD = 4.0  # a lower edge so many standard deviations above all ground is seen against the sky
NEAREST_M, STEP_SHARE, MOST_STEPS = 8.0, 0.01, 1000
REACH, RANGE_POWER = 1.5, 12.0  # of the stated range: how far is searched, how sharply finding ends at it
ELLIPSE_95, BISECTIONS = 5.991, 12  # chi-square of 2 degrees of freedom at 95 %


def ifov_rad(sensor: Sensor) -> float:
    """Return the angle of one pixel at the picture's middle; 360 degrees and more count as 179."""
    return 2.0 * math.tan(math.radians(min(sensor.hfov_deg, HFOV_MOST_DEG)) / 2.0) / sensor.width_px


def half_height_rad(sensor: Sensor) -> float:
    """Return half of a camera's field of view up and down; pi for what is no camera: it looks at all heights."""
    if sensor.kind not in CAMERAS:
        return math.pi
    return math.radians(sensor.hfov_deg * sensor.height_px / sensor.width_px) / 2.0


@dataclass(frozen=True)
class Pose:
    """What is added to the stated pose, and how sure that is.

    azimuth_rad, tilt_rad, roll_rad: turns to the right, upwards, and clockwise seen from behind;
    ln_focal: of the true focal length over the stated one; sd (4,) their 1-sigma errors.
    """

    azimuth_rad: float = 0.0
    tilt_rad: float = 0.0
    roll_rad: float = 0.0
    ln_focal: float = 0.0
    sd: F8 = field(default_factory=lambda: np.array([POINTING_SD_RAD, POINTING_SD_RAD, ROLL_SD_RAD, FOCAL_SD]))


@dataclass(frozen=True)
class Camera:
    """A camera in the world.  eye_m (3,) grid position and height; pose: corrections to the site's statement."""

    sensor: Sensor
    eye_m: F8
    convergence_rad: float
    pose: Pose = field(default_factory=Pose)

    @property
    def ifov_rad(self) -> float:
        """Return the angle of one pixel at the picture's middle."""
        return ifov_rad(self.sensor) * math.exp(-self.pose.ln_focal)

    def azimuth_rad(self, preset: int) -> float:
        """Return the true azimuth of the optical axis, at a stop of a panning head."""
        pan = self.sensor.pan
        if pan is None:
            return math.radians(self.sensor.azimuth_deg) + self.pose.azimuth_rad
        stops = np.linspace(pan.from_deg, pan.to_deg, pan.stops)
        return math.radians(float(stops[preset % pan.stops])) + self.pose.azimuth_rad

    @property
    def _tilt_roll_rad(self) -> tuple[float, float]:
        stated = math.radians(self.sensor.tilt_deg), math.radians(self.sensor.roll_deg)
        return stated[0] + self.pose.tilt_rad, stated[1] + self.pose.roll_rad

    def rays(self, x_px: F8, y_px: F8, preset: int) -> tuple[F8, F8]:
        """Return true azimuth and elevation (N,) of the rays through pixels; exact for the pinhole model."""
        tilt, roll = self._tilt_roll_rad
        right = (np.asarray(x_px) - (self.sensor.width_px - 1) / 2.0) * self.ifov_rad
        above = ((self.sensor.height_px - 1) / 2.0 - np.asarray(y_px)) * self.ifov_rad
        u = right * math.cos(roll) + above * math.sin(roll)
        v = above * math.cos(roll) - right * math.sin(roll)
        forward = math.cos(tilt) - v * math.sin(tilt)
        up = math.sin(tilt) + v * math.cos(tilt)
        return self.azimuth_rad(preset) + np.arctan2(u, forward), np.arctan2(up, np.hypot(forward, u))

    def pixels(self, azimuth_rad: F8, elevation_rad: F8, preset: int) -> tuple[F8, F8]:
        """Return x and y (N,) of the pixels at true azimuths and elevations; NaN behind the camera."""
        tilt, roll = self._tilt_roll_rad
        a, e = np.asarray(azimuth_rad) - self.azimuth_rad(preset), np.asarray(elevation_rad)
        across, level, up = np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)
        ahead = level * math.cos(tilt) + up * math.sin(tilt)
        ahead = np.where(ahead > 1e-9, ahead, np.nan)
        u, v = across / ahead, (up * math.cos(tilt) - level * math.sin(tilt)) / ahead
        right, above = u * math.cos(roll) - v * math.sin(roll), v * math.cos(roll) + u * math.sin(roll)
        x = right / self.ifov_rad + (self.sensor.width_px - 1) / 2.0
        return x, (self.sensor.height_px - 1) / 2.0 - above / self.ifov_rad

    def ray_sd_rad(self, x_px: F8, y_px: F8, jitter_px: float) -> tuple[F8, F8]:
        """Return 1-sigma errors (N,) of azimuth and elevation of rays: pose, pixel, and what shake has left."""
        right = (np.asarray(x_px, float) - (self.sensor.width_px - 1) / 2.0) * self.ifov_rad
        above = ((self.sensor.height_px - 1) / 2.0 - np.asarray(y_px, float)) * self.ifov_rad
        azimuth, tilt, roll, focal = self.pose.sd
        shake = min(jitter_px, 3.0) * self.ifov_rad
        side, foot = SIDE_SD_PX * self.ifov_rad, FOOT_SD_PX * self.ifov_rad
        bearing = np.sqrt(azimuth**2 + (roll * above) ** 2 + (focal * right) ** 2 + side**2 + shake**2)
        elevation = np.sqrt(tilt**2 + (roll * right) ** 2 + (focal * above) ** 2 + foot**2 + shake**2)
        return bearing, elevation


@dataclass(frozen=True)
class Located:
    """Places of pixels.  bearing_rad true, range_m along the ground, their 1-sigma errors; NaN range for sky."""

    bearing_rad: F8
    range_m: F8
    sd_bearing_rad: F8
    sd_range_m: F8


def locate(camera: Camera, terrain: Terrain, x_px: F8, foot_px: F8, preset: int, jitter_px: float) -> Located:
    """Return where subjects stand whose lower edges are seen at (x_px, foot_px), both (N,).

    jitter_px: what registration could not take out, added to both errors.  The ellipse of 2.448 standard deviations
    holds 95 % of subjects (measured 93 to 97 %, design/012).
    """
    bearing, elevation = camera.rays(x_px, foot_px, preset)
    sd_bearing, sd_elevation = camera.ray_sd_rad(x_px, foot_px, jitter_px)
    at = _along(
        terrain.height_m,
        terrain.x0_m,
        terrain.y0_m,
        terrain.cell_m,
        camera.eye_m,
        np.ascontiguousarray(bearing + camera.convergence_rad),
        np.ascontiguousarray(elevation),
        np.ascontiguousarray(sd_elevation),
        camera.sensor.max_range_m,
    )
    return Located(bearing, at[:, 0], sd_bearing, at[:, 1])


@numba.njit(cache=True)
def height_sd_m(range_m: float) -> float:
    """Return the error of the height of ground at a range, as seen from the camera: mast and terrain together."""
    terrain = RELATIVE_HEIGHT_SD_M * RELATIVE_HEIGHT_SD_M * (1.0 - math.exp(-range_m / CORRELATION_M))
    return math.sqrt(MAST_SD_M * MAST_SD_M + terrain)


@numba.njit(cache=True)
def p_shows(hidden_m: float, behind_m: float) -> float:
    """Return the chance that enough of a person shows behind a ridge.

    hidden_m: how deep the ground lies below the sight line by the elevation model; behind_m: distance to the
    ridge, over which the model's error grows.  Logistic for the normal law (within 0.01).
    """
    model = RELATIVE_HEIGHT_SD_M * RELATIVE_HEIGHT_SD_M * (1.0 - math.exp(-behind_m / CORRELATION_M))
    sd = math.sqrt(HALF_HIDDEN_SD_M * HALF_HIDDEN_SD_M + model)
    return 1.0 / (1.0 + math.exp((hidden_m - HALF_HIDDEN_M) / (0.5513 * sd)))


@numba.njit(cache=True)
def _along(
    height: F4, x0: float, y0: float, cell: float, eye: F8, bearing: F8, elevation: F8, sd: F8, stated: float
) -> F8:
    """Return (N, 2) mean and deviation of the range, NaN for sky; stated: the camera's range."""
    n = bearing.shape[0]
    out = np.full((n, 2), np.nan)
    weight, where = np.empty(MOST_STEPS), np.empty(MOST_STEPS)
    for i in range(n):
        sx, sy = np.sin(bearing[i]), np.cos(bearing[i])
        highest, ridge, closest = -np.inf, 0.0, np.inf
        count = 0
        at = NEAREST_M
        while at <= REACH * stated:
            z = bilinear(height, (eye[0] + sx * at - x0) / cell, (y0 - eye[1] - sy * at) / cell)
            if np.isnan(z):
                break
            ground = math.atan((z - DROP_LIGHT * at * at - eye[2]) / at)
            if ground > highest:
                highest, ridge = ground, at
            hidden = (highest - ground) * at
            error = math.hypot(sd[i], height_sd_m(at) / at)
            off = (elevation[i] - highest) / error
            closest = min(closest, abs(off))
            step = STEP_SHARE * at
            if hidden < DEEPEST_M and abs(off) < 8.0 and count < MOST_STEPS:
                p = at * step * math.exp(-0.5 * off * off) / error * p_shows(hidden, at - ridge)
                weight[count] = p / (1.0 + (at / stated) ** RANGE_POWER)
                where[count] = at
                count += 1
            at += step
        if closest <= SKY_SD and weight[:count].sum() > 0.0:
            out[i] = _ellipse(where[:count], weight[:count] / weight[:count].sum())
    return out


@numba.njit(cache=True)
def _ellipse(where: F8, weight: F8) -> tuple[float, float]:
    """Return the mean of a law of range, and the deviation with which the ellipse holds 95 % of it and of bearing."""
    mean = np.sum(weight * where)
    spread = max(math.sqrt(np.sum(weight * (where - mean) ** 2)), 0.5 * STEP_SHARE * mean)
    low, high = 0.3 * spread, 3.0 * spread
    for _ in range(BISECTIONS):
        sd = 0.5 * (low + high)
        held = 0.0
        for k in range(len(where)):
            left = ELLIPSE_95 - ((where[k] - mean) / sd) ** 2
            if left > 0.0:
                held += weight[k] * math.erf(math.sqrt(0.5 * left))
        if held < 0.95:
            low = sd
        else:
            high = sd
    return mean, max(0.5 * (low + high), 0.5 * STEP_SHARE * mean)
