from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.exact.space_time import patrol_hazard
from watchline.coverage.live_path import LiveGround, exposure_along, live_route, solve_live

CELL_M = 50.0
SPEED_M_S = 1.25
STEP_S = CELL_M / SPEED_M_S


def edges(shape):
    top, bottom = np.zeros(shape, bool), np.zeros(shape, bool)
    top[0], bottom[-1] = True, True
    return top, bottom


def test_the_known_phase_case_has_no_exposure():
    """Mathematics of assurance, 2.4: a patrol on the third of four rows, five columns, its phase known."""
    column_at = np.array([0, 1, 2, 3, 4, 3, 2, 1])
    rate = patrol_hazard(column_at, 2, (4, 5), 12, (0.8, 0.3))[0].astype(np.float32)
    top, bottom = edges((4, 5))
    route = live_route(solve_live(LiveGround(rate, 1.0, 1.0, 1.0), bottom), top)
    assert route.exposure == pytest.approx(0.0, abs=1e-6)


def test_a_patrol_that_goes_away_is_waited_for():
    """A curtain across the whole belt opens after 40 steps: who waits for it sees none of it."""
    shape, opens = (41, 31), 40
    rate = np.full((120, *shape), 1e-7, np.float32)
    rate[:opens, 18:23] = 1e-2
    top, bottom = edges(shape)
    ground = LiveGround(rate, STEP_S, SPEED_M_S, CELL_M)
    route = live_route(solve_live(ground, bottom), top)
    assert route.exposure < 1e-3
    inside = (route.path_rc[:, 0] > 17.0) & (route.path_rc[:, 0] < 23.0)
    assert route.t_s[inside].min() >= (opens - 1) * STEP_S
    assert live_route(solve_live(ground, bottom, waiting=False), top).exposure < 0.5


def test_the_gap_that_a_patrol_leaves_is_used_when_and_where_it_is():
    shape = (41, 101)
    rate = np.full((150, *shape), 1e-7, np.float32)
    rate[:, 18:23] = 1e-2
    rate[60:90, 18:23, 70:80] = 1e-7
    top, bottom = edges(shape)
    route = live_route(solve_live(LiveGround(rate, STEP_S, SPEED_M_S, CELL_M), bottom), top)
    inside = (route.path_rc[:, 0] > 17.5) & (route.path_rc[:, 0] < 22.5)
    assert route.exposure < 1e-3
    assert np.all((route.path_rc[inside, 1] > 69.0) & (route.path_rc[inside, 1] < 80.0))
    assert np.all((route.t_s[inside] >= 59 * STEP_S) & (route.t_s[inside] <= 91 * STEP_S))


def test_a_sensor_that_comes_back_hurries_the_crosser():
    shape = (41, 31)
    rate = np.full((80, *shape), 1e-7, np.float32)
    rate[30:] = 5e-3
    top, bottom = edges(shape)
    live = solve_live(LiveGround(rate, STEP_S, SPEED_M_S, CELL_M), bottom)
    a_cell = 5e-3 * STEP_S
    early, late = (live.least[n].min(where=top, initial=np.inf) for n in (0, 20))
    assert early == pytest.approx(10 * a_cell, rel=0.1)
    assert late == pytest.approx(30 * a_cell, rel=0.05)


def test_what_holds_after_the_horizon_is_walked_too():
    shape = (61, 31)
    rate = np.full((10, *shape), 1e-4, np.float32)
    top, bottom = edges(shape)
    after = np.full(shape, 3e-4)
    route = live_route(solve_live(LiveGround(rate, STEP_S, SPEED_M_S, CELL_M, after_per_s=after), bottom), top)
    assert route.exposure == pytest.approx(10 * STEP_S * 1e-4 + 50 * STEP_S * 3e-4, rel=0.02)


def test_exposure_counts_the_time_spent_in_each_step():
    rate = np.zeros((4, 5, 5), np.float32)
    rate[1], rate[3] = 1e-3, 5e-3
    ground = LiveGround(rate, STEP_S, SPEED_M_S, CELL_M)
    stay = np.array([[2.0, 2.0], [2.0, 2.0]])
    assert exposure_along(ground, stay, np.array([0.0, 2 * STEP_S])) == pytest.approx(1e-3 * STEP_S)
    assert exposure_along(ground, stay, np.array([0.0, 6 * STEP_S])) == pytest.approx((1e-3 + 3 * 5e-3) * STEP_S)


def test_a_closed_wall_leaves_no_route():
    speed = np.full((21, 21), SPEED_M_S)
    speed[10] = 0.0
    top, bottom = edges((21, 21))
    live = solve_live(LiveGround(np.zeros((5, 21, 21), np.float32), STEP_S, speed, CELL_M), bottom)
    assert live_route(live, top) is None


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"rate_per_s": np.full((2, 3, 3), np.nan, np.float32)}, "unknown rate"),
        ({"rate_per_s": np.zeros((3, 3), np.float32)}, "steps, rows, cols"),
        ({"step_s": 2 * STEP_S}, "one cell"),
    ],
)
def test_bad_input_is_refused(how, message):
    good = {"rate_per_s": np.zeros((2, 3, 3), np.float32), "step_s": STEP_S, "speed_m_s": SPEED_M_S, "cell_m": CELL_M}
    with pytest.raises(ValueError, match=message):
        LiveGround(**(good | how))
