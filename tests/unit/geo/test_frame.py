from __future__ import annotations

import math
import pickle

import numpy as np
import pyproj
import pytest
from numpy.typing import NDArray

from builders import wavy_lonlat
from watchline.geo.frame import GEOD, SiteFrame, wrap_pi

FRAME = SiteFrame.of_line(wavy_lonlat())
CORNERS_M = np.array([[-100_000.0, 0.0], [100_000.0, 0.0], [0.0, 20_000.0], [-60_000.0, -9_000.0], [0.0, 0.0]])


def test_a_frame_survives_pickling_after_use() -> None:
    FRAME.xy_m_from_lonlat(42.0, 33.6)
    again = pickle.loads(pickle.dumps(FRAME))
    assert again == FRAME
    assert again.xy_m_from_lonlat(42.5, 33.4).tolist() == FRAME.xy_m_from_lonlat(42.5, 33.4).tolist()


def test_the_origin_reads_zero() -> None:
    np.testing.assert_allclose(FRAME.xy_m_from_lonlat(FRAME.lon_deg, FRAME.lat_deg), 0.0, atol=1e-6)


def test_grid_and_degrees_are_each_others_inverse() -> None:
    back = FRAME.xy_m_from_lonlat(*FRAME.lonlat_from_xy_m(CORNERS_M).T)
    np.testing.assert_allclose(back, CORNERS_M, atol=1e-3)


def test_convergence_agrees_with_proj_factors() -> None:
    lon, lat = FRAME.lonlat_from_xy_m(CORNERS_M).T
    factors = pyproj.Proj(FRAME.proj4).get_factors(lon, lat)
    # PROJ: the angle of grid north east of true north is -convergence here (to be added to a true bearing).
    got = np.degrees(FRAME.convergence_rad(CORNERS_M))
    np.testing.assert_allclose(np.abs(got), np.abs(factors.meridian_convergence), atol=1e-4)


def test_a_true_bearing_plus_convergence_is_the_bearing_on_the_grid() -> None:
    for corner in CORNERS_M:
        lon, lat = FRAME.lonlat_from_xy_m(corner)
        lon1, lat1, _ = GEOD.fwd(lon, lat, 70.0, 100.0)
        step = FRAME.xy_m_from_lonlat(lon1, lat1) - corner
        grid = math.atan2(step[0], step[1])
        assert grid == pytest.approx(math.radians(70.0) + float(FRAME.convergence_rad(corner)), abs=2e-5)


def test_scale_is_true_within_3e_5_over_the_watched_belt() -> None:
    for corner in CORNERS_M:
        a, b = FRAME.lonlat_from_xy_m(np.stack([corner, corner + np.array([300.0, 400.0])]))
        assert GEOD.inv(*a, *b)[2] / 500.0 == pytest.approx(1.0, abs=3e-5)


@pytest.mark.parametrize(
    "ends",
    [
        [[42, 33], [42, 34]],
        [[10, 0], [11, 0]],
        [[41, 33], [43, 33]],
        [[179.5, 10], [-179.5, 10.5]],
        [[43, 33], [41, 34]],
    ],
    ids=["meridian", "equator", "parallel", "date line", "westwards"],
)
def test_any_direction_of_line_has_a_grid(ends: list[list[float]]) -> None:
    lonlat: NDArray[np.float64] = np.array(ends, float)
    frame = SiteFrame.of_line(lonlat)
    back = frame.lonlat_from_xy_m(frame.xy_m_from_lonlat(*lonlat.T))
    np.testing.assert_allclose(back, lonlat, atol=1e-9)


def test_grid_north_is_true_north_at_the_origin() -> None:
    assert float(FRAME.convergence_rad([0.0, 0.0])) == pytest.approx(0.0, abs=1e-5)


def test_wrapped_angles_lie_above_minus_pi_up_to_pi() -> None:
    angles = np.linspace(-20, 20, 4001)
    wrapped = wrap_pi(angles)
    assert ((wrapped > -np.pi) & (wrapped <= np.pi)).all()
    np.testing.assert_allclose(np.cos(wrapped - angles), 1.0, atol=1e-12)
    assert float(wrap_pi(np.pi)) == float(wrap_pi(-np.pi)) == np.pi


@pytest.mark.parametrize("azimuth_deg", [90.0, 90.000001, 89.999999, 270.0, 269.999999, 0.0, 180.0])
def test_neighbours_stay_neighbours_whatever_way_the_line_runs(azimuth_deg: float) -> None:
    frame = SiteFrame(33.6, 42.0, azimuth_deg)
    lon = 42.0 + np.array([-1e-2, -1e-5, -1e-9, 0.0, 1e-9, 1e-5, 1e-2])
    x = frame.xy_m_from_lonlat(lon, np.full(len(lon), 33.6))[:, 0]
    np.testing.assert_allclose(x, (lon - 42.0) * x[-1] / 1e-2, atol=0.01)


def test_no_strip_is_thrown_away_where_the_central_line_runs_due_east() -> None:
    # Heading slightly south of east in the north: the line's northernmost place lies some kilometres west.
    frame = SiteFrame(33.6, 42.0, 90.2)
    lon = np.linspace(41.5, 42.5, 200_001)
    x = frame.xy_m_from_lonlat(lon, np.full(len(lon), 33.6))[:, 0]
    assert np.diff(x).min() > 0.0
    assert np.diff(x).max() < 0.6


def test_the_grid_is_the_plane_that_its_proj_definition_names() -> None:
    for azimuth in (60.0, 118.0, 300.0):
        frame = SiteFrame(33.6, 42.0, azimuth)
        lon, lat = np.array([41.2, 42.9, 42.3]), np.array([33.1, 33.9, 34.2])
        named = np.stack(pyproj.Proj(frame.proj4)(lon, lat), axis=-1)
        np.testing.assert_allclose(frame.xy_m_from_lonlat(lon, lat), named, atol=1e-4)
