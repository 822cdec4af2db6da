from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.solver.descent import cost_along
from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.too_late import weakest_to_late
from watchline.coverage.weakest_path import (
    Ground,
    end_at,
    ends_in,
    exposure_field,
    measured,
    weakest_path,
    weakest_within,
)

CELL_M = 30.0


def sides(shape: tuple[int, int]):
    """Return the first and the last row as masks."""
    top, bottom = np.zeros(shape, bool), np.zeros(shape, bool)
    top[0], bottom[-1] = True, True
    return top, bottom


def towers(shape: tuple[int, int], at: list[tuple[float, float]], peak: float = 2e-3, reach: float = 12.0):
    """Return a rate of hills round each place."""
    r, c = np.mgrid[0 : shape[0], 0 : shape[1]]
    rate = np.full(shape, 1e-6)
    for row, col in at:
        rate += peak * np.exp(-((r - row) ** 2 + (c - col) ** 2) / (2 * reach**2))
    return rate


def across(ground: Ground, **how):
    top, bottom = sides(ground.rate_per_s.shape)
    return weakest_path(ground, ends_in(top), ends_in(bottom), **how)


def test_the_weakest_path_goes_between_two_towers():
    route = across(Ground(towers((81, 161), [(40, 40), (40, 120)]), 1.3, CELL_M))
    assert route is not None
    middle = route.path_rc[np.abs(route.path_rc[:, 0] - 40).argmin()]
    assert min(abs(middle[1] - 80), abs(middle[1] - 0), abs(middle[1] - 160)) < 3
    assert (route.path_rc[0, 0], route.path_rc[-1, 0]) == (0.0, 80.0)


def test_its_exposure_is_that_of_its_own_polyline():
    ground = Ground(towers((81, 161), [(40, 40), (30, 110)]), 1.3, CELL_M)
    route = across(ground)
    again = measured(ground, route.path_rc, 1e-6)
    assert again.exposure == pytest.approx(route.exposure)
    assert route.cost == pytest.approx(route.exposure + 1e-6 * route.time_s, rel=1e-4)
    assert route.time_s == pytest.approx(route.length_m / 1.3, rel=1e-6)
    assert route.cost == pytest.approx(route.field_cost, rel=5e-3)


def test_obstacles_are_never_crossed_and_the_gap_is_found():
    rate = np.full((61, 91), 1e-4)
    speed = np.full((61, 91), 1.3)
    speed[30] = 0.0
    speed[30, 70:72] = 1.3
    route = across(Ground(rate, speed, CELL_M))
    at_wall = route.path_rc[np.abs(route.path_rc[:, 0] - 30) <= 0.5]
    assert np.all((at_wall[:, 1] >= 69.5) & (at_wall[:, 1] <= 71.5))
    cell = np.floor(route.path_rc + 0.5).astype(int)
    assert np.all(speed[cell[:, 0], cell[:, 1]] > 0)


def test_no_gap_no_route():
    speed = np.full((21, 31), 1.3)
    speed[10] = np.nan
    assert across(Ground(np.full((21, 31), 1e-4), speed, CELL_M)) is None


def test_a_wall_that_touches_only_at_corners_holds():
    speed = np.full((20, 20), 1.3)
    speed[np.arange(20), np.arange(20)] = 0.0
    field = exposure_field(Ground(np.full((20, 20), 1e-4), speed, CELL_M), ends_in(np.eye(20, k=19, dtype=bool)))
    assert np.all(np.isinf(field[np.tril_indices(20, -1)]))


def test_a_labyrinth_is_solved():
    speed = np.full((61, 61), 1.3)
    for k, row in enumerate(range(6, 60, 6)):
        speed[row] = 0.0
        speed[row, (1, 59)[k % 2]] = 1.3
    route = across(Ground(np.full((61, 61), 1e-4), speed, CELL_M))
    assert np.isfinite(route.exposure)
    assert route.length_m > 8 * 57 * CELL_M
    assert route.cost == pytest.approx(route.field_cost, rel=0.02)


def test_points_may_lie_between_cells():
    ground = Ground(np.full((41, 41), 1e-3), 1.0, 10.0)
    route = weakest_path(ground, end_at(ground, 5.3, 6.7), end_at(ground, 30.9, 33.2))
    assert route.length_m == pytest.approx(10 * np.hypot(25.6, 26.5), rel=1e-4)
    assert tuple(route.path_rc[0]) == (5.3, 6.7)
    assert tuple(route.path_rc[-1]) == (30.9, 33.2)


