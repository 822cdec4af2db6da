"""Does the 95 % ellipse of a ground position hold the truth in 95 %?  And what does self-calibration bring?

    python benchmarks/ground_position.py [--towers 60] [--seed 11] [--poses-only]

Towers on rolling ground; the estimator has an elevation model, a stated mast and a stated pose, all wrong by
draws from the errors that `sensing.camera` states.  Subjects stand anywhere in view, uniformly over the
ground, their boxes measured with pixel noise.  Then a pose that is wrong by 5 mrad is calibrated from
landmarks, the skyline, own units, and all.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor
from watchline.geo.sight import curvature_drop_m, least_visible_height_m
from watchline.geo.skyline import skyline
from watchline.geo.terrain import Terrain
from watchline.sensing import pose
from watchline.sensing.camera import (
    CORRELATION_M,
    FOOT_SD_PX,
    MAST_SD_M,
    RELATIVE_HEIGHT_SD_M,
    SIDE_SD_PX,
    Camera,
    Pose,
    locate,
)

F8 = NDArray[np.float64]
CELL_M, CELLS = 30.0, 440
ELLIPSE_95 = 5.991  # chi-square of 2 degrees of freedom
SPEC = Sensor(
    id="cam", kind="thermal_camera", organisation="o", mast_m=25.0, max_range_m=5000.0, hfov_deg=10.0, tilt_deg=-0.8
)


CALIBRATIONS = (
    ("6 surveyed landmarks", 30.0, {"landmarks": 6, "units": 0, "sky": False}),
    ("12 surveyed landmarks", 30.0, {"landmarks": 12, "units": 0, "sky": False}),
    ("20 fixes of own units (4 m)", 30.0, {"landmarks": 0, "units": 20, "sky": False}),
    ("30 fixes of own units (4 m)", 30.0, {"landmarks": 0, "units": 30, "sky": False}),
    ("40 fixes of own units (4 m)", 30.0, {"landmarks": 0, "units": 40, "sky": False}),
    ("80 fixes of own units (4 m)", 30.0, {"landmarks": 0, "units": 80, "sky": False}),
    ("160 fixes of own units (4 m)", 30.0, {"landmarks": 0, "units": 160, "sky": False}),
    ("skyline of low hills", 30.0, {"landmarks": 0, "units": 0, "sky": True}),
    ("skyline of mountains", 120.0, {"landmarks": 0, "units": 0, "sky": True}),
    ("6 landmarks, 20 fixes, low hills", 30.0, {"landmarks": 6, "units": 20, "sky": True}),
)


@dataclass(frozen=True)
class Tower:
    """A camera as it is believed and as it is, with the terrain as it is believed and as it is."""

    believed: Camera
    true: Camera
    model: Terrain
    ground: Terrain


def smooth_field(rng: np.random.Generator, length_m: float) -> NDArray[np.float32]:
    """Return (CELLS, CELLS) of unit spread whose correlation falls to 1/e at about `length_m`."""
    rough = cv2.GaussianBlur(rng.standard_normal((CELLS, CELLS)).astype(np.float32), (0, 0), length_m / 2 / CELL_M)
    return np.asarray(rough / rough.std(), np.float32)


def make_tower(rng: np.random.Generator, *, relief_m: float, pose_sd: F8, spec: Sensor = SPEC) -> Tower:
    """Return a tower in the middle of rolling ground."""
    model = relief_m * smooth_field(rng, 1500.0) + 0.15 * relief_m * smooth_field(rng, 300.0)
    # Two places' errors differ by sqrt 2 of one place's.
    error = RELATIVE_HEIGHT_SD_M / math.sqrt(2.0) * smooth_field(rng, CORRELATION_M)
    west = -CELLS / 2 * CELL_M
    believed_ground = Terrain(model.astype(np.float32), west, -west, CELL_M)
    true_ground = Terrain((model + error).astype(np.float32), west, -west, CELL_M)
    place = np.zeros(2)
    stated = np.array([0.0, 0.0, float(believed_ground.height_at(place)) + spec.mast_m])
    real = np.array([0.0, 0.0, float(true_ground.height_at(place)) + spec.mast_m + rng.normal(0, MAST_SD_M)])
    off = rng.normal(0.0, pose_sd)
    believed = Camera(spec, stated, 0.0, Pose(sd=pose_sd))
    return Tower(believed, Camera(spec, real, 0.0, Pose(*off)), believed_ground, true_ground)


def direction(camera: Camera, places_m: F8) -> tuple[F8, F8, F8]:
    """Return bearing, elevation and ground range (N,) of places (N, 3) from a camera."""
    d = places_m - camera.eye_m
    r = np.hypot(d[:, 0], d[:, 1])
    return np.arctan2(d[:, 0], d[:, 1]), np.arctan2(d[:, 2] - curvature_drop_m(r), r), r


def subjects(tower: Tower, rng: np.random.Generator, count: int) -> tuple[F8, F8, F8, F8]:
    """Return true bearings and ranges and measured x, foot y of subjects in view, uniform over the ground."""
    spec, half = tower.true.sensor, math.radians(tower.true.sensor.hfov_deg) / 2
    r = np.sqrt(rng.uniform(150.0**2, spec.max_range_m**2, count))
    a = tower.true.azimuth_rad(0) + rng.uniform(-half, half, count)
    xy = np.column_stack([r * np.sin(a), r * np.cos(a)])
    hidden = least_visible_height_m(tower.ground, np.tile(tower.true.eye_m, (count, 1)), xy)
    # Somebody hidden to the hip shows; more of him hidden, less often.
    shows = hidden < rng.uniform(0.0, 1.2, count)
    r, xy, hidden = r[shows], xy[shows], hidden[shows]
    lowest = np.column_stack([xy, tower.ground.height_at(xy) + hidden])
    bearing, elevation, _ = direction(tower.true, lowest)
    x, y = tower.true.pixels(bearing, elevation, 0)
    x, y = x + rng.normal(0, SIDE_SD_PX, len(x)), y + rng.normal(0, FOOT_SD_PX, len(y))
    seen = (x > 0) & (x < spec.width_px - 1) & (y > 0) & (y < spec.height_px - 1)
    return bearing[seen], r[seen], x[seen], y[seen]


def coverage(relief_m: float, pose_sd: F8, towers: int, seed: int) -> tuple[float, float, int, float, F8]:
    """Return the share of truths inside the ellipse, its error, their number, the share called sky, median sd
    by range.

    Subjects of one tower share its errors, so the share's error is counted over towers.
    """
    rng = np.random.default_rng(seed)
    inside, sky, sizes = [], 0, []
    for _ in range(towers):
        tower = make_tower(rng, relief_m=relief_m, pose_sd=pose_sd)
        bearing, r, x, y = subjects(tower, rng, 60)
        at = locate(tower.believed, tower.model, x, y, 0, 0.0)
        ok = np.isfinite(at.range_m)
        sky += int((~ok).sum())
        miss = ((r - at.range_m) / at.sd_range_m) ** 2 + ((bearing - at.bearing_rad) / at.sd_bearing_rad) ** 2
        inside.append((int((miss[ok] < ELLIPSE_95).sum()), int(ok.sum())))
        sizes.append(np.column_stack([r[ok], at.sd_range_m[ok]]))
    hits, size = np.array(inside, float), np.concatenate(sizes)
    share = float(hits[:, 0].sum() / hits[:, 1].sum())
    error = float(np.sqrt(np.sum((hits[:, 0] - share * hits[:, 1]) ** 2)) / hits[:, 1].sum())
    bands = [(150, 1000), (1000, 2000), (2000, 3500), (3500, 5000)]
    medians = [float(np.median(size[(size[:, 0] >= a) & (size[:, 0] < b), 1])) for a, b in bands]
    return share, error, len(size), sky / max(len(size) + sky, 1), np.array(medians)


def calibrated(
    tower: Tower, rng: np.random.Generator, *, landmarks: int, units: int, sky: bool, noise_px: float
) -> tuple[float, float, pose.Fit]:
    """Return the pointing error over the picture before and after, rad, and the fit."""
    sightings = [
        _sightings(tower, rng, landmarks, (0.5, 0.3), noise_px),
        _sightings(tower, rng, units, (4.0, pose.MODEL_SD_M), noise_px),
    ]
    given = pose.Sightings.join([s for s in sightings if len(s.x_px)])
    horizon = _horizon(tower, rng, noise_px) if sky else None
    fit = pose.calibrate(tower.believed, tower.model, given, horizon)
    return pointing_error(tower.believed, tower.true), pointing_error(fit.camera, tower.true), fit


def _sightings(
    tower: Tower, rng: np.random.Generator, count: int, sd_m: tuple[float, float], noise_px: float
) -> pose.Sightings:
    """Return marks 2 m over the ground in view: surveyed ones, or units whose height is the elevation model's."""
    rows: list[F8] = []
    while sum(len(part) for part in rows) < count:
        bearing, r, _, _ = subjects(tower, rng, 60)
        xy = np.column_stack([r * np.sin(bearing), r * np.cos(bearing)])
        b, e, _ = direction(tower.true, np.column_stack([xy, tower.ground.height_at(xy) + 2.0]))
        px, py = tower.true.pixels(b, e, 0)
        surveyed = sd_m[1] < pose.MODEL_SD_M
        up = tower.ground.height_at(xy) + rng.normal(0, sd_m[1], len(r)) if surveyed else tower.model.height_at(xy)
        said = np.column_stack([xy + rng.normal(0, sd_m[0], xy.shape), up + 2.0])
        rows.append(
            np.column_stack([px + rng.normal(0, noise_px, len(px)), py + rng.normal(0, noise_px, len(py)), said])
        )
    one = np.concatenate(rows)[:count] if rows else np.zeros((0, 5))
    of_model = np.full(len(one), sd_m[1] >= pose.MODEL_SD_M)
    return pose.Sightings(
        one[:, 0], one[:, 1], one[:, 2:], np.tile(sd_m, (len(one), 1)), np.full(len(one), noise_px), of_model
    )


