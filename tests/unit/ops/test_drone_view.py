"""A drone's picture on our own ground: where it looks, how large it is, and nothing where it tells too little."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from builders import level, straight_line
from watchline.domain.records import GeoPoint, VideoGeometry
from watchline.ops.drone_view import seen_ground

LINE, GROUND = straight_line(), level(4000.0)
GROUND_M = float(GROUND.height_m[0, 0])
DOWN = VideoGeometry(
    id="x", t_s=0.0, source="d", platform="d", sensor="IR",
    place=GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=GROUND_M + 1000.0), heading_rad=0.0, pitch_rad=0.0, roll_rad=0.0,
    camera_azimuth_rad=0.0, camera_elevation_rad=-math.pi / 2, camera_roll_rad=0.0, hfov_rad=0.4, vfov_rad=0.2,
)  # fmt: skip


def offsets_m(record: VideoGeometry) -> np.ndarray:
    seen = seen_ground(record, LINE, GROUND)
    xy = LINE.frame.xy_m_from_lonlat([p.lon_deg for p in seen], [p.lat_deg for p in seen])
    return np.asarray(xy - LINE.frame.xy_m_from_lonlat(42.0, 33.6))


def test_straight_down_it_is_a_rectangle_of_its_fields_of_view() -> None:
    around = offsets_m(DOWN)
    assert np.abs(around[:, 0]).max() == pytest.approx(1000 * math.tan(0.2), rel=0.01)
    assert np.abs(around[:, 1]).max() == pytest.approx(1000 * math.tan(0.1), rel=0.01)


@pytest.mark.parametrize("heading", [0.0, 1.0, 3.0, 5.0])
def test_it_lies_where_the_camera_looks(heading: float) -> None:
    slant = msgspec.structs.replace(
        DOWN, heading_rad=heading - 0.4, camera_azimuth_rad=0.4, camera_elevation_rad=-0.5
    )
    east, north = offsets_m(slant).mean(axis=0)
    assert (math.atan2(east, north) - heading + math.pi) % math.tau - math.pi == pytest.approx(0.0, abs=0.02)
    assert math.hypot(east, north) == pytest.approx(1000 / math.tan(0.5), rel=0.2)


@pytest.mark.parametrize("name", ["place", "heading_rad", "camera_elevation_rad", "hfov_rad", "vfov_rad"])
def test_without_what_it_needs_nothing_is_claimed(name: str) -> None:
    assert seen_ground(msgspec.structs.replace(DOWN, **{name: None}), LINE, GROUND) == ()


def test_a_camera_that_looks_at_the_sky_sees_no_ground() -> None:
    assert seen_ground(msgspec.structs.replace(DOWN, camera_elevation_rad=0.5), LINE, GROUND) == ()
