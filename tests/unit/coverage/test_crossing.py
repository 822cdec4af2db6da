from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.crossing import (
    Belt,
    crossing,
    straight_exposure,
    strength,
    stretch_of,
    stretches,
    through,
    weakest_paths,
)
from watchline.coverage.weakest_path import Ground, ends_in, weakest_path
from watchline.geo.frame import SiteFrame
from watchline.geo.line import LineFrame
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain

CELL_M = 30.0


def towers(shape: tuple[int, int], at: list[tuple[float, float]], peak: float = 2e-3, reach: float = 12.0):
    r, c = np.mgrid[0 : shape[0], 0 : shape[1]]
    rate = np.full(shape, 1e-6)
    for row, col in at:
        rate += peak * np.exp(-((r - row) ** 2 + (c - col) ** 2) / (2 * reach**2))
    return rate


def belt_along(row: int, shape: tuple[int, int]) -> Belt:
    """Return a belt whose line runs along a row, from edge to edge of the grid, outside above."""
    offset = (np.arange(shape[0]) - row)[:, None] * CELL_M + np.zeros(shape[1])
    cells = row * shape[1] + np.arange(shape[1])
    return Belt(offset, cells, CELL_M * np.arange(shape[1]), row * CELL_M, (shape[0] - 1 - row) * CELL_M)


def crossing_columns(routes, row: int = 40):
    return [float(r.path_rc[np.abs(r.path_rc[:, 0] - row).argmin(), 1]) for r in routes]


def test_distinct_routes_cross_apart_and_come_in_order():
    shape = (81, 241)
    found = crossing(Ground(towers(shape, [(40, 40), (40, 120), (40, 200)]), 1.3, CELL_M), belt_along(40, shape))
    routes = weakest_paths(found, 4, separation_m=40 * CELL_M)
    assert len(routes) == 4
    costs = [r.cost for r in routes]
    assert costs == sorted(costs)
    assert np.all(np.diff(sorted(crossing_columns(routes))) >= 38)


def test_the_weakest_route_is_the_weakest_path():
    shape = (81, 161)
    ground = Ground(towers(shape, [(40, 40), (40, 120)]), 1.3, CELL_M)
    top, bottom = np.zeros(shape, bool), np.zeros(shape, bool)
    top[0], bottom[-1] = True, True
    route = weakest_paths(crossing(ground, belt_along(40, shape)), 1, separation_m=1.0)[0]
    assert route.cost == pytest.approx(weakest_path(ground, ends_in(top), ends_in(bottom)).cost, rel=1e-3)


def test_strength_has_its_least_where_nobody_looks():
    shape = (81, 160)
    found = crossing(Ground(towers(shape, [(40, 20), (40, 60), (40, 100)]), 1.3, CELL_M), belt_along(40, shape))
    by_stretch = strength(found.at_line, np.arange(160) // 40, 5)
    assert np.argmin(by_stretch) == 3
    assert by_stretch[4] == np.inf


def test_a_strong_stretch_is_not_crossed_by_stepping_on_the_line_and_going_round():
    shape = (81, 200)
    rate = np.full(shape, 1e-6)
    rate[38:50, :100] = 1e-2  # watched from two cells before the line's first half to nine behind it
    found = crossing(Ground(rate, 1.3, CELL_M), belt_along(40, shape))
    a_cell = 1e-2 * CELL_M / 1.3
    assert found.at_line[150] < 0.1 * a_cell
    assert found.at_line[50] == pytest.approx(12 * a_cell, rel=0.05)


def test_through_is_least_on_the_weakest_route_and_nowhere_below_it():
    shape = (81, 161)
    found = crossing(Ground(towers(shape, [(40, 40), (40, 120)]), 1.3, CELL_M), belt_along(40, shape))
    total = through(found)
    route = weakest_paths(found, 1, separation_m=1.0)[0]
    cells = np.floor(route.path_rc + 0.5).astype(int)
    assert total[cells[:, 0], cells[:, 1]] == pytest.approx(route.cost, rel=0.02)
    assert total.min() >= route.cost * 0.99
    assert total.ravel()[found.belt.line_cell] == pytest.approx(found.at_line, rel=0.05)


def test_no_route_leads_through_an_obstacle():
    shape = (41, 61)
    speed = np.full(shape, 1.3)
    speed[10:13, 20:30] = 0.0
    total = through(crossing(Ground(np.full(shape, 1e-4), speed, CELL_M), belt_along(20, shape)))
    assert np.all(np.isinf(total[10:13, 20:30]))
    assert np.isfinite(total).sum() == total.size - 30


def test_stretches_are_whole_kilometres_and_what_is_left():
    assert stretches(2000.0) == 2
    assert stretches(2100.0) == 3
    assert stretch_of(np.array([-50.0, 999.0, 1000.0, 2300.0]), 2100.0).tolist() == [0, 0, 1, 2]


@pytest.fixture(scope="module")
def bent_line() -> tuple[LineFrame, Terrain]:
    lonlat = np.array([[41.99, 33.60], [42.02, 33.61], [42.05, 33.60]])
    line = LineFrame.of(lonlat, "right", SiteFrame.of_line(lonlat))
    x0, y0 = line.xy_m[:, 0].min() - 1000.0, line.xy_m[:, 1].max() + 3000.0
    return line, Terrain(np.zeros((231, 287), np.float32), float(x0), float(y0), CELL_M)


def test_line_coordinates_of_the_grid_are_those_of_its_cells(bent_line):
    line, grid = bent_line
    s, d = line_coordinates_m(line, grid)
    assert s.shape == d.shape == grid.height_m.shape
    for row, col in ((0, 0), (50, 33), (101, 250), (230, 286), (131, 77)):
        exact = line.sd_from_xy_m([grid.x0_m + col * CELL_M, grid.y0_m - row * CELL_M])
        assert (s[row, col], d[row, col]) == pytest.approx(exact, abs=2.0)


def test_straight_lanes_gather_what_stands_in_their_way(bent_line):
    line, grid = bent_line
    _, d = line_coordinates_m(line, grid)
    belt = Belt(d, np.zeros(0, np.int64), np.zeros(0), 1500.0, 1200.0)
    lanes = straight_exposure(Ground(np.full(d.shape, 1e-3), 1.5, CELL_M), line, grid, belt)
    assert lanes.shape == (stretches(line.length_m), 10)
    assert lanes == pytest.approx(1e-3 * 2700.0 / 1.5, rel=0.01)
