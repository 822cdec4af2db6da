"""What a track covered, against what follows from its length and width."""

import numpy as np
import pytest

from watchline.geo.terrain import Terrain
from watchline.search.swept import covered, swept

GRID = Terrain(np.zeros((40, 40), np.float32), 0.0, 39 * 250.0, 250.0)


def test_all_that_is_swept_is_laid_somewhere():
    xy = np.array([[2000.0, 2000.0], [4000.0, 2000.0], [4000.0, 5000.0]])
    parts = swept(xy, np.array([0.0, 100.0, 250.0]), 600.0, GRID)
    laid = sum(float(part.coverage.sum()) for part in parts) * 250.0**2
    assert laid == pytest.approx(5000.0 * 600.0)
    assert [part.t_s for part in parts] == sorted(part.t_s for part in parts)


def test_a_straight_pass_covers_what_lies_under_it_once():
    xy = np.array([[1000.0, 5000.0], [9000.0, 5000.0]])
    (part,) = swept(xy, np.array([0.0, 150.0]), 750.0, GRID)
    middle = np.flatnonzero(part.cell == 19 * 40 + 20)
    assert part.coverage[middle[0]] == pytest.approx(1.0, abs=0.01)


def test_a_gap_in_the_track_covers_nothing():
    xy = np.array([[1000.0, 5000.0], [9000.0, 5000.0]])
    assert swept(xy, np.array([0.0, 1200.0]), 600.0, GRID) == ()


def test_nothing_is_laid_outside_the_map():
    xy = np.array([[-5000.0, 5000.0], [-1000.0, 5000.0]])
    assert swept(xy, np.array([0.0, 100.0]), 600.0, GRID) == ()


def test_the_whole_is_the_sum_of_its_parts():
    rng = np.random.default_rng(1)
    xy = np.cumsum(rng.normal(0.0, 150.0, (60, 2)), axis=0) + 5000.0
    t_s = np.cumsum(rng.uniform(5.0, 60.0, 60))
    t_s[30:] += 400.0
    laid = np.zeros(GRID.height_m.size)
    for part in swept(xy, t_s, 300.0, GRID):
        laid[part.cell] += part.coverage
    assert covered(xy, t_s, 300.0, GRID).ravel() == pytest.approx(laid)
    length = np.hypot(*np.diff(xy, axis=0).T)[np.diff(t_s) <= 180.0].sum()
    assert laid.sum() * 250.0**2 == pytest.approx(length * 300.0)
