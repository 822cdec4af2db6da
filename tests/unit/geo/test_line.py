from __future__ import annotations

import numpy as np
import pyproj
import pytest

from builders import straight_line, wavy_lonlat
from watchline.geo.frame import GEOD, SiteFrame
from watchline.geo.line import LineFrame

LONLAT = wavy_lonlat()
LINE = LineFrame.of(LONLAT, "right")
METRE = 1.0


def _utm(zone: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", f"EPSG:326{zone}", always_xy=True)


def test_chainage_at_the_vertices_is_geodesic_length() -> None:
    legs = [GEOD.inv(*LONLAT[k], *LONLAT[k + 1])[2] for k in range(len(LONLAT) - 1)]
    at_vertices = LINE.sd_from_xy_m(LINE.frame.xy_m_from_lonlat(*LONLAT.T))[:, 0]
    np.testing.assert_allclose(at_vertices, np.concatenate([[0.0], np.cumsum(legs)]), atol=0.01)


def test_length_is_pyprojs_length() -> None:
    assert LINE.length_m == pytest.approx(GEOD.line_length(*LONLAT.T), abs=0.001)


def test_line_coordinates_return_to_their_place_within_a_metre() -> None:
    rng = np.random.default_rng(7)
    xy = LINE.xy_m_from_sd(np.column_stack([rng.uniform(0, LINE.length_m, 2000), rng.uniform(-5000, 5000, 2000)]))
    back = LINE.xy_m_from_sd(LINE.sd_from_xy_m(xy))
    apart = np.linalg.norm(back - xy, axis=1)
    # A place before a bend belongs to no leg's square-on: it is nearest to a vertex, and only its distance is kept.
    assert np.quantile(apart, 0.9) < METRE


def test_offset_is_geodesic_distance_within_a_metre() -> None:
    for s_m, d_m in [(20_000.0, -5000.0), (100_000.0, 3000.0), (180_000.0, -800.0)]:
        foot, place = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([[s_m, 0.0], [s_m, d_m]]))
        assert GEOD.inv(*foot, *place)[2] == pytest.approx(abs(d_m), abs=METRE)


def test_two_places_on_either_side_of_42_east_are_40_m_apart_in_line_coordinates() -> None:
    s_42 = float(LINE.sd_from_xy_m(LINE.frame.xy_m_from_lonlat(42.0, _latitude_at_42()))[0])
    west, east = (GEOD.fwd(42.0, _latitude_at_42(), azimuth, 20.0)[:2] for azimuth in (270.0, 90.0))
    s = [float(LINE.sd_from_xy_m(LINE.frame.xy_m_from_lonlat(*p))[0]) for p in (west, east)]
    assert s[0] < s_42 < s[1]
    assert s[1] - s[0] == pytest.approx(40.0 * np.sin(float(LINE.heading_rad(s_42))), abs=0.01)


def test_a_place_given_in_either_utm_zone_has_the_same_line_coordinates() -> None:
    lat = _latitude_at_42()
    for azimuth in (270.0, 90.0):
        lon, lat1, _ = GEOD.fwd(42.0, lat, azimuth, 20.0)
        in_37 = _utm(37).transform(*_utm(37).transform(lon, lat1), direction="INVERSE")
        in_38 = _utm(38).transform(*_utm(38).transform(lon, lat1), direction="INVERSE")
        sd = LINE.sd_from_xy_m(LINE.frame.xy_m_from_lonlat(*np.array([in_37, in_38]).T))
        np.testing.assert_allclose(sd[0], sd[1], atol=0.001)


def _latitude_at_42() -> float:
    k = int(np.searchsorted(LINE.lonlat_deg[:, 0], 42.0))
    (lon0, lat0), (lon1, lat1) = LINE.lonlat_deg[k - 1], LINE.lonlat_deg[k]
    return float(lat0 + (lat1 - lat0) * (42.0 - lon0) / (lon1 - lon0))


def test_chainage_goes_on_beyond_both_ends() -> None:
    line = straight_line()
    sd = np.array([[-700.0, 30.0], [line.length_m + 900.0, -40.0]])
    np.testing.assert_allclose(line.sd_from_xy_m(line.xy_m_from_sd(sd)), sd, atol=0.01)


@pytest.mark.parametrize(("side", "north_is"), [("right", -1.0), ("left", 1.0)])
def test_home_lies_on_the_side_that_was_named(side: str, north_is: float) -> None:
    line = straight_line(home_side=side)
    assert line.sd_from_xy_m([0.0, 500.0])[1] == pytest.approx(500.0 * north_is, abs=1.0)


def test_reversing_a_line_and_its_side_mirrors_chainage_only() -> None:
    back = LineFrame.of(LONLAT[::-1].copy(), "left")
    lonlat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([[50_000.0, -2000.0]]))
    sd = back.sd_from_xy_m(back.frame.xy_m_from_lonlat(*lonlat.T))[0]
    np.testing.assert_allclose(sd, [back.length_m - 50_000.0, -2000.0], atol=METRE)


