"""How soon a search must begin: the map under a search of the growing circle falls as Washburn's law says."""

import numpy as np
import pytest

from watchline.geo.terrain import Terrain
from watchline.search.containment import Containment, Look, Part, Setting, looked
from watchline.search.laws import expanding_area
from watchline.search.motion import Ground, Loss, cells_of
from watchline.search.plan import Searcher, planned

CELL, CELLS, STEP_S = 125.0, 400, 60.0
WIDTH_M, SPEED_M_S, FLEES_M_S = 600.0, 60 / 3.6, 5 / 3.6
MIDDLE = np.full(2, CELLS * CELL / 2)


def fleeing(late_s: float) -> Containment:
    """Return 4000 who keep their way and their speed, such that they are spread evenly over the growing circle."""
    grid = Terrain(np.zeros((CELLS, CELLS), np.float32), 0.0, (CELLS - 1) * CELL, CELL)
    t_s = np.arange(STEP_S / 2, late_s + 3600.0, STEP_S)
    n = np.arange(4000) + 0.5
    speed, way = FLEES_M_S * np.sqrt(n / len(n)), 2.0 * np.pi * n * 0.6180339887
    v = speed[:, None] * np.column_stack([np.cos(way), np.sin(way)])
    xy = (MIDDLE + t_s[:, None, None] * v).astype(np.float32)
    setting = Setting(Ground(grid, np.ones((CELLS, CELLS), np.float32)), {"onward": 1.0}, {}, t_s, ways=len(n))
    weight = np.full(len(n), 1.0 / len(n))
    return Containment(setting, Loss(MIDDLE, 30.0, 0.0, FLEES_M_S), xy, cells_of(grid, xy), weight, np.ones(len(n)))


@pytest.mark.parametrize("late_min", [10, 30, 60])
def test_a_search_of_the_growing_circle_finds_what_is_published(late_min):
    state = fleeing(60.0 * late_min)
    grid = state.setting.ground.terrain
    y, x = np.divmod(np.arange(CELLS * CELLS), CELLS)
    away_m = np.hypot(grid.x0_m + x * CELL - MIDDLE[0], grid.y0_m - y * CELL - MIDDLE[1])
    parts = []
    for t_s in state.setting.t_s[state.setting.t_s > 60.0 * late_min]:
        inside = np.flatnonzero(away_m <= FLEES_M_S * t_s + 0.5 * CELL)
        area_m2 = np.pi * (FLEES_M_S * t_s) ** 2
        parts.append(Part(float(t_s), inside, np.full(len(inside), WIDTH_M * SPEED_M_S * STEP_S / area_m2)))
    found = looked(state, Look("drone", tuple(parts))).p_success
    assert found == pytest.approx(expanding_area(WIDTH_M, SPEED_M_S, FLEES_M_S, 60.0 * late_min, 3600.0), abs=0.01)


def test_a_plan_finds_less_the_later_it_begins():
    found = []
    for late_s in (600.0, 1800.0, 3600.0):
        drone = Searcher("D1", MIDDLE, SPEED_M_S, WIDTH_M, late_s, late_s + 3600.0)
        plan = planned(fleeing(late_s), [drone], np.arange(late_s, late_s + 3601.0, 300.0), passes=2)
        assert plan.p_found <= plan.bound
        found.append(plan.p_found)
    assert found[0] > found[1] + 0.1 > found[2] + 0.2
