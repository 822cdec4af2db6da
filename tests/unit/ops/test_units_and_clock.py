from __future__ import annotations

import math
import time

import numpy as np
import pytest

from builders import T0_S, position, report, straight_line
from watchline.ops.clock import Clock, seconds_of, text_of
from watchline.ops.units import CARRY_ON_S, Units, place_m

LINE = straight_line()
AT = position(LINE, 5000.0, 0.0)


def test_a_unit_is_carried_on_along_its_heading() -> None:
    units = Units(LINE.frame).heard((report("u", AT, T0_S, speed_m_s=10.0, heading_rad=math.radians(90.0)),))
    step = units.xy_m_at(T0_S + 20.0) - units.xy_m_at(T0_S)
    np.testing.assert_allclose(step, [[200.0, 0.0]], atol=1e-6)


def test_an_old_report_is_shown_where_it_was_made() -> None:
    units = Units(LINE.frame).heard((report("u", AT, T0_S, speed_m_s=10.0),))
    np.testing.assert_array_equal(units.xy_m_at(T0_S + CARRY_ON_S), units.xy_m_at(T0_S))


def test_a_report_from_the_future_is_not_carried_backwards() -> None:
    units = Units(LINE.frame).heard((report("u", AT, T0_S + 5.0, speed_m_s=10.0),))
    np.testing.assert_array_equal(units.xy_m_at(T0_S), units.xy_m_at(T0_S + 5.0))


def test_units_keep_their_rows_and_take_new_places() -> None:
    units = Units(LINE.frame).heard((report("a", AT), report("b", AT)))
    units = units.heard((report("b", position(LINE, 6000.0, 0.0), T0_S + 1), report("c", AT, T0_S + 1)))
    assert units.ids == ("a", "b", "c")
    np.testing.assert_allclose(LINE.sd_from_xy_m(units.xy_m_at(T0_S + 1))[:, 0], [5000, 6000, 5000], atol=0.01)


def test_a_report_that_was_overtaken_does_not_move_a_unit_back() -> None:
    units = Units(LINE.frame).heard((report("a", AT, T0_S + 10),))
    late = units.heard((report("a", position(LINE, 1000.0, 0.0), T0_S),))
    np.testing.assert_array_equal(late.xy_m_at(T0_S + 10), units.xy_m_at(T0_S + 10))


def test_a_free_clock_is_a_multiple_of_its_steps() -> None:
    clock = Clock(T0_S, 1 / 3)
    for _ in range(3_000):
        clock.advance()
    assert clock.now_s == T0_S + 3_000 * (1 / 3)


def test_a_paced_clock_keeps_to_the_wall() -> None:
    clock, began = Clock(T0_S, 0.1, speed=10.0), time.monotonic()
    for _ in range(10):
        clock.advance()
    assert 0.09 <= time.monotonic() - began < 1.0


@pytest.mark.parametrize("text", ["2018-01-23T03:00:00+03:00", "2018-01-23T00:00:00Z"])
def test_times_are_read_with_their_zone(text: str) -> None:
    assert seconds_of(text) == T0_S
    assert text_of(T0_S) == "2018-01-23T00:00:00Z"


@pytest.mark.parametrize("text", ["2018-01-23T00:00:00", "2018-01-23", "yesterday", ""])
def test_a_time_without_a_zone_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone|format|isoformat"):
        seconds_of(text)


def test_tracking_is_told_of_the_units_it_may_align_towers_by_and_of_no_other() -> None:
    units = Units(LINE.frame).heard((report("a", AT), report("drone", AT), report("b", AT, T0_S + 1, speed_m_s=2.0)))
    own = units.of(frozenset({"a", "b", "never heard"}))
    assert own.t_s.tolist() == [T0_S, T0_S + 1]
    np.testing.assert_allclose(own.v_m_s, [[0.0, 0.0], [0.0, 2.0]], atol=1e-9)
    assert len(units.of(frozenset()).t_s) == 0


def test_a_heading_is_from_true_north_wherever_the_grid_s_north_points() -> None:
    far = position(straight_line(400_000.0), 395_000.0, 0.0)
    frame = straight_line(400_000.0).frame
    here = frame.xy_m_of(far)
    turn = float(frame.convergence_rad(here))
    assert abs(turn) > math.radians(0.5)
    north = report("u", far, T0_S, speed_m_s=10.0, heading_rad=0.0)
    east_m, north_m = place_m(frame, north, T0_S + 50.0) - here
    assert math.atan2(east_m, north_m) == pytest.approx(turn, abs=1e-6)
    lon = frame.lonlat_from_xy_m(place_m(frame, north, T0_S + 50.0))[0]
    assert float(lon) == pytest.approx(far.lon_deg, abs=1e-6)


def test_who_answers_and_who_is_shown_stand_at_one_place() -> None:
    for age_s in (0.0, 59.0, 61.0, 250.0):
        one = report("u", AT, T0_S, speed_m_s=10.0, heading_rad=1.0)
        units = Units(LINE.frame).heard((one,))
        np.testing.assert_array_equal(place_m(LINE.frame, one, T0_S + age_s), units.xy_m_at(T0_S + age_s)[0])