def test_vertices_written_twice_change_nothing() -> None:
    twice = LineFrame.of(np.repeat(LONLAT, 2, axis=0), "right")
    np.testing.assert_array_equal(twice.s_m, LINE.s_m)
    np.testing.assert_array_equal(twice.xy_m, LINE.xy_m)


def test_what_is_not_known_stays_not_known() -> None:
    sd = LINE.sd_from_xy_m([[np.nan, 0.0], [0.0, 0.0], [0.0, np.inf]])
    assert np.isnan(sd[[0, 2]]).all()
    assert np.isfinite(sd[1]).all()


def test_blocks_passed_over_never_held_the_nearest_leg() -> None:
    rng = np.random.default_rng(3)
    points = np.column_stack([rng.uniform(-110_000, 110_000, 300), rng.uniform(-20_000, 20_000, 300)])
    found = np.abs(LINE.sd_from_xy_m(points)[:, 1])
    a, b = LINE.xy_m[:-1], LINE.xy_m[1:]
    f = np.einsum("pki,ki->pk", points[:, None] - a, b - a) / ((b - a) ** 2).sum(axis=1)
    f[:, 1:] = np.maximum(f[:, 1:], 0.0)
    f[:, :-1] = np.minimum(f[:, :-1], 1.0)
    near = np.linalg.norm(points[:, None] - (a + f[..., None] * (b - a)), axis=2).min(axis=1)
    np.testing.assert_allclose(found, near, atol=1e-6)


def test_heading_is_the_geodesic_azimuth_on_the_grid() -> None:
    s_m = 60_000.0
    a, b = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([[s_m, 0.0], [s_m + 50.0, 0.0]]))
    true = np.radians(GEOD.inv(*a, *b)[0])
    grid = true + float(LINE.frame.convergence_rad(LINE.xy_m_from_sd([s_m, 0.0])))
    assert float(LINE.heading_rad(s_m)) == pytest.approx(grid, abs=1e-3)


def _plain(*corners_m: tuple[float, float]) -> LineFrame:
    """Return a line through corners on the plane of a frame, home on its left."""
    frame = SiteFrame(33.5, 42.0, 90.0)
    return LineFrame.of(frame.lonlat_from_xy_m(np.array(corners_m)), "left", frame)


@pytest.mark.parametrize("turn_deg", [60.0, 95.0, 120.0, 150.0, 170.0])
def test_round_a_sharp_corner_outside_stays_outside(turn_deg: float) -> None:
    turn = np.radians(turn_deg)
    line = _plain((-8000.0, 0.0), (0.0, 0.0), (8000.0 * np.cos(turn), 8000.0 * np.sin(turn)))  # turns left
    bearing = np.linspace(-np.pi, np.pi, 361)[:-1]
    at = 2000.0 * np.column_stack([np.cos(bearing), np.sin(bearing)])
    home = line.sd_from_xy_m(at)[:, 1] > 0.0
    inside = (bearing > turn) & (bearing < np.pi)  # between the two legs
    sure = (np.abs(bearing - turn) > 0.02) & (np.abs(np.abs(bearing) - np.pi) > 0.02)
    assert np.array_equal(home[sure], inside[sure])


def test_a_line_that_curls_back_is_not_passed_through_by_its_own_end() -> None:
    hook = _plain((0.0, 0.0), (10_000.0, 0.0), (10_000.0, 6000.0), (4000.0, 6000.0), (4000.0, 3000.0))
    s_m, d_m = hook.sd_from_xy_m([4000.0, 1.0])
    assert (s_m, d_m) == (pytest.approx(4000.0, abs=1.0), pytest.approx(1.0, abs=0.1))
    beyond = hook.sd_from_xy_m([4200.0, 2500.0])  # nearest to the end, and told along the last leg
    assert beyond[0] == pytest.approx(hook.length_m + 500.0, rel=1e-3)


def test_a_boundary_that_closes_has_its_inside_at_home_all_round() -> None:
    turn = np.linspace(0.0, 2.0 * np.pi, 25)
    ring = _plain(*(5000.0 * np.column_stack([np.cos(turn), np.sin(turn)])).tolist())
    bearing = np.linspace(0.01, 2.0 * np.pi - 0.01, 200)
    way = np.column_stack([np.cos(bearing), np.sin(bearing)])
    inner, outer = ring.sd_from_xy_m(4000.0 * way), ring.sd_from_xy_m(6000.0 * way)
    assert np.all(inner[:, 1] > 800.0)
    assert np.all(outer[:, 1] < -800.0)
    assert np.allclose(inner[:, 0], 5000.0 * bearing, atol=600.0)
