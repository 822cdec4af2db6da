"""Ways from a loss, looks in vain, signs, and the plan against its bound."""

import numpy as np
import pytest

from watchline.geo.terrain import Terrain
from watchline.search.containment import Gaze, Look, Part, Setting, Sign, begun, looked, sign_found
from watchline.search.motion import EVADER, LOST, Ground, Loss, cells_of, disc_cells, drawn_ways, goal_heading
from watchline.search.plan import Searcher, planned

CELL = 250.0
MIDDLE = np.array([10_000.0, 10_000.0])
T_S = np.arange(100.0, 5400.0, 200.0)


def ground(wall=False):
    factor = np.ones((80, 80), np.float32)
    if wall:
        factor[30, :] = 0.0
        factor[30, 60] = 1.0
    return Ground(Terrain(np.zeros((80, 80), np.float32), 0.0, 79 * CELL, CELL), factor)


def loss(v=(0.0, 1.0)):
    return Loss(MIDDLE, 30.0, 0.0, 1.2, np.array(v))


@pytest.fixture(scope="module")
def state():
    land = ground()
    north = np.zeros((80, 80), bool)
    north[:5] = True
    headings = {"onward": goal_heading(land, north)}
    return begun(Setting(land, EVADER, headings, T_S, ways=3000), loss())


def test_the_same_loss_gives_the_same_ways(state):
    again = begun(state.setting, state.loss)
    assert np.array_equal(again.xy_m, state.xy_m)


def test_nobody_is_faster_than_a_pace_of_four_sigma(state):
    away = np.hypot(*(state.xy_m[-1] - MIDDLE).T)
    assert away.max() < 1.2 * np.exp(4 * 0.25) * T_S[-1] + 200.0
    assert np.median(away) > 500.0


def test_onward_ways_go_where_the_goal_is():
    land = ground()
    goal = np.zeros((80, 80), bool)
    goal[:5] = True
    ways = drawn_ways(land, loss(), {"onward": 1.0}, {"onward": goal_heading(land, goal)}, T_S, 200, 3)
    assert np.mean(ways[-1, :, 1] > MIDDLE[1] + 1000.0) > 0.95


def test_a_wall_is_gone_through_at_its_gate_only():
    land = ground(wall=True)
    goal = np.zeros((80, 80), bool)
    goal[:5] = True
    late = np.arange(600.0, 36_000.0, 600.0)
    ways = drawn_ways(land, loss(), {"onward": 1.0}, {"onward": goal_heading(land, goal)}, late, 200, 3)
    assert not np.any(land.factor.ravel()[np.maximum(cells_of(land.terrain, ways), 0)] == 0.0)
    assert np.mean(ways[-1, :, 1] > (79 - 30) * CELL + CELL) > 0.6


def test_who_goes_to_a_place_stays_there():
    land = ground()
    place = disc_cells(land.terrain, [MIDDLE + np.array([1500.0, 0.0])])
    ways = drawn_ways(land, loss(), {"place": 1.0}, {"place": goal_heading(land, place)}, T_S, 200, 3)
    away = np.hypot(*(ways[-1] - (MIDDLE + np.array([1500.0, 0.0]))).T)
    assert np.mean(away < 2 * CELL) > 0.8


def test_lost_people_come_to_rest_within_the_rings():
    ways = drawn_ways(ground(), loss(), LOST, {}, np.array([3600.0, 200_000.0]), 1000, 5)
    away_km = np.hypot(*(ways[-1] - MIDDLE).T) / 1000
    assert np.quantile(away_km, 0.25) == pytest.approx(1.3, abs=0.6)


def vain(state, id_, t_s, low, high, coverage):
    grid = state.setting.ground.terrain
    x, y = np.meshgrid(np.arange(80) * CELL, (79 - np.arange(80)) * CELL)
    inside = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
    cell = np.flatnonzero(inside)
    assert grid.height_m.shape == inside.shape
    return Look(id_, (Part(t_s, cell, np.full(len(cell), coverage)),))


def test_a_look_in_vain_takes_what_it_would_have_found(state):
    look = vain(state, "a", 900.0, MIDDLE - 700, MIDDLE + 700, 1.0)
    held = state.density(900.0).ravel()[look.parts[0].cell].sum()
    after = looked(state, look)
    assert after.p_success == pytest.approx(held * (1 - np.exp(-1.0)))
    assert looked(after, look).p_success == after.p_success


def test_looks_may_be_told_in_any_order(state):
    a = vain(state, "a", 900.0, MIDDLE - 700, MIDDLE + 700, 1.0)
    b = vain(state, "b", 2100.0, MIDDLE, MIDDLE + 2000, 0.7)
    assert np.allclose(looked(looked(state, a), b).weight, looked(looked(state, b), a).weight, rtol=1e-12)


