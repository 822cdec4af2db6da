"""Find out where a camera really looks: from landmarks, from the skyline, from own units that say where they are.

Theory.  Five unknowns: turns of azimuth, tilt and roll, the logarithm of the focal length over the stated one,
and the height of the eye over the terrain's datum, whose error (elevation model under the mast, mast) all
sightings share; each with a normal prior.  Each sighting of a known place gives two residuals in pixels, each
skyline pixel one in elevation (the terrain's horizon at its azimuth, less the ray's elevation).  Each is
divided by its own error: pixels, the place's, the elevation model's.  Gauss-Newton with Huber's weights finds
the mode (Huber 1981, ch. 7), the inverse of its normal matrix is the covariance.  A skyline fits in more than
one azimuth: all within three standard deviations are tried first, and the one with the smallest sum of
absolute residuals is where Gauss-Newton begins. An elevation model errs alike over some `CORRELATION_M`, so neither
the skyline's residuals nor places close together whose height is the model's are independent witnesses: every
azimuth stretch on one ridge (`RIDGE_M` of its length) counts once, however many pixels it covers, and the heights of
one patch of ground count once, however many fixes lie on it.

Rules: pure; never better than told: the errors that the fit claims include the model's.  A flat skyline tells
tilt and roll and nothing of the azimuth; the covariance says so.
Limits: no lens distortion; where the mast stands is taken as known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import curvature_drop_m
from watchline.geo.skyline import skyline
from watchline.geo.terrain import Terrain
from watchline.sensing.camera import CORRELATION_M, MAST_SD_M, RELATIVE_HEIGHT_SD_M, Camera, Pose

F8 = NDArray[np.float64]

ROUNDS = 25
CLOSE = 1e-4  # of the prior's standard deviations
HUBER = 2.0  # residuals in standard deviations beyond which a sighting counts less
NUDGE = 1e-3  # of the prior's standard deviations, for derivatives
RIDGE_M = 300.0  # along a skyline over which an elevation model errs alike (`camera.CORRELATION_M`)
SKY_FINE_RAD = 0.25e-3
NEAR_SKYLINE_M = 300.0  # a nearer skyline is a bush or a wall, which no elevation model has
PARAMETERS = 5
# One place's share of the error of a height difference.
MODEL_SD_M = RELATIVE_HEIGHT_SD_M / math.sqrt(2.0)
EYE_SD_M = math.hypot(MODEL_SD_M, MAST_SD_M)
TRY_RAD = 0.5e-3  # step of the azimuths that are tried


@dataclass(frozen=True)
class Sightings:
    """Known places seen in the picture.

    x_px, y_px (N,) where; place_m (N, 3) east, north, height on the terrain's datum; sd_place_m (N, 2) error of
    east and north each, and of the height; sd_px (N,) error in the picture; of_model (N,) whether the height is
    the elevation model's.
    """

    x_px: F8
    y_px: F8
    place_m: F8
    sd_place_m: F8
    sd_px: F8
    of_model: NDArray[np.bool_]

    @classmethod
    def join(cls, parts: list[Sightings]) -> Sightings:
        """Return all sightings together; none from no parts."""
        if not parts:
            none = np.zeros(0)
            return cls(none, none, np.zeros((0, 3)), np.zeros((0, 2)), none, np.zeros(0, bool))
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in cls.__dataclass_fields__))


@dataclass(frozen=True)
class Horizon:
    """The skyline in the picture: y_px (N,) at x_px (N,), each good to sd_px."""

    x_px: F8
    y_px: F8
    sd_px: float


@dataclass(frozen=True)
class Fit:
    """camera: with the found pose, its errors and its eye's height; eye_sd_m: error of that height; rms: of the
    residuals, about 1 when the errors are as told; used: how many residuals counted fully; rounds it took."""

    camera: Camera
    eye_sd_m: float
    rms: float
    used: int
    rounds: int


def calibrate(
    camera: Camera, terrain: Terrain, seen: Sightings, horizon: Horizon | None = None, preset: int = 0
) -> Fit:
    """Return the pose that explains what was seen, starting from the camera's own pose and its errors.

    Raises ValueError when there is nothing to go by: nothing seen, or nothing that the terrain knows.
    """
    if len(seen.x_px) == 0 and horizon is None:
        raise ValueError("seen: a pose needs a sighting or a horizon")
    sd = np.append(np.asarray(camera.pose.sd, float), EYE_SD_M)
    seen = _once_a_patch(seen)
    sky = None if horizon is None else _Sky(camera, terrain, horizon, preset)
    step, rounds = _start(camera, seen, sky, sd, preset), 0
    while rounds < ROUNDS:
        rounds += 1
        residual, slope = _linearised(camera, seen, sky, step, sd, preset)
        if len(residual) == 0:
            raise ValueError("horizon: none of it lies on ground that the terrain holds")
        weight = np.minimum(1.0, HUBER / np.maximum(np.abs(residual), 1e-9))
        normal = slope.T @ (slope * weight[:, None]) + np.eye(PARAMETERS)
        change = np.linalg.solve(normal, -slope.T @ (weight * residual) - step)
        step = step + np.clip(change, -1.0, 1.0)
        if np.abs(change).max() < CLOSE:
            break
    errors = sd * np.sqrt(np.diagonal(np.linalg.inv(normal)))
    found = _posed(camera, step * sd)
    found = replace(found, pose=replace(found.pose, sd=errors[:4]))
    rms = float(np.sqrt(np.average(residual**2, weights=weight)))
    return Fit(found, float(errors[4]), rms, int(np.sum(weight >= 1.0)), rounds)


def _once_a_patch(seen: Sightings) -> Sightings:
    """Return the sightings with the errors of the model's heights grown by the root of how many lie on one patch."""
    east, north = seen.place_m[seen.of_model, :2].T
    apart = np.hypot(east[:, None] - east, north[:, None] - north)
    sd = seen.sd_place_m.copy()
    sd[seen.of_model, 1] *= np.sqrt(np.exp(-apart / CORRELATION_M).sum(axis=1))
    return replace(seen, sd_place_m=sd)


