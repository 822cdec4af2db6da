"""New sensors on real ground: what a way has from each, and the best choice among all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from watchline.coverage.crossing import Belt, strength
from watchline.coverage.solver.descent import cost_along
from watchline.planning.choosing import Rules
from watchline.planning.interdiction import begin, learned
from watchline.planning.line_ways import Field, LineGround, dwell, weakest_walks
from watchline.sensing.glimpse import p_miss

CELL_M = 30.0


def chance(exposure):
    return 1.0 - p_miss(exposure, 1.5)


@pytest.fixture(scope="module")
def line() -> LineGround:
    """A line of 3 km from west to east with eight masts to choose from, each with ground it cannot see."""
    rng = np.random.default_rng(4)
    rows, cols = 40, 100
    offset = np.repeat(np.linspace(-600, 570, rows)[:, None], cols, axis=1)
    row = int(np.argmin(np.abs(offset[:, 0])))
    cell = row * cols + np.arange(cols)
    belt = Belt(offset, cell, CELL_M * np.arange(cols), 500.0, 400.0)
    r, c = np.mgrid[0:rows, 0:cols]
    fields = []
    for k in range(8):
        away = np.hypot(r - 25, c - (6 + 12 * k)) * CELL_M
        seen = (away < 500) & (np.sin(0.25 * np.arctan2(r - 25, c - 6 - 12 * k) * (k + 5)) > -0.6)
        fields.append(Field(0, 0, np.where(seen, 0.02, 0.0).astype(np.float32)))
    speed = np.full((rows, cols), 1.2, np.float32)
    speed[rng.random((rows, cols)) < 0.02] = 0.0
    base = np.full((rows, cols), 1e-5, np.float32)
    return LineGround(base, speed, CELL_M, belt, np.repeat([0, 1, 2], [34, 33, 33]), 3, tuple(fields), 1e-8)


def test_seconds_in_cells_are_the_integral_along_the_way(line):
    rate = line.rate_with((2, 5))
    with np.errstate(divide="ignore"):
        cost = np.where(line.speed_m_s > 0, rate / line.speed_m_s, np.inf)
    for walk in weakest_walks(line, line.crossing_with((2,))):
        cell, seconds = dwell(line.speed_m_s, CELL_M, walk.route.path_rc)
        assert seconds.sum() == pytest.approx(walk.route.time_s, rel=5e-3)
        exact = cost_along(cost, walk.route.path_rc) * CELL_M
        assert float(rate.ravel()[cell] @ seconds) == pytest.approx(exact, rel=5e-3, abs=1e-6)
        assert walk.way.under((2, 5)) == pytest.approx(exact, rel=5e-3, abs=1e-6)


def test_the_choice_on_the_ground_is_the_best_of_all(line):
    def asked(chosen):
        found = line.crossing_with(chosen)
        return [walk.way for walk in weakest_walks(line, found)], found

    search = begin(Rules(np.ones(8), 3.0), 3, chance)
    while search.proposal is not None:
        search = learned(search, asked(search.proposal)[0])
    every = {
        chosen: float(chance(strength(asked(chosen)[1].at_line, line.stretch, 3)).min())
        for chosen in itertools.combinations(range(8), 3)
    }
    assert search.best.weakest == pytest.approx(max(every.values()), abs=2e-3)
    assert every[search.best.chosen] == pytest.approx(search.best.weakest, abs=2e-3)
    assert search.bound >= max(every.values()) - 2e-3