def _horizon(tower: Tower, rng: np.random.Generator, noise_px: float) -> pose.Horizon:
    """Return the skyline as a picture of the true ground shows it, with pixel noise and a tenth of outliers."""
    x = np.arange(4.0, tower.true.sensor.width_px - 4, 8.0)
    half = math.radians(tower.true.sensor.hfov_deg)
    bearings = tower.true.azimuth_rad(0) + np.linspace(-half, half, 4000)
    e, _ = skyline(tower.ground, tower.true.eye_m, bearings, 1.4 * CELLS * CELL_M / 2)
    px, py = tower.true.pixels(bearings, e, 0)
    order = np.argsort(px)
    y = np.interp(x, px[order], py[order]) + rng.normal(0, noise_px, len(x))
    wild = rng.random(len(x)) < 0.1
    y[wild] += rng.uniform(-40, 10, int(wild.sum()))
    shown = (y > 2) & (y < tower.true.sensor.height_px - 2)
    return pose.Horizon(x[shown], y[shown], noise_px)


def _sky_is_far(tower: Tower, rng: np.random.Generator) -> bool:
    """Return whether the picture shows a skyline, most of it a kilometre away: a wall before the lens tells
    nothing.
    """
    half = math.radians(tower.true.sensor.hfov_deg) / 2
    bearings = tower.believed.azimuth_rad(0) + np.linspace(-half, half, 40)
    _, range_m = skyline(tower.model, tower.believed.eye_m, bearings, CELLS * CELL_M / 2)
    return bool(np.mean(range_m > 1000.0) > 0.7) and len(_horizon(tower, rng, 0.7).x_px) >= 40


