"""Reach, means and intervals: what they promise beside the closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from watchline.geo.terrain import Terrain
from watchline.response.eta import EtaModel
from watchline.response.means import speed_share
from watchline.response.reach import Ways, reach

FLAT = Terrain(np.zeros((60, 60), np.float32), 0.0, 590.0, 10.0)


def test_a_road_is_taken_and_water_is_not() -> None:
    cover = np.full((60, 60), 60, np.uint8)
    cover[30] = 80
    roads = np.zeros((60, 60), np.uint8)
    roads[:, 50] = 3
    ways = Ways.of(speed_share(FLAT, "wheels", cover=cover, roads=roads), FLAT)
    to = reach(ways, [100.0, 500.0], 8.0)
    way = to.route([100.0, 100.0])
    assert way is not None
    assert way[:, 0].max() > 490.0  # over the bridge
    assert to.at([100.0, 290.0]) == math.inf


def test_night_and_slopes_slow_down_and_cliffs_stop() -> None:
    x = np.arange(60) * 10.0
    hill = Terrain(np.broadcast_to(0.3 * x, (60, 60)).astype(np.float32), 0.0, 590.0, 10.0)
    day, night = speed_share(hill, "foot"), speed_share(hill, "foot", night=True)
    assert day[5, 5] == pytest.approx(1.1**-0.5 * math.exp(-3.5 * 0.3), rel=1e-5)
    assert (night < day).all()
    cliff = Terrain(np.broadcast_to(0.7 * x, (60, 60)).astype(np.float32), 0.0, 590.0, 10.0)
    assert not speed_share(cliff, "wheels").any()
    assert not speed_share(cliff, "horse").any()
    assert speed_share(cliff, "foot").all()


def test_a_unit_on_closed_ground_gets_off_it_and_one_far_off_the_grid_gets_nowhere() -> None:
    share = np.ones((60, 60), np.float32)
    share[28:31, 28:31] = 0.0
    ways = Ways.of(share, FLAT)
    assert reach(ways, [290.0, 300.0], 1.0).at([290.0, 500.0]) == pytest.approx(200.0, rel=0.05)
    assert reach(ways, [-900.0, 300.0], 1.0).at([290.0, 500.0]) == math.inf
    with pytest.raises(ValueError, match="> 0"):
        reach(ways, [0.0, 0.0], 0.0)


def test_a_field_cut_to_size_says_the_same() -> None:
    wide = Terrain(np.zeros((300, 300), np.float32), 0.0, 8970.0, 30.0)
    ways = Ways.of(speed_share(wide, "foot"), wide)
    goal = np.array([[1500.0, 900.0]])
    whole, cut = reach(ways, [300.0, 600.0], 1.0), reach(ways, [300.0, 600.0], 1.0, to_m=goal)
    assert cut.time_s.size < whole.time_s.size
    assert cut.at(goal) == pytest.approx(whole.at(goal), rel=1e-9)


def test_an_isochrone_is_a_circle_on_even_ground() -> None:
    rings = reach(Ways.of(np.ones((60, 60), np.float32), FLAT), [300.0, 300.0], 1.0).isochrone(150.0)
    assert len(rings) == 1
    away = np.hypot(*(rings[0] - 300.0).T)
    assert away.min() > 135.0
    assert away.max() <= 150.5


def test_coarser_cells_keep_roads_and_hazards_whole() -> None:
    share = np.full((60, 60), 0.5, np.float32)
    roads, closed = np.zeros((60, 60), np.uint8), np.zeros((60, 60), bool)
    roads[10], share[10] = 1, 1.5
    closed[40, 40] = True
    share[21:24, 21:24] = 0.0
    share[24:26, 24:26] = 0.0  # four of nine cells
    coarse = Ways.of(share, FLAT).coarser(3, roads=roads, closed=closed)
    assert coarse.pace[3].tolist() == pytest.approx([1 / 1.5] * 20, rel=1e-6)
    assert coarse.pace[13, 13] == math.inf
    assert coarse.pace[7, 7] == math.inf
    assert coarse.pace[8, 8] == pytest.approx(2.0)
    assert coarse.xy_m(np.array([0.0, 0.0])).tolist() == [10.0, 580.0]


def test_intervals_learn_what_journeys_take() -> None:
    rng = np.random.default_rng(3)
    took = np.exp(rng.normal(0.4, 0.15, 400))
    model = EtaModel().learned((600.0, 600.0 * t) for t in took[:200])
    at = model.interval(600.0)
    assert at.middle_s == pytest.approx(600.0 * math.exp(0.4), rel=0.05)
    held = np.mean([at.early_s <= 600.0 * t <= at.late_s for t in took[200:]])
    assert 0.85 <= held <= 0.95
    before = EtaModel().interval(600.0)
    assert before.late_s / before.early_s > at.late_s / at.early_s
    apart, once = EtaModel().learned([(600.0, 700.0)]).learned([(100.0, 90.0)]), [(600.0, 700.0), (100.0, 90.0)]
    assert apart == EtaModel().learned(once)
