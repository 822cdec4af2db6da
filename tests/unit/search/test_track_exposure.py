"""What a track showed: against the lateral range law, in any order and pieces, and taken out again."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.geo.terrain import Terrain
from watchline.search.swept import GAP_S
from watchline.search.track_exposure import PAYLOAD_P, PER_CELL, UNIT, expose, mean_over_cells, none_of
from watchline.sensing.lateral_range import inverse_cube_p, p_detect

CELLS, CELL = 40, 100.0
GRID = Terrain(np.zeros((CELLS, CELLS), np.float32), 0.0, (CELLS - 1) * CELL, CELL)
OPEN = np.ones((CELLS, CELLS))
FINE = CELL / PER_CELL
WIDTH = 120.0


def walked(y_m, x0=-6000.0, x1=10_000.0, speed=2.0, every_s=20.0):
    t = np.arange(0.0, abs(x1 - x0) / speed + every_s, every_s)
    return np.column_stack([x0 + np.sign(x1 - x0) * speed * t, np.full(len(t), y_m)]), t


def shown(*tracks, width=WIDTH, share=OPEN, payload=False, speed=2.0):
    out = none_of(GRID)
    for xy, t in tracks:
        expose(out, GRID, share, xy, t, np.full(len(t), width), speed, payload=payload)
    return out * UNIT


def test_one_straight_pass_is_the_lateral_range_curve():
    exposure = shown(walked(2000.0))
    rows = np.arange(CELLS * PER_CELL)
    y = GRID.y0_m + 0.5 * (CELL - FINE) - rows * FINE
    beside = np.abs(y - 2000.0)
    near = (beside > 5.0) & (beside < 3.9 * WIDTH)
    middle = exposure[:, CELLS * PER_CELL // 2]
    assert -np.expm1(-middle[near]) == pytest.approx(inverse_cube_p(beside[near], WIDTH), abs=3e-3)
    assert middle[beside > 4.0 * WIDTH].max() == 0.0
    # Twice the speed that the width was measured at: half the exposure.
    fast = shown(walked(2000.0, speed=4.0))
    assert fast[near, 80] == pytest.approx(0.5 * middle[near], rel=0.03)


def test_parallel_lanes_find_what_koopman_says_and_more_than_search_at_random():
    for apart in (60.0, 120.0, 240.0):
        exposure = shown(*(walked(y) for y in np.arange(1000.0, 3000.0, apart)))
        inside = exposure[40:120:1, 60:100]
        found = float(np.mean(-np.expm1(-inside)))
        assert found == pytest.approx(float(p_detect(WIDTH / apart, "inverse_cube")), abs=0.03)
        assert found > float(p_detect(WIDTH / apart, "random")) - 0.02


def test_a_payload_finds_its_share_of_what_it_passes_and_nobody_beyond():
    exposure = shown(walked(2010.0, speed=20.0), payload=True, width=400.0, speed=20.0)
    column = exposure[:, 80]
    y = GRID.y0_m + 0.5 * (CELL - FINE) - np.arange(len(column)) * FINE
    under = np.abs(y - 2010.0) < 200.0
    assert column[under] == pytest.approx(-math.log1p(-PAYLOAD_P))
    assert column[~under].max() == 0.0


def test_gaps_and_standing_show_little_and_broken_ground_less():
    xy, t = walked(2000.0, every_s=GAP_S + 10.0)
    assert shown((xy, t)).max() == 0.0
    stood = shown((np.array([[2000.0, 2000.0]] * 2), np.array([0.0, 100.0])))
    assert stood.max() == 0.0
    crept = shown((np.array([[2000.0, 2000.0], [2001.0, 2000.0]]), np.array([0.0, 100.0])))
    went = shown((np.array([[2000.0, 2000.0], [2050.0, 2000.0]]), np.array([0.0, 100.0])))
    assert crept.sum() < 0.1 * went.sum()
    broken = shown(walked(2000.0), share=np.full((CELLS, CELLS), 0.5))
    assert broken[60, 80] == pytest.approx(0.25 * shown(walked(2000.0))[60, 80], abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 11))
def test_pieces_in_any_order_come_to_the_same_to_the_bit(order, cut):
    rng = np.random.default_rng(5)
    tracks = [(rng.uniform(0.0, 3900.0, (6, 2)), np.sort(rng.uniform(0.0, 600.0, 6))) for _ in order]
    assert np.array_equal(shown(*tracks), shown(*(tracks[k] for k in order)))
    out = none_of(GRID)
    for xy, t in tracks[:cut]:
        expose(out, GRID, OPEN, xy, t, np.full(6, WIDTH), 2.0, payload=False)
    kept = out.copy()
    for sign in (1, -1):
        for xy, t in tracks[cut:]:
            expose(out, GRID, OPEN, xy, t, np.full(6, WIDTH), 2.0, payload=False, sign=sign)
    assert np.array_equal(out, kept)


def test_the_mean_over_cells_and_what_is_refused():
    field = np.arange((CELLS * PER_CELL) ** 2, dtype=float).reshape(CELLS * PER_CELL, -1)
    assert mean_over_cells(field)[0, 0] == pytest.approx(field[:PER_CELL, :PER_CELL].mean())
    with pytest.raises(ValueError, match="rise"):
        shown((np.zeros((2, 2)), np.array([1.0, 0.0])))