def test_a_sign_moves_the_map_and_keeps_what_was_found_out(state):
    before = looked(state, vain(state, "a", 900.0, MIDDLE - 700, MIDDLE + 700, 1.0))
    there = MIDDLE + np.array([2000.0, 500.0])
    after = sign_found(before, Sign("s", there, 50.0, 2400.0, 0.8))
    assert after.weight.sum() == pytest.approx(before.weight.sum())
    near = np.hypot(*(after.xy_m[after.step_at(2500.0)] - there).T) < 500.0
    assert after.weight[near].sum() / after.weight.sum() == pytest.approx(0.8, abs=0.05)


def searchers():
    x, y = np.meshgrid(np.arange(80) * CELL, (79 - np.arange(80)) * CELL)
    base = MIDDLE + np.array([-3000.0, 2000.0])
    reach = np.hypot(x - base[0], y - base[1]) * 1.3 / 8.0
    mines = np.zeros((80, 80), bool)
    mines[34:37, 38:44] = True
    return [
        Searcher("drone", MIDDLE + np.array([0.0, 4000.0]), 15.0, 600.0, 600.0, 1e9, sortie_s=1800.0, turn_s=600.0),
        Searcher("patrol", base, 8.0, 220.0, 600.0, 1e9, reach_s=np.where(mines, np.inf, reach), open_=~mines),
    ], mines


@pytest.fixture(scope="module")
def plan(state):
    return planned(state, searchers()[0], np.arange(600.0, 4801.0, 200.0))


def test_the_plan_finds_most_of_what_any_could(plan):
    assert 0.9 * plan.bound < plan.p_found <= plan.bound <= 1.0
    assert np.all(np.diff(plan.p_by_step) >= -1e-12)


def test_no_box_of_a_patrol_holds_mines(plan):
    grid = ground().terrain
    rows, cols = np.nonzero(searchers()[1])
    x, y = grid.x0_m + cols * CELL, grid.y0_m - rows * CELL
    for box in plan.boxes:
        if box.searcher == "patrol" and plan.side_m == CELL:
            assert not np.any((x > box.low_m[0]) & (x < box.high_m[0]) & (y > box.low_m[1]) & (y < box.high_m[1]))
    assert plan.side_m == CELL


def test_no_box_of_a_patrol_holds_mines_on_a_coarse_lattice_either(state, monkeypatch):
    monkeypatch.setattr("watchline.search.plan.LATTICE", 12)
    who, mines = searchers()
    coarse = planned(state, who[1:], np.arange(600.0, 4801.0, 200.0))
    grid = state.setting.ground.terrain
    rows, cols = np.nonzero(mines)
    x, y = grid.x0_m + cols * CELL, grid.y0_m - rows * CELL
    assert coarse.side_m > CELL
    assert coarse.boxes
    for box in coarse.boxes:
        assert not np.any((x > box.low_m[0]) & (x < box.high_m[0]) & (y > box.low_m[1]) & (y < box.high_m[1]))


def test_a_drone_is_back_at_its_base_when_its_sortie_ends(plan):
    base = searchers()[0][0].xy_m
    flown = [box for box in plan.boxes if box.searcher == "drone"]
    assert not [box for box in flown if 2400.0 <= box.from_s < 3000.0]  # turned round after nine steps
    last = next(box for box in flown if box.to_s == 2400.0)
    home = np.hypot(*np.maximum(0.0, np.maximum(last.low_m - base, base - last.high_m)))
    assert last.seconds <= 200.0 - home / 15.0 + 1e-6


def test_more_searchers_never_find_less(state, plan):
    alone = planned(state, searchers()[0][:1], np.arange(600.0, 4801.0, 200.0))
    assert alone.p_found <= plan.p_found + 0.005
    assert alone.bound <= plan.bound + 1e-3


@pytest.mark.parametrize("exposure", [1.0, 5.0, 20.0])
def test_a_way_is_as_hard_to_see_after_a_sign_as_before_it(state, exposure):
    def gaze(id_, t_s):
        return Gaze(id_, t_s, lambda xy_m, v_m_s: np.full(len(xy_m), exposure))

    sign = Sign("s", MIDDLE + 500.0, 50.0, 900.0, 1.0)
    between = looked(sign_found(looked(state, gaze("a", 300.0)), sign), gaze("b", 1500.0))
    before = looked(looked(sign_found(state, sign), gaze("a", 300.0)), gaze("b", 1500.0))
    missed = (1.0 + 2.0 * exposure / 1.5) ** -1.5  # both gazes of somebody whose visibility is drawn once
    assert between.weight.sum() == pytest.approx(before.weight.sum(), rel=1e-6)
    assert between.weight.sum() == pytest.approx(missed, rel=0.01)
