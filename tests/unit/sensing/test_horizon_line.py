"""The ground's skyline in a picture: level ground, a wall before it, a rolled camera, one that looks away."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from builders import camera, level, panning, with_wall
from watchline.sensing.camera import Camera, Pose
from watchline.sensing.horizon_line import horizon_px

EYE_M = np.array([0.0, 0.0, 230.0])


def looking(**more: float) -> Camera:
    return Camera(camera(tilt_deg=0.0, **more), EYE_M, 0.0)


def test_level_ground_ends_a_little_below_the_middle_of_a_level_camera() -> None:
    at = horizon_px(looking(), level())
    # The terrain ends 8 km away: 30 m down over 8 km, and the Earth's fall of 4 m.
    dip_px = math.atan(34.3 / 8000.0) / looking().ifov_rad
    middle = at[len(at) // 2]
    assert middle[0] == pytest.approx(639.5, abs=8.0)
    assert middle[1] - 255.5 == pytest.approx(dip_px, rel=0.05)
    assert np.all(np.diff(at[:, 0]) > 0.0)


def test_a_wall_lifts_it_where_it_stands() -> None:
    ground = with_wall(level(), 2000.0, 90.0)
    middle = horizon_px(looking(), ground)
    angle = math.atan(60.0 / 2000.0)
    assert middle[len(middle) // 2, 1] == pytest.approx(255.5 - math.tan(angle) / looking().ifov_rad, abs=30.0)
    # The walk along a bearing steps over the crest of a wall one cell thick by a quarter of a cell.


def test_what_was_found_out_of_the_pose_turns_it() -> None:
    rolled = replace(looking(), pose=Pose(roll_rad=math.radians(3.0)))
    at = horizon_px(rolled, level())
    slope = np.polyfit(at[:, 0], at[:, 1], 1)[0]
    assert abs(math.degrees(math.atan(slope))) == pytest.approx(3.0, abs=0.1)


def test_a_camera_that_looks_at_the_ground_before_it_has_none() -> None:
    assert len(horizon_px(replace(looking(), sensor=camera(tilt_deg=-30.0)), level())) == 0


def test_each_stop_of_a_head_has_its_own() -> None:
    head = Camera(panning(tilt_deg=0.0), EYE_M, 0.0)
    hill = with_wall(level(), 3000.0, 200.0)
    first, last = (horizon_px(head, hill, stop) for stop in (0, head.sensor.pan.stops - 1))  # type: ignore[union-attr]
    assert first.shape[1] == last.shape[1] == 2
    assert not np.array_equal(first, last)