def pointing_error(a: Camera, b: Camera) -> float:
    """Return the root mean square angle between two cameras' rays over a grid of pixels, rad."""
    xx, yy = np.meshgrid(np.linspace(0, a.sensor.width_px - 1, 9), np.linspace(0, a.sensor.height_px - 1, 7))
    (az, el), (bz, fl) = a.rays(xx.ravel(), yy.ravel(), 0), b.rays(xx.ravel(), yy.ravel(), 0)
    return float(np.sqrt(np.mean(((az - bz) * np.cos(el)) ** 2 + (el - fl) ** 2)))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses-only", action="store_true")
    parser.add_argument("--towers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    print("relief  pose sd   inside 95 % ellipse    subjects   called sky   median sd of range, by 1, 2, 3.5, 5 km")
    for relief in () if options.poses_only else (4.0, 20.0, 60.0):
        for mrad in (0.4, 1.0, 3.0):
            sd = np.array([mrad * 1e-3, mrad * 1e-3, 2e-3, 2e-3])
            share, error, n, sky, size = coverage(relief, sd, 4 * options.towers, options.seed)
            medians = "  ".join(f"{v:5.0f}" for v in size)
            row = f"{relief:4.0f} m  {mrad:.1f} mrad  {share:.3f} +- {error:.3f}"
            print(f"{row}         {n:6d}     {sky:.3f}        {medians}")
    print(
        "\n5 mrad errors of azimuth, tilt, roll, 5 in 1000 of focal length.  Pointing error over the picture, mrad:"
    )
    print("before, after (median, 95 %); axis alone after: azimuth, tilt (rms); errors claimed for them (median)")
    for label, relief, how in CALIBRATIONS:
        rng = np.random.default_rng(options.seed)
        rows = []
        for _ in range(options.towers):
            tower = make_tower(rng, relief_m=relief, pose_sd=np.full(4, 5e-3))
            while how["sky"] and not _sky_is_far(tower, rng):
                tower = make_tower(rng, relief_m=relief, pose_sd=np.full(4, 5e-3))
            before, after, fit = calibrated(tower, rng, noise_px=0.7, **how)
            found, true = fit.camera.pose, tower.true.pose
            off = found.azimuth_rad - true.azimuth_rad, found.tilt_rad - true.tilt_rad
            rows.append((before, after, *off, *found.sd[:2]))
        table = 1e3 * np.array(rows)
        after, axis = table[:, 1], np.sqrt((table[:, 2:4] ** 2).mean(axis=0))
        claimed = np.median(table[:, 4:], axis=0)
        print(
            f"{label:40s} {np.median(table[:, 0]):.2f}   {np.median(after):.3f} {np.percentile(after, 95):.3f}",
            end="",
        )
        print(f"   {axis[0]:.3f} {axis[1]:.3f}   {claimed[0]:.3f} {claimed[1]:.3f}")


if __name__ == "__main__":
    main()