def _posed(camera: Camera, change: F8) -> Camera:
    """Return the camera with its pose and eye changed by (5,)."""
    pose, by = camera.pose, [float(v) for v in change]
    turned = Pose(
        pose.azimuth_rad + by[0], pose.tilt_rad + by[1], pose.roll_rad + by[2], pose.ln_focal + by[3], pose.sd
    )
    return replace(camera, pose=turned, eye_m=camera.eye_m + np.array([0.0, 0.0, by[4]]))


def _start(camera: Camera, seen: Sightings, sky: _Sky | None, sd: F8, preset: int) -> F8:
    """Return the first step (5,): the azimuth and tilt at which the skyline fits best, or none without a skyline."""
    if sky is None:
        return np.zeros(PARAMETERS)
    most = 3.0 * float(sd[0])
    best, lowest = np.zeros(PARAMETERS), np.inf
    for azimuth in np.arange(-most, most + TRY_RAD, TRY_RAD):
        change = np.array([azimuth, 0.0, 0.0, 0.0, 0.0])
        # The median of the elevation left over is the tilt that this azimuth would need.
        change[1] = float(np.clip(sky.tilt_left(_posed(camera, change), preset), -3.0 * sd[1], 3.0 * sd[1]))
        residual = np.abs(_residuals(_posed(camera, change), seen, sky, preset))
        known = residual[np.isfinite(residual)]
        cost = float(np.minimum(known, 3.0).mean()) if len(known) else np.inf
        if cost < lowest:
            best, lowest = change / sd, cost
    return best


