"""Places for masts, microwave paths, and how far from help a plan pushes people."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.geo.terrain import Terrain
from watchline.planning.harm import Harm, farthest_h, goes_to, hours_from, pushed_along, worst_h
from watchline.planning.radio import clearance
from watchline.planning.sites import distance_m, evenly_spaced, high_ground


@pytest.fixture
def flat() -> Terrain:
    return Terrain(np.zeros((40, 400), np.float32), 0.0, 39 * 30.0, 30.0)


def test_the_highest_allowed_cell_of_each_piece_is_taken(flat):
    height = flat.height_m.copy()
    height[10, 50], height[20, 60], height[5, 250] = 30.0, 20.0, 10.0
    ground = Terrain(height, flat.x0_m, flat.y0_m, flat.cell_m)
    chainage = np.tile(np.arange(400, dtype=np.float32) * 30.0, (40, 1))
    allowed = np.ones(height.shape, bool)
    allowed[10, 50] = False
    found = high_ground(ground, chainage, np.zeros_like(chainage), allowed, line_m=399 * 30.0, count=2)
    assert list(zip(found.row.tolist(), found.col.tolist(), strict=True)) == [(20, 60), (5, 250)]
    assert found.xyz_m[0].tolist() == [1800.0, 19 * 30.0, 20.0]


def test_even_spacing_takes_the_nearest(flat):
    assert evenly_spaced(np.array([0.0, 900.0, 2600.0, 4000.0]), 4000.0, 2) == (1, 2)


def test_distance_is_to_the_nearest_marked_cell():
    marked = np.zeros((5, 5), bool)
    marked[0, 0] = True
    assert distance_m(marked, 10.0)[3, 4] == pytest.approx(50.0)
    assert np.isinf(distance_m(np.zeros((2, 2), bool), 10.0)).all()


def test_a_ridge_cuts_a_microwave_path_and_height_frees_it(flat):
    a, b = np.array([300.0, 600.0, 20.0]), np.array([9300.0, 600.0, 20.0])
    assert clearance(flat, a, b, 7.5e9) == pytest.approx(clearance(flat, b, a, 7.5e9), rel=0.05)
    height = flat.height_m.copy()
    height[:, 160:162] = 25.0
    ridge = Terrain(height, flat.x0_m, flat.y0_m, flat.cell_m)
    assert clearance(ridge, a, b, 7.5e9) < 0.0
    high = np.array([0.0, 0.0, 40.0])
    assert clearance(ridge, a + high, b + high, 7.5e9) > 0.6


def test_clearance_of_a_level_path_is_the_textbook_one(flat):
    # Midway on 9 km at 7.5 GHz: F1 = sqrt(0.04 * 4500 / 2) = 9.48 m, the bulge 4500^2 / (2 * 8495 km) = 1.19 m.
    a, b = np.array([300.0, 600.0, 20.0]), np.array([9300.0, 600.0, 20.0])
    assert clearance(flat, a, b, 7.5e9) == pytest.approx((20.0 - 1.19) / 9.48, rel=0.02)


def test_nobody_knows_a_path_over_a_void(flat):
    height = flat.height_m.copy()
    height[:, 100] = np.nan
    void = Terrain(height, flat.x0_m, flat.y0_m, flat.cell_m)
    assert np.isnan(clearance(void, np.array([300.0, 600.0, 20.0]), np.array([9300.0, 600.0, 20.0]), 7.5e9))


def test_hours_from_are_walking_hours():
    speed = np.full((3, 241), 1.0, np.float32)
    help_ = np.zeros(speed.shape, bool)
    help_[:, 0] = True
    hours = hours_from(speed, 30.0, help_)
    assert hours[1, 240] == pytest.approx(2.0, rel=1e-3)
    assert farthest_h(hours, np.array([[1.0, 10.0], [1.0, 120.0]])) == pytest.approx(1.0, rel=1e-3)


def test_a_plan_is_refused_only_where_it_pushes_farther_than_today():
    harm = Harm(np.array([[1.0, 4.0, 4.0, np.nan, 1.0]]), np.array([[2.9, 4.0, 5.0, np.nan, 3.5]]), 3.0)
    assert harm.pushed.tolist() == [2, 4]
    assert harm.refused
    assert not Harm(np.array([[4.0]]), np.array([[3.5]]), 3.0).refused


def test_one_hour_that_pushes_too_far_is_enough():
    night, dust = [1.0, 2.0, np.nan], [1.0, 2.5, 1.0]
    harm = Harm(np.array([night, dust]), np.array([[1.2, 2.0, np.nan], [1.0, 3.5, 1.1]]), 3.0)
    assert harm.pushed.tolist() == [1]
    before, after = harm.farthest
    assert before.tolist() == [1.0, 2.5, 1.0]
    assert after.tolist() == [1.2, 3.5, 1.1]


def test_where_no_help_is_anywhere_nobody_is_pushed_from_it():
    none = np.full((1, 2), np.inf)
    harm = Harm(none, none, 3.0)
    assert not harm.refused
    assert np.isinf(harm.farthest[1]).all()
    assert worst_h(np.array([np.nan, 2.0])) == 2.0
    assert worst_h(np.array([np.nan])) == 0.0
    assert Harm(np.array([[1.0]]), np.array([[np.inf]]), 3.0).refused


def test_who_finds_a_kilometre_stronger_goes_aside_to_the_nearest_weak_one():
    chance = np.full(30, 0.5)
    chance[[4, 25]] = 0.1
    to = goes_to(chance)
    assert to[0] == 4
    assert to[14] == 4
    assert to[15] == 25
    assert goes_to(np.full(30, 0.5)).tolist() == list(range(30))
    assert goes_to(np.r_[0.5, 0.496, 0.5]).tolist() == [0, 1, 2]  # too little to send anybody elsewhere


def test_patrols_that_push_to_a_kilometre_beyond_help_are_refused_unless_they_bring_it():
    before, hours = np.full(12, 0.2), np.r_[np.full(11, 1.0), 5.0]
    after = np.r_[np.full(11, 0.6), 0.2]  # all but the far kilometre are patrolled
    harm = pushed_along(before, after, hours, 3.0)
    assert harm.pushed.tolist() == list(range(1, 11))  # kilometre 0 is too far from it, those of 11 went there before
    assert harm.refused
    assert not pushed_along(before, after, hours, 6.0).refused
    assert not pushed_along(after, before, hours, 3.0).refused
    assert not pushed_along(before, after, hours, 3.0, helped=np.arange(12) == 11).refused
