from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import rough, straight_line, wavy_lonlat
from watchline.geo.line import LineFrame
from watchline.geo.sight import ground_from_ray, least_visible_height_m
from watchline.geo.terrain import Terrain

LINE = LineFrame.of(wavy_lonlat(60_000.0, 31), "right")
HILLS = rough()
HALF_M = 2900.0

places = st.tuples(st.floats(-HALF_M, HALF_M), st.floats(-HALF_M, HALF_M))
masts = st.floats(0.5, 60.0)


@given(st.floats(-3000, 63_000), st.floats(-6000, 6000))
def test_one_position_is_a_row_of_many(x: float, y: float) -> None:
    batch = LINE.sd_from_xy_m([[0.0, 0.0], [x, y], [1.0, 2.0]])
    assert LINE.sd_from_xy_m([x, y]).tolist() == batch[1].tolist()


@given(st.floats(-30_000, 30_000), st.floats(-6000, 6000))
def test_the_named_home_side_only_turns_the_sign_of_the_offset(x: float, y: float) -> None:
    other = LineFrame(LINE.frame, LINE.lonlat_deg, LINE.xy_m, LINE.s_m, -LINE.home_sign)
    s, d = LINE.sd_from_xy_m([x, y])
    assert other.sd_from_xy_m([x, y]).tolist() == [s, -d]


@given(st.floats(0, 10_000), st.floats(-3000, 3000), st.floats(-1000, 1000))
def test_moving_along_a_straight_line_changes_only_chainage(s: float, d: float, ahead: float) -> None:
    line = straight_line()
    moved = line.sd_from_xy_m(line.xy_m_from_sd([s + ahead, d]))
    np.testing.assert_allclose(moved, [s + ahead, d], atol=0.05)


@given(places, masts)
@settings(max_examples=50)
def test_asking_leaves_the_inputs_as_they_were(to: tuple[float, float], mast: float) -> None:
    height = HILLS.height_m.copy()
    eye, target = np.array([[0.0, 0.0, 300.0 + mast]]), np.array([to])
    before = eye.copy(), target.copy()
    least_visible_height_m(HILLS, eye, target)
    ground_from_ray(HILLS, eye[0], np.array([1.0]), np.array([-0.05]), 2000.0)
    LINE.sd_from_xy_m(target)
    np.testing.assert_array_equal(HILLS.height_m, height)
    np.testing.assert_array_equal(eye, before[0])
    np.testing.assert_array_equal(target, before[1])


@given(places, places, masts, st.floats(0.0, 40.0))
def test_a_higher_mast_never_sees_less(
    at: tuple[float, float], to: tuple[float, float], mast: float, more: float
) -> None:
    ground = float(HILLS.height_at(at))
    low, high = (_hidden(HILLS, at, ground + m, to) for m in (mast, mast + more))
    assert high <= low + 1e-9


@given(places, places, masts)
def test_what_is_hidden_is_never_less_than_nothing(
    at: tuple[float, float], to: tuple[float, float], mast: float
) -> None:
    assert _hidden(HILLS, at, float(HILLS.height_at(at)) + mast, to) >= 0.0


@given(places, places, st.floats(-200.0, 2000.0))
def test_raising_eye_and_ground_together_changes_nothing(
    at: tuple[float, float], to: tuple[float, float], by: float
) -> None:
    raised = Terrain(HILLS.height_m + np.float32(by), HILLS.x0_m, HILLS.y0_m, HILLS.cell_m)
    eye = float(HILLS.height_at(at)) + 20.0
    np.testing.assert_allclose(_hidden(HILLS, at, eye, to), _hidden(raised, at, eye + by, to), atol=0.01)


@given(places)
def test_a_sight_line_into_or_across_a_void_is_unknown(to: tuple[float, float]) -> None:
    height = HILLS.height_m.copy()
    height[:, 95:105] = np.nan
    holed = Terrain(height, HILLS.x0_m, HILLS.y0_m, HILLS.cell_m)
    west = (-abs(to[0]) - 200.0, to[1])
    if west[0] < -HALF_M:
        return
    assert np.isnan(_hidden(holed, west, 400.0, (0.0, to[1])))
    assert np.isnan(_hidden(holed, west, 400.0, (2000.0, to[1])))


@given(places)
def test_a_height_between_cells_lies_between_their_heights(at: tuple[float, float]) -> None:
    col, row = (at[0] - HILLS.x0_m) / HILLS.cell_m, (HILLS.y0_m - at[1]) / HILLS.cell_m
    cells = HILLS.height_m[int(row) : int(row) + 2, int(col) : int(col) + 2]
    assert cells.min() - 1e-3 <= float(HILLS.height_at(at)) <= cells.max() + 1e-3


def test_there_is_no_height_outside_the_ground() -> None:
    west, south, east, north = HILLS.bounds_m
    outside = [[west - 1, 0.0], [east + 1, 0.0], [0.0, south - 1], [0.0, north + 1], [np.nan, 0.0]]
    assert np.isnan(HILLS.height_at(outside)).all()
    assert np.isfinite(HILLS.height_at([[west, south], [east, north]])).all()


@given(places, st.floats(0, 6.28), st.floats(-0.3, -0.02))
def test_a_ray_ends_on_the_ground(at: tuple[float, float], bearing: float, elevation: float) -> None:
    eye = np.array([*at, float(HILLS.height_at(at)) + 30.0])
    hit = ground_from_ray(HILLS, eye, np.array([bearing]), np.array([elevation]), 3000.0)[0]
    if np.isnan(hit[0]):
        return
    assert float(HILLS.height_at(hit[:2])) == hit[2]
    assert abs(eye[2] + np.tan(elevation) * hit[3] - hit[2]) < 2.0


def _hidden(terrain: Terrain, at: tuple[float, float], eye_m: float, to: tuple[float, float]) -> float:
    return float(least_visible_height_m(terrain, np.array([[*at, eye_m]]), np.array([to]))[0])