def test_close_points_are_joined_straight():
    ground = Ground(np.full((41, 41), 1e-3), 1.0, 10.0)
    route = weakest_path(ground, end_at(ground, 20.0, 20.0), end_at(ground, 21.0, 22.5))
    assert route.length_m == pytest.approx(10 * np.hypot(1, 2.5), rel=1e-6)


def test_a_time_budget_is_kept_and_costs_exposure():
    rate = towers((61, 201), [(30, 100)], peak=2e-2, reach=20.0)
    ground = Ground(rate, 1.3, CELL_M)
    start, goal = np.zeros((61, 201), bool), np.zeros((61, 201), bool)
    start[0, 100], goal[-1, 100] = True, True
    free = weakest_within(ground, start, goal, 1e9)
    fastest_s = 60 * CELL_M / 1.3
    tight = weakest_within(ground, start, goal, 1.2 * fastest_s)
    assert free is not None
    assert tight is not None
    assert free.route.time_s > 1.4 * fastest_s
    assert tight.route.time_s <= 1.2 * fastest_s
    assert tight.route.exposure > free.route.exposure
    assert tight.exposure_lower <= tight.route.exposure * 1.005
    assert weakest_within(ground, start, goal, 0.9 * fastest_s) is None


def test_starts_may_cost_differently_and_the_cheaper_way_wins():
    cost = np.ones((5, 50))
    field = least_cost(cost, 1.0, np.array([100, 149]), np.array([0.0, 100.0]))
    assert field[2, 49] == pytest.approx(49.0, rel=1e-6)


def test_order_one_errs_high():
    ground = np.ones((101, 101))
    start = np.array([50 * 101 + 50])
    exact = np.hypot(*(np.mgrid[0:101, 0:101] - 50))
    one = least_cost(ground, 1.0, start, np.zeros(1), order=1)
    assert np.all(one >= exact - 1e-9)
    assert (one / np.maximum(exact, 1)).max() < 1.3


def test_late_ground_is_what_the_response_cannot_reach_in_time():
    ground = Ground(np.full((101, 41), 1e-3), 1.0, 10.0)
    top, bottom = sides((101, 41))
    late = weakest_to_late(ground, ends_in(top), bottom, 300.0)
    assert late.time_left_s[0] == pytest.approx(1000.0)
    assert late.late.sum() == 30 * 41
    assert late.route.exposure == pytest.approx(1e-3 * 710.0, rel=1e-3)
    slower = weakest_to_late(ground, ends_in(top), bottom, 600.0)
    assert slower.route.exposure < late.route.exposure


def test_unknown_rates_are_refused():
    rate = np.full((5, 5), 1e-3)
    rate[2, 2] = np.nan
    with pytest.raises(ValueError, match="unknown rate"):
        Ground(rate, 1.0, 30.0)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"cell_m": 0.0}, "cell_m"),
        ({"order": 3}, "order"),
        ({"start_cell": np.array([99])}, "start"),
        ({"start_cost": np.array([np.nan])}, "start"),
        ({"cost_per_m": np.zeros((3, 3))}, "cost_per_m"),
    ],
)
def test_bad_grids_are_refused(how, message):
    good = {"cost_per_m": np.ones((3, 3)), "cell_m": 1.0, "start_cell": np.array([0]), "start_cost": np.zeros(1)}
    with pytest.raises(ValueError, match=message):
        least_cost(**(good | how))


def test_a_point_in_an_obstacle_or_outside_is_refused():
    speed = np.ones((9, 9))
    speed[4, 4] = 0.0
    ground = Ground(np.full((9, 9), 1e-3), speed, 30.0)
    with pytest.raises(ValueError, match="obstacle"):
        end_at(ground, 4.2, 3.8)
    with pytest.raises(ValueError, match="outside"):
        end_at(ground, 40.0, 3.0)


def test_costs_far_apart_keep_their_order():
    """Ten decades of cost: the far list of the buckets is used."""
    rng = np.random.default_rng(3)
    cost = 10.0 ** rng.uniform(-7, 3, (60, 60))
    field = least_cost(cost, 1.0, np.arange(60), np.zeros(60), order=1)
    # First order: every cell is no dearer than its best neighbour and one cell of its own.
    padded = np.pad(field, 1, constant_values=np.inf)
    least = np.min([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]], axis=0)
    assert np.all(field <= least + cost * (1 + 2e-3))
    assert np.all(field[1:] > least[1:])


def test_an_integral_through_an_obstacle_is_infinite():
    cost = np.ones((5, 5))
    cost[2, 2] = np.inf
    assert cost_along(cost, np.array([[0.0, 0.0], [4.0, 4.0]])) == np.inf
    assert cost_along(cost, np.array([[0.0, 0.0], [0.0, 4.0]])) == pytest.approx(4.0)
