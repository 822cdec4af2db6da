"""Published cases of search theory: each names its source."""

import math

import numpy as np
import pytest
from scipy.optimize import linprog

from watchline.search.allocation import p_success, searched_in_vain, water_fill
from watchline.search.constrained import SmallSearch, best_way
from watchline.search.laws import (
    PROBABLE_ERROR_SIGMAS,
    brownian_within,
    circular_normal,
    circular_normal_mean_s,
    expanding_area,
    random_tour_mean_square_m2,
    within_circle,
    within_square,
)
from watchline.search.moving import Budget, best_effort, chain_ways


@pytest.mark.parametrize(
    ("effort", "spread", "success"),
    [(0.5, (0.5, 0.0), 0.275429), (1.0, (0.923649, 0.076351), 0.444105), (2.0, (1.423649, 0.576351), 0.662833)],
)
def test_two_cells_by_charnes_and_cooper_1958(effort, spread, success):
    p, w = np.array([0.7, 0.3]), np.ones(2)
    z = water_fill(p, w, effort)
    assert z == pytest.approx(spread, abs=1e-6)
    assert p_success(p, w, z) == pytest.approx(success, abs=1e-6)


def test_koopmans_second_cell_opens_when_the_first_has_fallen_to_it():
    p, w = np.array([0.7, 0.3]), np.ones(2)
    assert water_fill(p, w, math.log(7 / 3) - 1e-9)[1] == 0.0
    assert water_fill(p, w, math.log(7 / 3) + 1e-6)[1] > 0.0


def test_spread_of_unlike_cells_agrees_with_a_linear_program_of_tangents():
    """From outside: HiGHS on the concave gain cut by 400 tangents, which can only be above."""
    rng = np.random.default_rng(5)
    p, w, effort = rng.dirichlet(np.ones(6)), rng.uniform(0.2, 2.0, 6), 3.0
    at = np.linspace(0.0, 8.0, 400)
    # variables z (6), gain (6); gain_i <= tangent at each point
    rows, limits = [], []
    for k in range(6):
        for point in at:
            slope = p[k] * w[k] * math.exp(-w[k] * point)
            row = np.zeros(12)
            row[k], row[6 + k] = -slope, 1.0
            rows.append(row)
            limits.append(p[k] * (1.0 - math.exp(-w[k] * point)) - slope * point)
    total = np.r_[np.ones(6), np.zeros(6)]
    outcome = linprog(np.r_[np.zeros(6), -np.ones(6)], np.array(rows), limits, total[None], [effort])
    found = p_success(p, w, water_fill(p, w, effort))
    assert found <= -outcome.fun + 1e-12
    assert found == pytest.approx(-outcome.fun, abs=2e-5)


def test_search_in_vain_by_iamsar():
    after, success = searched_in_vain(np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.0, 0.0]))
    assert success == pytest.approx(0.3)
    assert after == pytest.approx([0.285714, 0.428571, 0.285714], abs=1e-6)


@pytest.mark.parametrize(("a", "p"), [(0.5, 0.09020), (1.0, 0.26424), (2.0, 0.59399), (3.0, 0.80085)])
def test_circular_normal_by_koopman(a, p):
    found, radius = circular_normal(math.pi * a**2, 1.0, 1.0, 1.0)
    assert found == pytest.approx(p, abs=5e-6)
    assert radius == pytest.approx(math.sqrt(2 * a))


def test_circular_normal_on_a_grid_is_what_the_spread_finds():
    x = np.arange(-5.0, 5.0, 0.1) + 0.05
    p = np.exp(-(x[:, None] ** 2 + x**2) / 2).ravel() * 0.01 / (2 * math.pi)
    w = np.full(p.size, 1 / 0.01)  # effort as area swept
    z = water_fill(p, w, math.pi)
    assert p_success(p, w, z) == pytest.approx(0.26424, abs=3e-5)
    far = np.hypot(*np.meshgrid(x, x)).ravel()[z > 0].max()
    assert far == pytest.approx(math.sqrt(2.0), abs=0.08)


def test_mean_time_of_the_circular_normal_by_stone():
    assert circular_normal_mean_s(1.0, 1.0, 1.0) == pytest.approx(18.84956, abs=1e-5)
    t = np.linspace(1e-9, 4000.0, 400_000)
    miss = [1 - circular_normal(1.0, 1.0, one, 1.0)[0] for one in t[::100]]
    assert np.trapezoid(miss, t[::100]) == pytest.approx(6 * math.pi, rel=1e-3)


