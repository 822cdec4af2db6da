"""An area searched over days: sectors against the bound, closed cells, ground, shifts."""

import math

import numpy as np
import pytest

from watchline.geo.terrain import Terrain
from watchline.search.area import WIDTH_LN_SD, Shift, bound, days, ground_share, planned, pod_of

CELLS, CELL = 60, 250.0
GRID = Terrain(np.zeros((CELLS, CELLS), np.float32), 0.0, (CELLS - 1) * CELL, CELL)
EVEN = np.full((CELLS, CELLS), 1.0 / CELLS**2)
ALL = np.ones((CELLS, CELLS), bool)


def shifts(n, open_=ALL, hours=8.0, width_m=200.0, speed_m_s=2.0):
    home = np.full((CELLS, CELLS), 600.0)
    return [
        Shift(f"U{k % 4}", 86_400.0 * (k // 4), 86_400.0 * (k // 4) + 3600.0 * hours, width_m, speed_m_s, open_, home)
        for k in range(n)
    ]


def test_sectors_find_most_of_what_any_could_and_more_days_find_more():
    share = np.ones(EVEN.shape)
    found = []
    for n in (4, 12, 40):
        plan = planned(EVEN, GRID, share, shifts(n))
        assert plan.p_found <= plan.bound + 1e-9
        assert plan.p_found >= 0.9 * plan.bound
        found.append(plan.p_found)
    assert found == sorted(found)
    # A sector's seconds are what the shift has less the way there and back.
    assert plan.sectors[0].seconds == pytest.approx(8 * 3600.0 - 1200.0)


def test_nobody_sweeps_what_is_closed_or_too_far():
    open_ = ALL.copy()
    open_[:, 20:25] = False
    plan = planned(EVEN, GRID, np.ones(EVEN.shape), shifts(30, open_))
    assert plan.coverage[~open_].max() == 0.0
    assert plan.coverage.max() > 0.0
    away = [Shift("U", 0.0, 3600.0, 200.0, 2.0, ALL, np.full(EVEN.shape, 1801.0))]
    assert planned(EVEN, GRID, np.ones(EVEN.shape), away).sectors == ()


def test_what_was_found_out_moves_the_next_sector():
    left = EVEN.copy()
    first = planned(left, GRID, np.ones(EVEN.shape), shifts(1))
    second = planned(np.where(first.coverage > 0.0, 0.0, left), GRID, np.ones(EVEN.shape), shifts(1))
    both = (first.coverage > 0.0) & (second.coverage > 0.0)
    assert both.sum() < 0.2 * (first.coverage > 0.0).sum()


def test_a_place_draws_a_sector_and_broken_ground_costs_more():
    p = EVEN * 0.5
    p[10, 40] += 0.5
    plan = planned(p, GRID, np.ones(EVEN.shape), shifts(1))
    assert plan.coverage[10, 40] > 0.0
    assert plan.p_found > 0.3
    broken = planned(p, GRID, np.full(EVEN.shape, 0.5), shifts(1))
    assert broken.p_found < plan.p_found
    assert bound(p, GRID, np.full(EVEN.shape, 0.5), shifts(1)) < bound(p, GRID, np.ones(EVEN.shape), shifts(1))


def test_a_plane_hides_nobody_and_broken_ground_does():
    y, x = np.mgrid[0:80, 0:80]
    plane = Terrain((3.0 * x - 2.0 * y).astype(np.float32), 0.0, 0.0, 25.0)
    grid = Terrain(np.zeros((8, 8), np.float32), 0.0, 0.0, 250.0)
    assert ground_share(plane, grid) == pytest.approx(np.ones((8, 8)), abs=1e-6)
    rough = Terrain((plane.height_m + 4.0 * ((x + y) % 2)).astype(np.float32), 0.0, 0.0, 25.0)
    assert ground_share(rough, grid).max() < 0.5


def test_shifts_of_days_also_over_midnight():
    assert days(0.0, 2 * 86_400.0, 6.0, 14.0, 0.0) == [(21_600.0, 50_400.0), (108_000.0, 136_800.0)]
    assert days(0.0, 2 * 86_400.0, 22.0, 6.0, 0.0) == [(79_200.0, 108_000.0)]
    assert days(30_000.0, 86_400.0, 6.0, 14.0, 0.0) == []  # it has begun already


def test_pod_is_near_the_exponential_law_when_little_was_covered_and_never_sure():
    assert pod_of(np.array([0.0, 0.05])) == pytest.approx([0.0, -math.expm1(-0.05)], rel=0.15)
    assert pod_of(np.array([4.0]))[0] < -math.expm1(-4.0)
    assert np.all(np.diff(pod_of(np.linspace(0.0, 50.0, 100))) > 0.0)
    # Beside the mean over a log-normal width, drawn.
    square = np.exp(2.0 * np.random.default_rng(1).normal(0.0, WIDTH_LN_SD, 200_000))
    for exposure in (0.2, 1.0, 3.0):
        drawn = np.mean(-np.expm1(-exposure * square))
        assert pod_of(np.array([exposure]))[0] == pytest.approx(drawn, abs=0.015)
