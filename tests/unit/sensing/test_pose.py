"""Rays and their inverse, the honest ellipse, and a pose found again."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from builders import camera, level
from watchline.geo.skyline import skyline
from watchline.geo.terrain import Terrain
from watchline.sensing import pose
from watchline.sensing.camera import Camera, Pose, height_sd_m, locate, p_shows

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "ground_position.py"
TURNED = Camera(camera(tilt_deg=-2.0, roll_deg=3.0), np.array([0.0, 0.0, 230.0]), 0.0, Pose(0.01, -0.02, 0.03, 0.04))


def simulated() -> ModuleType:
    """Return the benchmark's simulated geometry, which has its own arithmetic."""
    spec = importlib.util.spec_from_file_location("ground_position", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ground_position"] = module
    spec.loader.exec_module(module)
    return module


def test_pixels_and_rays_are_each_others_inverse() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1279, 200), rng.uniform(0, 719, 200)
    back = TURNED.pixels(*TURNED.rays(x, y, 0), 0)
    np.testing.assert_allclose(back, (x, y), atol=1e-6)


def test_what_lies_behind_the_camera_has_no_pixel() -> None:
    x, _ = TURNED.pixels(np.array([math.pi]), np.array([0.0]), 0)
    assert np.isnan(x).all()


def test_a_camera_rolled_clockwise_looks_higher_with_its_left_side() -> None:
    rolled = replace(TURNED, pose=Pose(roll_rad=0.1), sensor=camera())
    _, elevation = rolled.rays(np.array([0.0, 1279.0]), np.full(2, 359.5), 0)
    wide = 1280 * rolled.ifov_rad
    assert elevation[0] - elevation[1] == pytest.approx(math.sin(0.1) * wide, rel=0.05)


def test_the_skyline_of_a_wall_is_its_top() -> None:
    height = np.zeros((201, 201), np.float32)
    height[:, 150:] = 50.0
    ground = Terrain(height, -3000.0, 3000.0, 30.0)
    elevation, range_m = skyline(ground, np.array([0.0, 0.0, 10.0]), np.array([math.pi / 2]), 2900.0)
    assert range_m[0] == pytest.approx(1500.0, abs=35.0)
    assert elevation[0] == pytest.approx(math.atan(40.0 / 1500.0), rel=0.03)


def test_heights_are_surer_close_by_and_what_is_deep_behind_a_ridge_does_not_show() -> None:
    assert height_sd_m(50.0) < height_sd_m(500.0) < height_sd_m(5000.0) < 1.3
    assert p_shows(0.0, 50.0) > 0.8 > 0.1 > p_shows(3.0, 50.0)
    assert p_shows(2.0, 2000.0) > p_shows(2.0, 10.0)


def test_a_foot_behind_a_ridge_is_placed_behind_it() -> None:
    height = np.zeros((301, 301), np.float32)
    height[:, 181:184] = 3.0  # a bank 900 m east
    ground = Terrain(height, -4500.0, 4500.0, 30.0)
    eye = np.array([0.0, 0.0, 12.0])
    watching = Camera(camera(azimuth_deg=90.0, max_range_m=3000.0), eye, 0.0)
    top = math.atan(-9.0 / 915.0)
    x, y = watching.pixels(np.array([math.pi / 2]), np.array([top + 1.0e-3]), 0)
    at = locate(watching, ground, x, y, 0, 0.0)
    assert at.range_m[0] - 915.0 > -2 * at.sd_range_m[0]
    assert at.range_m[0] > 900.0


@pytest.mark.slow
@pytest.mark.parametrize(("relief_m", "mrad"), [(4.0, 0.4), (20.0, 1.0), (60.0, 0.4)])
def test_the_ellipse_of_95_percent_holds_95_percent(relief_m: float, mrad: float) -> None:
    sim = simulated()
    share, error, count, _, _ = sim.coverage(relief_m, np.array([mrad * 1e-3, mrad * 1e-3, 2e-3, 2e-3]), 120, 5)
    assert count > 500
    assert 0.93 - 2 * error < share < 0.97 + 2 * error
    assert error < 0.02


