"""Ways of those who know the plan: as good as the field while the plan holds, and never better than knowing more."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.coverage.crossing import Belt, Crossing, crossing, strength, stretch_of
from watchline.coverage.informed_ways import Ways, informed_ways
from watchline.coverage.weakest_path import Ground

CELL_M, ROWS, COLS, STRETCHES = 50.0, 61, 81, 4
LINE_M = CELL_M * (COLS - 1)


def _crossing(rate: np.ndarray) -> Crossing:
    offset = np.repeat((CELL_M * (np.arange(ROWS) - ROWS // 2))[::-1, None], COLS, axis=1)
    on_line = np.flatnonzero((offset == 0.0).ravel())
    belt = Belt(offset, on_line, CELL_M * (on_line % COLS).astype(float), 1400.0, 1400.0)
    return crossing(Ground(rate.astype(np.float32), np.ones((ROWS, COLS), np.float32), CELL_M), belt)


def _eye(x: float, y: float) -> np.ndarray:
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    away = np.hypot(CELL_M * cols - x, CELL_M * (ROWS // 2 - rows) - y)
    return 0.02 / (1.0 + (away / 300.0) ** 2)


PLANNED = _eye(700.0, -200.0) + _eye(1900.0, -300.0) + _eye(3300.0, 200.0)
STRETCH = stretch_of(CELL_M * np.arange(COLS), LINE_M)


@pytest.fixture(scope="module")
def ways() -> Ways:
    return informed_ways(_crossing(PLANNED), STRETCH, STRETCHES)


def test_while_the_plan_holds_the_way_costs_what_the_field_says(ways: Ways) -> None:
    least = strength(_crossing(PLANNED).at_line, STRETCH, STRETCHES)
    np.testing.assert_allclose(ways.exposure(PLANNED), least, rtol=0.02)


def test_who_knows_the_present_is_never_seen_more(ways: Ways) -> None:
    now = PLANNED - _eye(1900.0, -300.0) + _eye(2600.0, -400.0)
    least = strength(_crossing(now).at_line, STRETCH, STRETCHES)
    found = ways.exposure(now)
    assert np.all(found >= least * 0.98)
    assert np.any(found > 1.2 * least)


def test_where_nobody_can_go_no_way_leads() -> None:
    across = _crossing(PLANNED)
    wall = np.ones((ROWS, COLS), np.float32)
    wall[:, STRETCH == 1] = 0.0
    closed = crossing(Ground(across.ground.rate_per_s, wall, CELL_M), across.belt)
    found = informed_ways(closed, STRETCH, STRETCHES).exposure(PLANNED)
    assert np.isinf(found[1])
    assert np.isfinite(found[[0, 2, 3]]).all()