def test_probable_error_by_iamsar():
    e = PROBABLE_ERROR_SIGMAS
    assert e == pytest.approx(1.1774, abs=1e-4)
    assert within_circle(e, 1.0) == pytest.approx(0.5)
    assert within_circle(1.1 * e, 1.0) == pytest.approx(0.5677, abs=1e-4)
    assert within_square(1.1 * e, 1.0) == pytest.approx(0.6476, abs=1e-4)


@pytest.mark.parametrize(
    ("late_h", "ever", "in_one_hour"),
    [(1 / 6, 0.9361, 0.9053), (0.5, 0.6002, 0.4573), (1.0, 0.3677, 0.2048), (2.0, 0.2048, 0.0735)],
)
def test_expanding_area_by_washburn(late_h, ever, in_one_hour):
    of = 600.0, 60 / 3.6, 5 / 3.6, late_h * 3600
    assert expanding_area(*of, math.inf) == pytest.approx(ever, abs=5e-5)
    assert expanding_area(*of, 3600.0) == pytest.approx(in_one_hour, abs=5e-5)


def test_motion_models():
    assert brownian_within(2.0, 1.0, 2.0) == pytest.approx(0.39347, abs=1e-5)
    assert random_tour_mean_square_m2(5.0, 2.0, 3.0) == pytest.approx(62.531, abs=1e-3)


def brown_case():
    step = np.array([[0.6, 0.4, 0.0], [0.2, 0.6, 0.2], [0.0, 0.4, 0.6]])
    return chain_ways(np.array([0.1, 0.6, 0.3]), step, 3), [Budget(t, 1.0, np.ones(3)) for t in range(3)]


@pytest.mark.parametrize(("passes", "p"), [(1, 0.7177400), (2, 0.7179200), (3, 0.7179287)])
def test_forward_and_backward_passes_by_brown_and_washburn(passes, p):
    assert best_effort(*brown_case(), passes=passes).p_found == pytest.approx(p, abs=6e-8)


def test_forward_and_backward_optimum_and_its_bound():
    best = best_effort(*brown_case(), gap=1e-12)
    assert best.p_found == pytest.approx(0.7179289, abs=5e-8)
    assert best.bound == pytest.approx(best.p_found, abs=1e-10)
    wanted = [[0, 0.88680, 0.11320], [0, 0.65309, 0.34691], [0.02513, 0.73182, 0.24305]]
    assert np.array(best.spread) == pytest.approx(np.array(wanted), abs=2e-5)


def test_the_bound_of_a_greedy_plan_is_already_above_the_optimum():
    greedy = best_effort(*brown_case(), passes=1)
    assert greedy.p_found < 0.7179289 < greedy.bound < 0.7300


def nine_cells():
    near = [[c for c in range(9) if abs(c // 3 - k // 3) + abs(c % 3 - k % 3) == 1] for k in range(9)]
    step = np.zeros((9, 9))
    for k, others in enumerate(near):
        step[k, k], step[k, others] = 0.4, 0.6 / len(others)
    return SmallSearch(np.eye(9)[8], step, [[k, *others] for k, others in enumerate(near)], 1.0)


@pytest.mark.parametrize(("steps", "p"), [(4, 0.4408), (6, 0.620368)])
def test_path_constrained_search_after_eagle_and_yee(steps, p):
    assert best_way(nine_cells(), 0, steps)[0] == pytest.approx(p, abs=5e-7)


@pytest.mark.slow
def test_path_constrained_search_of_ten_steps():
    p, cells = best_way(nine_cells(), 0, 10)
    assert p == pytest.approx(0.787096, abs=5e-7)
    assert len(cells) == 11


def test_effort_that_vanishes_goes_where_it_finds_most_and_what_is_no_number_is_refused() -> None:
    assert water_fill(np.array([0.7, 0.3]), np.ones(2), 1e-17).tolist() == [pytest.approx(0.0, abs=1e-15), 0.0]
    for effort in (math.nan, math.inf):
        with pytest.raises(ValueError, match="effort"):
            water_fill(np.array([0.7, 0.3]), np.ones(2), effort)
    with pytest.raises(ValueError, match="finite"):
        water_fill(np.array([0.7, math.nan]), np.ones(2), 1.0)


@pytest.mark.parametrize("a", [1e-9, 1e-6, 1e-4, 1e-3])
def test_a_short_search_finds_the_square_of_its_effort(a):
    found, _ = circular_normal(math.pi * a**2, 1.0, 1.0, 1.0)
    assert found == pytest.approx(a**2 / 2 - a**3 / 3 + a**4 / 8, rel=1e-9)


def test_who_never_turns_goes_straight():
    assert random_tour_mean_square_m2(2.0, 0.0, 3.0) == 36.0
    assert random_tour_mean_square_m2(2.0, 1e-4, 3.0) == pytest.approx(36.0, rel=1e-3)