@pytest.mark.slow
def test_landmarks_bring_five_milliradians_under_half_a_milliradian() -> None:
    sim = simulated()
    rng, after, surprise = np.random.default_rng(3), [], []
    for _ in range(20):
        tower = sim.make_tower(rng, relief_m=30.0, pose_sd=np.full(4, 5e-3))
        before, error, fit = sim.calibrated(tower, rng, landmarks=8, units=0, sky=False, noise_px=0.7)
        found, true = fit.camera.pose, tower.true.pose
        off = np.array([found.azimuth_rad - true.azimuth_rad, found.tilt_rad - true.tilt_rad])
        after.append((error, *off))
        surprise.append(np.square(off / found.sd[:2]).mean())
        assert before > error
    axis_rms = np.sqrt(np.square(np.array(after)[:, 1:]).mean(axis=0))
    assert np.median(np.array(after)[:, 0]) < 0.5e-3
    assert np.all(axis_rms < 0.5e-3)
    assert 0.3 < np.mean(surprise) < 3.0  # the claimed errors are those that are made


def test_many_fixes_on_one_patch_of_ground_tell_its_height_once() -> None:
    believed = Camera(camera(), np.array([0.0, 0.0, 230.0]), 0.0, Pose(sd=np.full(4, 5e-3)))
    x, y = np.full(50, 640.0), np.full(50, 360.0)
    place = np.tile([0.0, 2e3, 230.0], (50, 1))
    sd = np.tile([4.0, pose.MODEL_SD_M], (50, 1))
    patch, marks = (
        pose.calibrate(believed, level(), pose.Sightings(x, y, place, sd, np.full(50, 0.5), np.full(50, alike)))
        for alike in (True, False)
    )
    assert patch.camera.pose.sd[1] > 0.9 * pose.MODEL_SD_M / 2e3 > 3 * 0.9 * pose.MODEL_SD_M / 2e3 / math.sqrt(50)
    assert patch.camera.pose.sd[1] > marks.camera.pose.sd[1]
    assert patch.camera.pose.sd[0] == pytest.approx(marks.camera.pose.sd[0], rel=0.05)


@pytest.mark.slow
def test_fixes_of_own_units_bring_five_milliradians_under_half_a_milliradian() -> None:
    sim = simulated()
    rng, after, surprise = np.random.default_rng(7), [], []
    for _ in range(20):
        tower = sim.make_tower(rng, relief_m=30.0, pose_sd=np.full(4, 5e-3))
        _, error, fit = sim.calibrated(tower, rng, landmarks=0, units=80, sky=False, noise_px=0.7)
        found, true = fit.camera.pose, tower.true.pose
        off = np.array([found.azimuth_rad - true.azimuth_rad, found.tilt_rad - true.tilt_rad])
        after.append(error)
        surprise.append(np.square(off / found.sd[:2]).mean())
    assert np.median(after) < 0.5e-3
    assert 0.3 < np.mean(surprise) < 2.0


def test_a_fit_is_never_surer_than_its_prior_and_says_when_it_knows_nothing() -> None:
    plain = Camera(camera(), np.array([0.0, 0.0, 230.0]), 0.0, Pose(sd=np.full(4, 5e-3)))
    x, y = np.array([600.0, 700.0]), np.array([340.0, 380.0])
    bearing, elevation = plain.rays(x, y, 0)
    place = np.column_stack([2e3 * np.sin(bearing), 2e3 * np.cos(bearing), 230.0 + 2e3 * np.tan(elevation)])
    seen = pose.Sightings(x, y, place, np.full((2, 2), 0.3), np.full(2, 0.5), np.zeros(2, bool))
    fit = pose.calibrate(plain, level(), seen)
    assert np.all(fit.camera.pose.sd <= plain.pose.sd * 1.0001)
    assert abs(fit.camera.pose.azimuth_rad) < 1e-3
    with pytest.raises(ValueError, match="needs a sighting"):
        pose.calibrate(plain, level(), pose.Sightings.join([]))