def _linearised(camera: Camera, seen: Sightings, sky: _Sky | None, at: F8, sd: F8, preset: int) -> tuple[F8, F8]:
    """Return the residuals (M,) in their standard deviations, and their derivatives (M, 5) by prior
    deviations; at (5,) likewise.
    """
    here = _residuals(_posed(camera, at * sd), seen, sky, preset)
    slopes = []
    for k in range(PARAMETERS):
        nudge = np.zeros(PARAMETERS)
        nudge[k] = NUDGE
        up, down = (_residuals(_posed(camera, (at + sign * nudge) * sd), seen, sky, preset) for sign in (1.0, -1.0))
        slopes.append((up - down) / (2.0 * NUDGE))
    slope = np.stack(slopes, axis=1)
    keep = np.isfinite(here) & np.isfinite(slope).all(axis=1)
    return here[keep], slope[keep]


def _residuals(camera: Camera, seen: Sightings, sky: _Sky | None, preset: int) -> F8:
    parts = []
    if len(seen.x_px):
        away = seen.place_m - camera.eye_m
        r = np.hypot(away[:, 0], away[:, 1])
        bearing = np.arctan2(away[:, 0], away[:, 1]) - camera.convergence_rad
        x, y = camera.pixels(bearing, np.arctan2(away[:, 2] - curvature_drop_m(r), r), preset)
        flat, up = seen.sd_place_m.T / (r * camera.ifov_rad)
        across = np.hypot(seen.sd_px, flat)
        # A place that is nearer or farther than told is also seen lower or higher, from a mast the more so the
        # nearer.
        upright = np.sqrt(seen.sd_px**2 + up**2 + (flat * away[:, 2] / r) ** 2)
        parts += [(x - seen.x_px) / across, (y - seen.y_px) / upright]
    if sky is not None:
        parts.append(sky.residuals(camera, preset))
    return np.concatenate(parts)


class _Sky:
    """The terrain's skyline over the bearings that the picture may show, and the picture's own."""

    def __init__(self, camera: Camera, terrain: Terrain, horizon: Horizon, preset: int) -> None:
        self.horizon, self.eye_up_m = horizon, float(camera.eye_m[2])
        wide = 0.6 * camera.ifov_rad * camera.sensor.width_px + 5.0 * float(camera.pose.sd[0])
        middle = camera.azimuth_rad(preset)
        self.bearing = np.arange(middle - wide, middle + wide, SKY_FINE_RAD)
        west, south, east, north = terrain.bounds_m
        far = float(np.hypot(east - west, north - south))
        self.elevation, self.range_m = skyline(terrain, camera.eye_m, self.bearing + camera.convergence_rad, far)

    def tilt_left(self, camera: Camera, preset: int) -> float:
        """Return by how much the camera would have to tilt up for its skyline to lie on the terrain's, in the
        median.
        """
        off, _ = self._off(camera, preset)
        return float(np.nanmedian(off)) if np.isfinite(off).any() else 0.0

    def _off(self, camera: Camera, preset: int) -> tuple[F8, F8]:
        """Return (N,) how far the terrain's skyline lies above the picture's, rad, and its range; NaN if unknown."""
        bearing, elevation = camera.rays(self.horizon.x_px, self.horizon.y_px, preset)
        model = np.interp(bearing, self.bearing, self.elevation, left=np.nan, right=np.nan)
        r = np.interp(bearing, self.bearing, self.range_m, left=np.nan, right=np.nan)
        r = np.where(r >= NEAR_SKYLINE_M, r, np.nan)
        # A higher eye sees the same ridge lower.
        return model - (camera.eye_m[2] - self.eye_up_m) / r - elevation, r

    def residuals(self, camera: Camera, preset: int) -> F8:
        """Return (N,) differences of elevation over their errors; NaN where no skyline is known."""
        off, r = self._off(camera, preset)
        # So many pixels of this skyline lie on one ridge's stretch and err alike.
        spacing = np.median(np.abs(np.diff(np.sort(self.horizon.x_px)))) * camera.ifov_rad
        alike = np.maximum(RIDGE_M / (r * spacing), 1.0)
        error = np.sqrt((self.horizon.sd_px * camera.ifov_rad) ** 2 + (MODEL_SD_M / r) ** 2 * alike)
        return np.asarray(off / error)
