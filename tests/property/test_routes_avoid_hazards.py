"""No route enters a hazard, whatever the ground: cells checked by clipping, drawn areas checked by shapely.

WATCHLINE_LONG=1 runs ten thousand cases of cells; otherwise a thousand.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
import shapely

from watchline.geo.mobility import areas_on_grid
from watchline.geo.terrain import Terrain
from watchline.response.means import speed_share, with_margin
from watchline.response.reach import Ways, reach

CASES = 10_000 if os.environ.get("WATCHLINE_LONG") else 1_000
N, CELL_M = 16, 30.0


def ground(rng: np.random.Generator) -> tuple[Terrain, np.ndarray]:
    height = rng.normal(0.0, rng.choice([0.0, 2.0, 8.0]), (N, N)).astype(np.float32)
    kind = rng.integers(3)
    if kind == 0:  # scattered
        closed = rng.random((N, N)) < rng.uniform(0.05, 0.45)
    elif kind == 1:  # a wall with a gap, perhaps of cells that touch only at corners
        closed = np.zeros((N, N), bool)
        closed[np.arange(N), np.clip(rng.integers(4, 12) + rng.integers(-1, 2, N).cumsum(), 0, N - 1)] = True
        closed[rng.integers(N)] = False
    else:  # a block
        closed = np.zeros((N, N), bool)
        r, c = rng.integers(1, N - 4, 2)
        closed[r : r + rng.integers(1, 9), c : c + rng.integers(1, 9)] = True
    return Terrain(height, 0.0, (N - 1) * CELL_M, CELL_M), closed


def enters(way_m: np.ndarray, closed: np.ndarray) -> bool:
    """Return whether a way runs through the inside of a closed cell: Liang and Barsky's clipping, cell by cell."""
    r, c = np.nonzero(closed)
    low = np.column_stack([c * CELL_M - CELL_M / 2, (N - 1 - r) * CELL_M - CELL_M / 2]) + 1e-6
    high = low + CELL_M - 2e-6
    a, d = way_m[:-1, None, :], np.diff(way_m, axis=0)[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        t0, t1 = (low - a) / d, (high - a) / d
    t0, t1 = np.minimum(t0, t1), np.maximum(t0, t1)
    still = np.broadcast_to(d == 0.0, t0.shape)
    within = (a >= low) & (a <= high)
    t0 = np.where(still, np.where(within, -np.inf, np.inf), t0)
    t1 = np.where(still, np.where(within, np.inf, -np.inf), t1)
    enter, leave = np.maximum(t0.max(axis=-1), 0.0), np.minimum(t1.min(axis=-1), 1.0)
    return bool((enter < leave).any())


def test_the_check_itself_finds_what_is_wrong() -> None:
    closed = np.zeros((N, N), bool)
    closed[8, 8] = True
    middle = np.array([8 * CELL_M, (N - 1 - 8) * CELL_M])
    assert enters(middle + np.array([(-60.0, 0.0), (60.0, 0.0)]), closed)
    assert enters(middle + np.array([(-15.0, 10.0), (-10.0, 15.0)]), closed)  # a corner
    assert not enters(middle + np.array([(-15.0, -90.0), (-15.0, 90.0)]), closed)  # along its edge


@pytest.mark.slow
def test_no_route_enters_closed_cells() -> None:
    rng = np.random.default_rng(9)
    found = 0
    for _ in range(CASES):
        terrain, closed = ground(rng)
        ways = Ways.of(speed_share(terrain, ("foot", "horse", "wheels")[rng.integers(3)], closed=closed), terrain)
        start, goal = rng.uniform(-20.0, (N - 1) * CELL_M + 20.0, (2, 2))
        to = reach(ways, start, 1.0)
        way = to.route(goal)
        assert (way is None) == (not np.isfinite(to.at(goal)))
        if way is not None:
            found += 1
            assert not enters(way, closed)
    assert found > 0.4 * CASES


@pytest.mark.slow
def test_no_route_enters_a_drawn_area() -> None:
    rng = np.random.default_rng(10)
    found = 0
    for _ in range(CASES // 5):
        terrain, _ = ground(rng)
        turn = np.sort(rng.uniform(0.0, 2 * np.pi, rng.integers(3, 9)))
        out = rng.uniform(3.0, 130.0, len(turn))  # also slivers thinner than a cell
        ring = rng.uniform(100.0, 350.0, 2) + np.column_stack([out * np.cos(turn), out * np.sin(turn)])
        closed = with_margin(areas_on_grid([ring], terrain))
        ways = Ways.of(speed_share(terrain, "foot", closed=closed), terrain)
        way = reach(ways, rng.uniform(0.0, 450.0, 2), 1.0).route(rng.uniform(0.0, 450.0, 2))
        if way is not None and len(way) > 1:
            found += 1
            assert not shapely.LineString(way).intersects(shapely.make_valid(shapely.Polygon(ring)))
    assert found > 0.2 * (CASES // 5)
