"""The ways round a checkpoint against closed forms on open ground."""

from __future__ import annotations

import math

import numpy as np
import pytest

from watchline.response.detour import detour, length_m, noticed
from watchline.response.travel.reach import Ways
from watchline.sensing.detection import VEHICLE, WALKER
from watchline.sensing.glimpse import p_miss
from watchline.sensing.observer import eye_constant_m3_s, seen_from_m, sweep_width_m

CELL_M = 20.0
OPEN = Ways(np.ones((400, 400), np.float32), 0.0, 399 * CELL_M, CELL_M)
POST = np.array([4000.0, 4000.0])
ENDS = POST + np.array([[0.0, -2000.0], [0.0, 2000.0]])


@pytest.mark.parametrize("keep_m", [300.0, 1000.0])
def test_round_a_disc_is_two_tangents_and_an_arc(keep_m: float) -> None:
    found = detour(OPEN, 2.0, ENDS, POST, keep_m)
    assert found is not None
    half = math.acos(keep_m / 2000.0)
    longest = 2.0 * math.sqrt(2000.0**2 - keep_m**2) + keep_m * (math.pi - 2.0 * half)
    assert found.through_s == pytest.approx(2000.0, rel=0.005)
    assert found.round_s == pytest.approx(longest / 2.0, rel=0.02)
    assert np.hypot(*(found.way_m - POST).T).min() > keep_m - CELL_M
    assert found.extra_m == pytest.approx(longest - 4000.0, abs=0.02 * longest)


def test_between_walls_there_is_no_way_round() -> None:
    pace = np.full((400, 400), np.inf, np.float32)
    pace[:, 195:206] = 1.0
    assert detour(Ways(pace, 0.0, 399 * CELL_M, CELL_M), 2.0, ENDS, POST, 300.0) is None


def test_whoever_keeps_away_farther_is_noticed_less_and_at_night_hardly() -> None:
    def seen(keep_m: float, day: bool) -> float:
        way = np.column_stack([np.full(2, POST[0] + keep_m), ENDS[:, 1]])
        return noticed(way, length_m(way) / WALKER.speed_m_s, POST, 2, WALKER, 2.0, day=day, visibility_m=10_000.0)

    by_day = [seen(keep, True) for keep in (100.0, 300.0, 1000.0)]
    assert 1.0 > by_day[0] > by_day[1] > by_day[2] > 0.0
    assert seen(300.0, False) < 0.1 * by_day[1]
    still = np.stack([POST, POST])
    assert noticed(still, 10.0, POST, 2, VEHICLE, 2.0, day=True, visibility_m=10_000.0) == 0.0


def test_the_law_along_a_straight_way_is_the_inverse_cube_s() -> None:
    """Past an observer at range R the exposure is 2 c / (R^2 v) on an endless straight way."""
    way = np.column_stack([np.full(2, POST[0] + 200.0), POST[1] + np.array([-40_000.0, 40_000.0])])
    c = eye_constant_m3_s(sweep_width_m(seen_from_m(WALKER.area_m2, day=True, visibility_m=10_000.0)))
    due = 1.0 - float(p_miss(np.array([2.0 * 3 * c / (200.0**2 * WALKER.speed_m_s)]), 2.0)[0])
    got = noticed(way, 80_000.0 / WALKER.speed_m_s, POST, 3, WALKER, 2.0, day=True, visibility_m=10_000.0)
    assert got == pytest.approx(due, rel=1e-3)
